// The options of reports, of configuration, and of `sluice watch`.
#include "rows.hpp"

namespace sluice::cli {
namespace {

using enum option_row::kind;

constexpr option_row output_table[] = {
    {.name = "progress",
     .what = value,
     .group = "Output",
     .value = "auto|bar|line|none",
     .help = "sluice shows its progress as a bar, as a line per interval, or not at all.",
     .details = "`auto` is a bar on a terminal and lines elsewhere.",
     .fallback = "`auto`"},
    {.name = "stats",
     .what = value,
     .group = "Output",
     .value = "TIME",
     .help = "A line of progress appears every TIME.",
     .fallback = "10s for `send`, 60s for `watch`"},
    {.name = "joblog",
     .what = value,
     .group = "Output",
     .value = "FILE|-",
     .help = "sluice appends a [JSON line](job-log.md) for each handled file to FILE.",
     .details = "`-` is standard output. The run ends when a line cannot be written. `watch` needs the "
                "option with `--on-success keep`.",
     .fallback = "none",
     .sets = "job_log"},
    {.name = "joblog-compact",
     .what = value,
     .group = "Watch",
     .value = "SIZE",
     .help =
         "sluice [compacts](job-log.md#a-log-that-has-grown-long) the job log when it has grown past SIZE.",
     .details =
         "It does so while it sends, each time that the log is past SIZE and has twice the bytes that it "
         "had after the last time. SIZE is a number of BYTES.",
     .fallback = "the log grows",
     .who = {verb::watch},
     .sets = "job_log_compact",
     .needs = {"joblog", "the log that is to be compacted"}},
    {.name = "resume",
     .what = flag,
     .group = "Output",
     .help = "sluice skips the files that the job log has as accepted.",
     .details = "`watch` always does so.",
     .fallback = "off",
     .who = {verb::send},
     .sets = "resume",
     .needs = {"joblog", "the log of the earlier run"}},
    {.name = "summary",
     .what = value,
     .group = "Output",
     .value = "FILE|-",
     .help =
         "sluice writes the figures of the run as JSON to FILE at the end, and why files were not accepted.",
     .details = "`-` is standard output. `sluice summary` adds up the summaries of several runs.",
     .fallback = "none"},
    {.name = "trace-window",
     .what = value,
     .group = "Output",
     .value = "FILE",
     .help = "sluice writes each change of an automatic window to FILE as a JSON line.",
     .details = "A line has when, from, to, why, the uploads in flight, the goodput and the server's time. "
                "The option works only with `--window auto`.",
     .fallback = "none"},
    {.name = "trace",
     .what = value,
     .group = "Output",
     .value = "FILE|-",
     .help = "sluice writes a line to FILE for each step on the network.",
     .details =
         "The steps are DNS answers, connections and their ends, TLS handshakes, the head of each request "
         "and "
         "of each reply, and retries. Secrets are masked. FILE is emptied first, and only its user may read "
         "it. `-` is standard error. With `--log-json` the lines are JSON objects. [trace.md](trace.md) "
         "explains them.",
     .fallback = "none",
     .who = verb_set::of_runs,
     .sets = "on_trace"},
    {.name = "verbose",
     .brief = "v",
     .what = flag,
     .group = "Output",
     .help = "sluice prints a line for each file with its time, path, status and reply.",
     .details = "The progress then shows the window and the reason of its last change.",
     .fallback = "off",
     .conflicts = {{{"quiet", "more and less at once"}}}},
    {.name = "quiet",
     .brief = "q",
     .what = flag,
     .group = "Output",
     .help = "sluice prints errors only.",
     .details = "`summary` then prints the JSON alone, unless the exit code is bad.",
     .fallback = "off",
     .who = {verb::send, verb::watch, verb::bench, verb::summary}},
    {.name = "log-json",
     .what = flag,
     .group = "Output",
     .help = "The lines for files are JSON objects.",
     .details = "Those of `--trace` are, too.",
     .fallback = "off",
     .conflicts = {{{"quiet", "lines per file and no lines"}}}},
    {.name = "config",
     .brief = "K",
     .what = value,
     .group = "Configuration",
     .value = "FILE|-",
     .help = "sluice reads options from the JSON file FILE.",
     .details =
         "Its keys are the long names of the options, and also `url` and `source`. Comments are allowed. `-` "
         "is standard input. One file may serve several verbs: a verb passes over the options that only "
         "other verbs know.\n\n```jsonc\n// /etc/sluice/images.json\n{\n  \"source\": "
         "\"/var/spool/images\",\n  \"url\": \"https://host/upload\",\n  \"form\": [\"mark=room-201\", "
         "\"timestamp={now}\"],\n  \"header\": \"@/etc/sluice/headers\",\n  \"success-json\": \"/code=0\",\n "
         " \"on-success\": \"delete\",\n  \"max-duration\": \"4m\"\n}\n```",
     .fallback = "none",
     .who = verb_set::of_runs},
    {.name = "lock",
     .what = value,
     .group = "Configuration",
     .value = "FILE",
     .help = "sluice locks FILE instead of SOURCE.",
     .details = "The option is for file systems that cannot lock a directory, and for network file systems, "
                "where the "
                "lock of a directory is seen by one machine alone. The lock dies with the process. "
                "[many-machines.md](many-machines.md) says on which ones FILE is locked for all machines.",
     .fallback = "SOURCE is locked",
     .sets = "lock_file"},
    {.name = "rescan",
     .what = value,
     .group = "Watch",
     .value = "TIME",
     .help = "sluice walks SOURCE anew at least every TIME, whatever the kernel tells it.",
     .fallback = "60s",
     .who = {verb::watch},
     .sets = "follow"},
    {.name = "control",
     .what = value,
     .group = "Watch",
     .value = "PATH",
     .help = "The socket PATH takes the commands of `sluice ctl`.",
     .fallback = "`$RUNTIME_DIRECTORY/control` where a service manager sets that; otherwise none. For `ctl`: "
                 "`$SLUICE_CONTROL`",
     .who = {verb::watch, verb::ctl}},
    {.name = "status",
     .what = value,
     .group = "Watch",
     .value = "ADDR:PORT",
     .help = "sluice serves a page of figures, metrics and a health check over HTTP at ADDR:PORT.",
     .details = "The address must be one of the loopback unless `--status-public` is given. "
                "[status.md](status.md) explains the page.",
     .fallback = "nothing listens",
     .who = {verb::watch}},
    {.name = "status-public",
     .what = flag,
     .group = "Watch",
     .help = "The page of `--status` may be seen from other machines.",
     .fallback = "off",
     .who = {verb::watch},
     .needs = {"status", "the page that others may see"}},
};

}  // namespace

std::span<const option_row> output_rows() noexcept { return output_table; }

}  // namespace sluice::cli
