// The options of disposal, speed and retries.
#include "rows.hpp"

namespace sluice::cli {
namespace {

using enum option_row::kind;

constexpr option_row delivery_table[] = {
    {.name = "on-success",
     .what = value,
     .group = "Disposal",
     .value = "keep|delete|move=DIR",
     .help = "sluice keeps, deletes or moves each file that the server has confirmed.",
     .details = "[The delete rule](delete-rule.md) says when a file may be removed or moved. DIR must exist, "
                "on the same file system and outside SOURCE; the path below SOURCE is kept below DIR, and no "
                "file there is overwritten.",
     .fallback = "`keep`",
     .sets = "on_success"},
    {.name = "on-reject",
     .what = value,
     .group = "Disposal",
     .value = "keep|move=DIR",
     .help = "sluice keeps or moves each file that the server rejected for good.",
     .details =
         "It never deletes such a file. Only what was said of the file moves it: 413, 415, 422, a rule of "
         "`--success-json` that does not hold, and 400 or 409 once another file was accepted. While none was "
         "accepted, five are moved at most; then sluice stops with exit code 7, because an endpoint that "
         "refuses every file alike is not set up as it was meant to be.",
     .fallback = "`keep`",
     .sets = "on_reject"},
    {.name = "delete-empty-dirs",
     .what = flag,
     .group = "Disposal",
     .help = "sluice removes folders below SOURCE that it emptied and that have stayed empty for the time of "
             "`--settle`.",
     .details =
         "A folder goes with those above it that it leaves empty, deepest first; never SOURCE itself, never "
         "one that sluice took no file out of, and never one that is not empty. Nobody else may have changed "
         "it for that time. At the end of a run sluice waits for nothing: a folder goes if its newest file "
         "had been left alone for that time, and the summary counts those that stay as `folders_left`. A "
         "writer that stays in one folder needs a `--settle` longer than its longest pause "
         "([why](delete-rule.md#empty-folders)). A list needs a SOURCE.",
     .fallback = "off",
     .sets = "delete_empty_dirs"},
    {.name = "window",
     .brief = "w",
     .what = value,
     .group = "Speed",
     .value = "N|auto",
     .help = "sluice has at most N uploads in flight at once, each on a separate connection.",
     .details = "With `auto` sluice finds the number itself: it takes as many as make the upload faster "
                "([how](decisions/0010-automatic-window.md)). `bench` has an option of this name with a "
                "meaning of its own, below.",
     .fallback = "`auto`",
     .sets = "window"},
    {.name = "window-max",
     .what = value,
     .group = "Speed",
     .value = "N",
     .help = "An automatic window has at most N uploads.",
     .details = "`ulimit -n` may allow fewer: 24 with a limit of 128, and 448 with 1024. The option works "
                "only with `--window auto`.",
     .fallback = "1000"},
    {.name = "limit-rate",
     .what = value,
     .group = "Speed",
     .value = "BYTES",
     .help = "All connections together send at most BYTES bytes a second.",
     .fallback = "no limit",
     .sets = "limit.bytes_per_second"},
    {.name = "rate",
     .what = value,
     .group = "Speed",
     .value = "N[/s|/m|/h]",
     .help = "All connections together begin at most N requests in the interval.",
     .details = "`bench` has an option of this name with a meaning of its own, below.",
     .fallback = "no limit",
     .sets = "limit.requests_per_second"},
    {.name = "max-duration",
     .what = value,
     .group = "Speed",
     .value = "TIME",
     .help = "sluice starts nothing new after TIME, and ends with exit code 10 if files are left.",
     .fallback = "no limit",
     .sets = "limit.max_duration"},
    {.name = "max-errors",
     .what = value,
     .group = "Speed",
     .value = "N",
     .help = "sluice starts nothing new after N files were rejected or deferred, and ends with exit code 1.",
     .fallback = "no limit",
     .sets = "limit.max_errors"},
    {.name = "grace",
     .what = value,
     .group = "Speed",
     .value = "TIME",
     .help = "Uploads that are in flight have TIME to end after sluice was told to stop.",
     .fallback = "10s",
     .who = verb_set::of_runs,
     .sets = "limit.grace"},
    {.name = "retry",
     .what = value,
     .group = "Retry",
     .value = "N",
     .help = "sluice makes at most N more attempts for a file after its first one.",
     .details = "The pauses grow, with full jitter, and a budget for the whole run keeps a failing endpoint "
                "from being hit harder than a healthy one.",
     .fallback = "2",
     .sets = "retry.retries"},
    {.name = "retry-max-time",
     .what = value,
     .group = "Retry",
     .value = "TIME",
     .help = "No retry begins later than TIME after the file's first attempt.",
     .fallback = "no limit",
     .sets = "retry.max_time"},
    {.name = "retry-all-errors",
     .what = flag,
     .group = "Retry",
     .help = "sluice also retries after refusals of the server.",
     .details = "It never retries after 401, 403, 407 or 3xx.",
     .fallback = "off",
     .sets = "retry.all_errors"},
    {.name = "retry-status",
     .what = value,
     .group = "Retry",
     .value = "LIST",
     .help = "sluice also tries again later after these statuses.",
     .details =
         "408, 425, 429, 5xx but 501, 505 and 511, and most refusals with `Retry-After` mean \"later\" "
         "anyway. LIST is written like that of `--success-status`.",
     .fallback = "none",
     .sets = "retry.statuses"},
    {.name = "connect-timeout",
     .what = value,
     .group = "Retry",
     .value = "TIME",
     .help = "A connection must be ready within TIME.",
     .details = "DNS, TCP and TLS together share this time.",
     .fallback = "10s",
     .who = verb_set::of_runs,
     .sets = "timeout.connect"},
    {.name = "max-time",
     .brief = "m",
     .what = value,
     .group = "Retry",
     .value = "TIME",
     .help = "An attempt may take at most TIME as a whole.",
     .fallback = "no limit",
     .who = verb_set::of_runs,
     .sets = "timeout.attempt"},
    {.name = "speed-time",
     .what = value,
     .group = "Retry",
     .value = "TIME",
     .help = "sluice gives up an attempt when the server took no byte of the request for TIME.",
     .fallback = "30s",
     .who = verb_set::of_runs,
     .sets = "timeout.stall"},
    {.name = "reply-time",
     .what = value,
     .group = "Retry",
     .value = "TIME",
     .help = "The server has TIME from the last byte sent to the end of its reply.",
     .details = "An interim reply (`102 Processing`) is a sign of life: TIME begins anew.",
     .fallback = "5m",
     .who = verb_set::of_runs,
     .sets = "timeout.reply"},
};

}  // namespace

std::span<const option_row> delivery_rows() noexcept { return delivery_table; }

}  // namespace sluice::cli
