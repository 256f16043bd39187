// The options that select files, and judge replies.
#include "rows.hpp"

namespace sluice::cli {
namespace {

using enum option_row::kind;

constexpr option_row selection_table[] = {
    {.name = "include",
     .what = list,
     .group = "Selection",
     .value = "GLOB",
     .help = "sluice sends only the files that match GLOB.",
     .details = "`*` and `?` stop at `/`, and `**` does not; `[a-z]`, `[^a-z]` and `{jpg,png}` work, and "
                "`\\` takes the next character's meaning away. A pattern with a `/` is matched from SOURCE "
                "down, and any other pattern against the last component of the path. `dir/` means everything "
                "below `dir`. The option may be given several times; one match is enough.",
     .fallback = "all finished files",
     .sets = "select.include"},
    {.name = "exclude",
     .what = list,
     .group = "Selection",
     .value = "GLOB",
     .help = "sluice leaves out the files that match GLOB.",
     .details = "The patterns are those of `--include`, and `--exclude` wins over `--include`. Whatever is "
                "below an excluded directory is excluded too. The option may be given several times.",
     .fallback = "none",
     .sets = "select.exclude"},
    {.name = "match",
     .what = value,
     .group = "Selection",
     .value = "REGEX",
     .help =
         "sluice sends only the files whose path REGEX matches, and REGEX gives the templates `{1}`, `{2}`, "
         "... and `{NAME}`.",
     .details =
         "REGEX is an [RE2](https://github.com/google/re2/wiki/Syntax) expression over `{path}`, and is "
         "looked for anywhere in it: write `^` and `$` where it is to be the whole. `(?P<NAME>...)` "
         "names a group. Whatever REGEX is, a match takes time that grows with the path alone.",
     .fallback = "every path",
     .sets = "match"},
    {.name = "min-age",
     .what = value,
     .group = "Selection",
     .value = "TIME",
     .help = "sluice sends only files that were modified at least TIME ago.",
     .details = "The age of a file that is dated in the future is counted from its last change.",
     .fallback = "no limit",
     .sets = "select.min_age"},
    {.name = "max-age",
     .what = value,
     .group = "Selection",
     .value = "TIME",
     .help = "sluice sends only files that were modified at most TIME ago.",
     .fallback = "no limit",
     .sets = "select.max_age"},
    {.name = "min-size",
     .what = value,
     .group = "Selection",
     .value = "BYTES",
     .help = "sluice sends only files that have at least BYTES bytes.",
     .fallback = "no limit",
     .sets = "select.min_size"},
    {.name = "max-size",
     .what = value,
     .group = "Selection",
     .value = "BYTES",
     .help = "sluice sends only files that have at most BYTES bytes.",
     .fallback = "no limit",
     .sets = "select.max_size"},
    {.name = "files-from",
     .what = value,
     .group = "Selection",
     .value = "FILE|-",
     .help = "sluice reads the names of the files from FILE, one a line, instead of walking SOURCE.",
     .details = "`-` reads them from standard input. Names are relative to SOURCE, and may not leave it, "
                "where one SOURCE is given; otherwise they are relative to the working directory. A name "
                "that comes again (`a`, `./a`) is sent once. A name that does not exist is counted as "
                "`missing` and makes exit code 1. sluice remembers 24 to 48 bytes for each name.",
     .fallback = "SOURCE is walked",
     .who = {verb::send},
     .conflicts = {{{"files-from0", "one list of names, ended in one way"},
                    {"max-depth", "a list has no depth"}}}},
    {.name = "files-from0",
     .what = value,
     .group = "Selection",
     .value = "FILE|-",
     .help = "The list FILE has its names ended by NUL instead of by line.",
     .details = "Otherwise the option is like `--files-from`.",
     .fallback = "SOURCE is walked",
     .who = {verb::send},
     .conflicts = {{{"max-depth", "a list has no depth"}}}},
    {.name = "shard",
     .what = value,
     .group = "Selection",
     .value = "K/N",
     .help = "sluice sends only the files of part K of N, and sees no others.",
     .details =
         "A hash of the path relative to SOURCE says which part a file belongs to, so N runs with K from 1 "
         "to N "
         "send each file once and need no word between them. `0/N` is `N/N`. Parts may run at once on one "
         "machine or on many; each needs its own `--joblog` and `--summary`. "
         "[many-machines.md](many-machines.md) has the hash, and recipes.",
     .fallback = "the whole of SOURCE",
     .sets = "select.shard"},
    {.name = "files-from-json",
     .what = value,
     .group = "Selection",
     .value = "FILE|-",
     .help = "sluice reads a manifest from FILE: a JSON object a line, for each file its path and what is "
             "special "
             "of its request.",
     .details = "[manifests.md](manifests.md) has the members: `path`, `form`, `header`, `filename`, `url`, "
                "and any other "
                "as `{@NAME}`. Otherwise the option is like `--files-from`, but nothing is remembered of a "
                "line: one that "
                "names a file again sends it again. A line that names no file is told with its number and "
                "makes exit "
                "code 1; a file whose line cannot be used is deferred. Neither holds up another.",
     .fallback = "SOURCE is walked",
     .who = {verb::send},
     .conflicts = {{{"files-from", "one list of files"},
                    {"files-from0", "one list of files"},
                    {"max-depth", "a manifest has no depth"}}}},
    {.name = "sidecar",
     .what = value,
     .group = "Selection",
     .value = "NAME",
     .help = "Each file has a side-car of the name NAME beside it, such as `{path}.json`, which says what is "
             "special of its request.",
     .details =
         "A side-car is a JSON object with the members of a [manifest](manifests.md#side-cars) but for "
         "`path`. "
         "NAME is a path below SOURCE with `{path}`, `{dir}`, `{name}`, `{stem}` and `{ext}`. A file whose "
         "name a "
         "side-car may have is not sent by itself. A file without its side-car is deferred; `watch` waits "
         "for it "
         "as long as the file is young. The side-car is deleted or moved as its file is, and after it.",
     .fallback = "none",
     .sets = "sidecar",
     .conflicts = {{{"files-from-json", "a manifest says in its own lines what is special of a file"}}}},
    {.name = "sidecar-optional",
     .what = flag,
     .group = "Selection",
     .help = "A file without its side-car is sent.",
     .fallback = "off",
     .sets = "sidecar_optional",
     .needs = {"sidecar", "there would be no side-cars"}},
    {.name = "max-depth",
     .what = value,
     .group = "Selection",
     .value = "N",
     .help = "sluice walks at most N levels of directories.",
     .details = "With `1` it sends only the files that lie directly in SOURCE.",
     .fallback = "128 levels, which is also the most",
     .sets = "select.max_depth"},
    {.name = "max-files",
     .what = value,
     .group = "Selection",
     .value = "N",
     .help = "sluice ends after it has taken N files.",
     .details = "The option also bounds how many files a run can remove.",
     .fallback = "no limit",
     .who = {verb::send},
     .sets = "select.max_files"},
    {.name = "order-by",
     .what = value,
     .group = "Selection",
     .value = "name|mtime|size[,desc]",
     .help = "sluice sends the files in this order.",
     .details =
         "`,desc` reverses the order. `send` then holds all names in memory, each in about 20 bytes. "
         "`watch` holds the first names of a walk in 16 MiB, and looks for the rest when it has sent these.",
     .fallback = "the directory's own order, which holds no names",
     .sets = "order"},
    {.name = "settle",
     .what = value,
     .group = "Selection",
     .value = "TIME",
     .help = "A file must have been left alone for TIME before sluice sends it, where the system does not "
             "say whether somebody is writing it.",
     .details = "That is so for the files of another user without `CAP_LEASE`, on FUSE and network mounts, "
                "and on an overlay. `0` states that all producers rename their files into place. "
                "[delete-rule.md](delete-rule.md#how-a-half-written-file-is-held-back) has the details.",
     .fallback = "10s",
     .sets = "settle"},
    {.name = "dry-run",
     .brief = "n",
     .what = flag,
     .group = "Selection",
     .help = "sluice lists the files that it would send, and sends nothing.",
     .fallback = "off",
     .who = {verb::send},
     .sets = "dry_run",
     .conflicts = {{{"resume", "a dry run opens no file, so it cannot know which were accepted"},
                    {"joblog", "a dry run has nothing to record"}}}},
    {.name = "success-status",
     .what = value,
     .group = "Success",
     .value = "LIST",
     .help = "A reply means success only if its status is in LIST.",
     .details = "LIST has statuses, classes (`2xx`) and ranges (`200-204`), separated by commas. Another 2xx "
                "confirms nothing: the file stays, and is not sent again in this run.",
     .fallback = "`200,201,204`",
     .who = verb_set::of_runs,
     .sets = "success.statuses"},
    {.name = "success-json",
     .what = list,
     .group = "Success",
     .value = "POINTER=VALUE",
     .help = "A reply means success only if its body is JSON and has VALUE at POINTER.",
     .details = "POINTER is a JSON pointer (RFC 6901) and VALUE is a JSON value, as in `/code=0`. A value in "
                "quotation marks may hold [templates](templates.md#digests-in-rules): with "
                "`/sha256=\"{sha256}\"` the server proves what it has stored. The option may be given "
                "several times; all rules must hold.",
     .fallback = "no rule",
     .who = verb_set::of_runs,
     .sets = "success.json"},
    {.name = "success-header",
     .what = list,
     .group = "Success",
     .value = "NAME=VALUE",
     .help = "A reply means success only if it has the header NAME with VALUE.",
     .details = "VALUE may hold [templates](templates.md#digests-in-rules), as in `ETag=\"{md5}\"`. "
                "Quotation marks around it do not count, and it may be one element of a list. The option may "
                "be given several times; all rules must hold.",
     .fallback = "no rule",
     .who = verb_set::of_runs,
     .sets = "success.headers"},
    {.name = "reply-limit",
     .what = value,
     .group = "Success",
     .value = "BYTES",
     .help = "The rules of `--success-json` read at most BYTES of a reply's body.",
     .details = "A longer body is read over; if a rule would have to read it, the reply confirms nothing.",
     .fallback = "64k",
     .who = verb_set::of_runs,
     .sets = "success.reply_limit"},
};

}  // namespace

std::span<const option_row> selection_rows() noexcept { return selection_table; }

}  // namespace sluice::cli
