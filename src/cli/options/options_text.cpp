#include "options_text.hpp"

#include <algorithm>

namespace sluice::cli {
namespace {

constexpr option_section sections[] = {
    {"Request", ""},
    {"Templates",
     R"md(Templates are allowed in the values of `--form`, in `filename=`, in headers, in the path and query of the URL, and in `--success-json`
and `--success-header`. [templates.md](templates.md) explains each name: `{name} {stem} {ext} {path} {dir} {size} {mtime} {now} {now_ms}
{random} {uuid} {key} {seq} {host}`, the digests `{md5} {sha1} {sha256} {sha512} {crc32}`, the groups of `--match`, and `{@NAME}` of a
manifest. `{{` is a brace. An unknown name is a configuration error, and nothing is sent; in a header it stays as it is.)md"},
    {"Selection",
     R"md(Names that begin with a dot or end in `.tmp` or `.part` count as unfinished. sluice leaves them alone unless an `--include` pattern
matches them.)md"},
    {"Success", ""},
    {"Disposal", ""},
    {"Speed", ""},
    {"Retry",
     R"md(The whole pool honours `Retry-After`, up to an hour. [delete-rule.md](delete-rule.md#retries) has the retry budget.)md"},
    {"Network",
     R"md(A host may have several addresses. sluice tries them in turn, 250 ms apart, and uses the first that answers. When TLS fails there, or
takes half of the time that is left, it goes on to the next. An address that failed is asked last for a minute.)md"},
    {"TLS", ""},
    {"Output", ""},
    {"Configuration",
     R"md(Every option can stand in the environment as `SLUICE_<OPTION>`, for example `SLUICE_MAX_TIME=30s`; an option that may be given several
times has one value a line there. `SLUICE_URL` is the endpoint. The command line goes before the environment, the environment before the
configuration file, and the file before the default. `http://` works when it is written out, and sluice warns when headers are sent that
way.)md"},
    {"Watch",
     R"md(`sluice watch` takes the options of `send` except those of a single run: `--files-from`, `--files-from0`, `--files-from-json`,
`--max-files`, `--dry-run`, and `--resume`, which is always on. [watch-command.md](watch-command.md) explains the verb.)md"},
    {"Bench",
     R"md(`sluice bench` also takes the options of the groups request, success, network and TLS, the time limits, and `--config`.
[bench-command.md](bench-command.md) explains the verb.)md"},
    {"Ctl",
     R"md(`sluice ctl [--control PATH] COMMAND` sends a command to a running `sluice watch`. PATH defaults to `$SLUICE_CONTROL`.)md"},
    {"Compact",
     R"md(`sluice compact LOG [SOURCE...]` rewrites the job log LOG with the newest line of each file that still is in SOURCE. The paths of a log
are relative to SOURCE; without one, those count that the runs noted at the log. [job-log.md](job-log.md#a-log-that-has-grown-long) says
which lines stay. The verb has no options.)md"},
    {"Summary",
     R"md(`sluice summary FILE...` adds up what several runs wrote with `--summary`: the shards of a tree, or the runs of a day. It prints the sum
to standard output as JSON, and to standard error as text, as a run does. Counts are added and histograms are merged, so percentiles are
those of all requests together. `seconds` is the time from the first beginning to the last end. A FILE that is `-` is standard input.

Among the exit codes of the runs, 2 is the worst; then come 3, 7, 5, 1, 128+N, 11, 10 and 0. Of several runs of one shard the last one
decides, since it had to do what the others had left. [many-machines.md](many-machines.md#one-summary-of-all) has an example.)md"},
    {"Generate",
     R"md(`sluice generate FORM [VERB]` prints a text that is made of the tables of verbs and options. A completion with VERB knows that verb
alone.)md"},
    {"Exit codes", ""},
};

}  // namespace

const std::string_view about_sluice =
    "Drains directories of files to an HTTPS endpoint: one multipart/form-data POST per file, over "
    "kept-alive connections. A file is removed only once the server has confirmed it.";

const std::string_view source_notes =
    R"md(A SOURCE is a directory. For `send` it may also be a regular file: `sluice send /spool/*.jpg URL` sends those files and nothing else. Each
of them is treated like a file that lies directly in its directory, and sluice locks that directory. sluice never follows a link.)md";

const std::string_view value_notes =
    R"md(- A TIME is a number with a unit: `250ms`, `10s`, `1.5m`, `2h`, `7d`, or several in turn, `1h30m`. A bare number is seconds.
- BYTES is a number with an optional unit: `4096`, `10k`, `2M`, `1G`, `1T`. The units are powers of 1024.
- A rate is a number with an optional interval: `50`, `50/s`, `100/m`, `1000/h`. A bare number is per second.)md";

std::span<const option_section> option_sections() noexcept { return sections; }

std::string_view section_text(std::string_view title) noexcept {
  const auto* const at = std::ranges::find(sections, title, &option_section::title);
  return at == std::end(sections) ? std::string_view{} : at->text;
}

}  // namespace sluice::cli
