#include "verb_table.hpp"

#include <algorithm>
#include <array>

namespace sluice::cli {
namespace {

constexpr exit_row run_codes[] = {
    {"0", "all sent", "Every selected file was accepted and disposed of. An empty source counts as well."},
    {"1", "some files were not",
     "Some files were not, a listed name does not exist, or the job log, the summary, the course of the "
     "window or the names "
     "of `-n` could not be written."},
    {"2", "usage", "The usage or the configuration is wrong. Nothing was sent."},
    {"3", "source unreadable", "The source is unreadable."},
    {"5", "endpoint unreachable", "The endpoint is unreachable. The run stopped early."},
    {"7", "endpoint refuses us",
     "The endpoint refuses us (TLS identity, 401, 403, 407, redirects). The run stopped early."},
    {"10", "time budget reached", "The time budget of `--max-duration` is used up."},
    {"11", "another instance holds the source",
     "Another instance holds the source, or a part of this one's shard, or the control socket."},
    {"128+N", "stopped by signal N",
     "Signal N stopped the run after uploads in flight had ended. A second signal stops at once. A signal "
     "that was ignored at the start (`nohup`) stays ignored."},
};
constexpr exit_row bench_codes[] = {
    {"0", "every request accepted", "Every request was accepted."},
    {"1", "some were not", "Some requests were not accepted, or a report could not be written."},
    {"2", "usage", "The usage or the configuration is wrong. Nothing was sent."},
    {"3", "--from unreadable", "`--from` is unreadable."},
    {"5", "endpoint unreachable", "Nothing was accepted: the endpoint cannot be reached."},
    {"7", "endpoint refuses us", "Nothing was accepted: the endpoint refuses us."},
    {"128+N", "stopped by signal N",
     "Signal N stopped the run; the report has what was measured until then. A signal that was ignored at "
     "the "
     "start stays ignored."},
};
constexpr exit_row ctl_codes[] = {
    {"0", "done", "The command was carried out."},
    {"2", "usage or refused", "The command was refused, or does not exist."},
    {"5", "nobody listens, or nobody answers", "Nobody listens, or nobody answers within 5 s."},
};
constexpr exit_row compact_codes[] = {
    {"0", "done", "The log is compacted. Whatever the code but 0, the log is as it was."},
    {"1", "it could not be done", "It could not be compacted."},
    {"2", "usage or no such log", "The usage is wrong, or there is no such log."},
    {"3", "source unreadable", "A source is unreadable, or has none of the files."},
    {"11", "a run holds the log or the source", "A run holds the log or a source."},
};
constexpr exit_row summary_codes[] = {
    {"N", "the worst code of the runs", "The worst exit code of the runs."},
    {"1", "the sum could not be written", "The sum could not be written, and no run had a worse code."},
    {"2", "usage", "The usage is wrong."},
    {"3", "a file is missing or is no whole summary",
     "A file is missing, torn, or no summary. No sum is printed."},
};
constexpr exit_row generate_codes[] = {
    {"0", "done", "The text was printed."},
    {"1", "it could not be written", "Standard output took no more."},
    {"2", "usage", "There is no such text, or no such verb."},
};

constexpr example_row send_examples[] = {
    {"sluice send -n /var/spool/images https://host/upload",
     "List the files that would be sent, and send nothing:"},
    {"sluice send /var/spool/images https://host/upload -F mark=room-201 -F 'timestamp={now}' "
     "--success-json /code=0 --on-success delete",
     "Send each file with two fields, and delete it once the server has said `{\"code\": 0}`:"},
    {"sluice send /data https://host/upload --on-success keep --joblog sent.log --resume",
     "Send a tree that stays where it is, and go on tomorrow where it ended:"},
    {"find /data -name '*.jpg' -print0 | sluice send --files-from0 - /data https://host/upload",
     "Send the files of a list:"},
    {"sluice send --shard 2/16 /mnt/spool https://host/upload --on-success delete --summary 2.json",
     "Send the second of sixteen parts of a tree that other machines work on, too:"},
};
constexpr example_row watch_examples[] = {
    {"sluice watch /var/spool/images https://host/upload --on-success delete --status 127.0.0.1:9180",
     "Send each file that is put there, with a page of figures:"},
    {"sluice watch --config /etc/sluice/images.json --control /run/sluice/control",
     "Take all from a configuration file, and listen to `sluice ctl`:"},
};
constexpr example_row bench_examples[] = {
    {"sluice bench https://localhost:8443/upload -k --window 1,4,16,64 --size 64k",
     "Measure four windows with bodies of 64 KiB:"},
    {"sluice bench https://host/upload --yes-i-may-load host --rate 200/s --html report.html",
     "Keep a rate, and write a page with plots:"},
};
constexpr example_row ctl_examples[] = {
    {"sluice ctl --control /run/sluice/control status", "Ask a running watch how it is:"},
    {"SLUICE_CONTROL=/run/sluice/control sluice ctl rate 50/s", "Make it slower:"},
};
constexpr example_row compact_examples[] = {
    {"sluice compact /var/log/sluice/images.log /var/spool/images",
     "Keep the newest line of each file that is still there:"},
};
constexpr example_row summary_examples[] = {
    {"sluice summary /mnt/reports/summary-*.json", "Add up what the shards of a tree wrote:"},
    {"sluice summary -q summary-*.json | jq .accepted", "Take one figure of the sum:"},
};
constexpr example_row generate_examples[] = {
    {"sluice generate man send | man -l -", "Read a manual page that is not installed:"},
    {"sluice generate bash >~/.local/share/bash-completion/completions/sluice", "Complete in bash:"},
    {"sluice generate zsh >/usr/local/share/zsh/site-functions/_sluice", "Complete in zsh:"},
    {"sluice generate fish >~/.config/fish/completions/sluice.fish", "Complete in fish:"},
};

using enum verb_row::operand;

constexpr verb_row table[] = {
    {.what = verb::send,
     .does = "Drain SOURCE... to URL once",
     .positionals = "SOURCE... URL",
     .means = "directories or files to drain, then the endpoint",
     .takes = files,
     .exit_codes = run_codes,
     .examples = send_examples},
    {.what = verb::watch,
     .does = "Drain SOURCE... to URL, and go on with what is put there",
     .positionals = "SOURCE... URL",
     .means = "directories to follow, then the endpoint",
     .takes = directories,
     .section = "Watch",
     .remark =
         "SIGHUP reads header, certificate and key files again and opens the job log anew; SIGTERM lets "
         "what is in flight end.",
     .exit_as = "send",
     .examples = watch_examples},
    {.what = verb::bench,
     .does = "Load URL and measure it; nothing is deleted",
     .positionals = "URL",
     .means = "the endpoint to measure",
     .section = "Bench",
     .exit_codes = bench_codes,
     .examples = bench_examples},
    {.what = verb::ctl,
     .does = "Tell a running `sluice watch` something",
     .positionals = "COMMAND",
     .means = "status, pause, resume, window N|auto, rate N[/s|/m|/h]|off, limit-rate BYTES|off, rescan or "
              "drain",
     .takes = commands,
     .section = "Ctl",
     .remark = "Without --control PATH, SLUICE_CONTROL names the socket.",
     .exit_codes = ctl_codes,
     .examples = ctl_examples},
    {.what = verb::compact,
     .does = "Shorten a job log to the newest line of each file that is still there",
     .positionals = "LOG [SOURCE...]",
     .means = "the job log, then the directories that its paths are relative to",
     .takes = files,
     .section = "Compact",
     .exit_codes = compact_codes,
     .examples = compact_examples},
    {.what = verb::summary,
     .does = "Add up the summaries of several runs",
     .positionals = "FILE...",
     .means = "what the runs wrote with --summary; - is standard input",
     .takes = files,
     .section = "Summary",
     .exit_codes = summary_codes,
     .examples = summary_examples},
    {.what = verb::generate,
     .does = "Print a manual page, or the completions of a shell",
     .positionals = "FORM [VERB]",
     .means = "options (docs/options.md), man, bash, zsh or fish; then the verb that it is for",
     .takes = forms,
     .section = "Generate",
     .exit_codes = generate_codes,
     .examples = generate_examples},
};

constexpr command_row commands_of_ctl[] = {
    {"status", "", "It prints the state, the window, how many files wait and how long, and the counts."},
    {"pause", "", "The watch begins nothing new."},
    {"resume", "", "The watch goes on."},
    {"window", "N|auto", "The watch takes the new window until the next start."},
    {"rate", "N[/s|/m|/h]|off", "The watch takes the new rate of requests until the next start."},
    {"limit-rate", "BYTES|off", "The watch takes the new rate of bytes until the next start."},
    {"rescan", "", "The watch walks SOURCE now."},
    {"drain", "", "The watch sends what is there, and ends."},
};

constexpr command_row forms_of_generate[] = {
    {"options", "", "It is docs/options.md."},
    {"man", "", "It is the manual page of VERB, or without one that of sluice, for man(1) and mandoc(1)."},
    {"bash", "", "It is the completion for bash."},
    {"zsh", "", "It is the completion for zsh, a file `_sluice` of `$fpath`."},
    {"fish", "", "It is the completion for fish."},
};

constexpr verb_set with_options{verb::send, verb::watch, verb::bench, verb::ctl, verb::summary};

constexpr place_row environment[] = {
    {"SLUICE_<OPTION>",
     "The value of an option that is not on the command line, as `SLUICE_MAX_TIME=30s` for `--max-time`. An "
     "option that may be given several times has one value a line.",
     with_options},
    {"SLUICE_URL", "The endpoint."},
    {"SLUICE_CONTROL", "The socket of `sluice watch` and `sluice ctl`.", {verb::watch, verb::ctl}},
    {"https_proxy, HTTPS_PROXY, http_proxy, all_proxy, ALL_PROXY, no_proxy, NO_PROXY",
     "The proxy, as curl reads it, unless `--proxy` names one."},
    {"CREDENTIALS_DIRECTORY", "The folder of `credential:NAME` and `@credential:NAME`, which systemd sets."},
    {"RUNTIME_DIRECTORY", "The folder of the control socket, which systemd sets.", {verb::watch}},
    {"NOTIFY_SOCKET, WATCHDOG_USEC", "The service manager that is told how the watch is.", {verb::watch}},
};

constexpr place_row files_of_all[] = {
    {"/etc/sluice/NAME.json",
     "The configuration of the service `sluice@NAME`, as `--config` takes it.",
     {verb::watch}},
    {"/etc/ssl/certs", "The certificates that are trusted without `--cacert`, as OpenSSL finds them."},
    {"/etc/hosts, /etc/resolv.conf", "How the endpoint's name is resolved."},
};

}  // namespace

std::span<const verb_row> verb_rows() noexcept { return table; }
const verb_row& row_of(verb v) noexcept { return *std::ranges::find(table, v, &verb_row::what); }
std::span<const command_row> control_commands() noexcept { return commands_of_ctl; }
std::span<const command_row> generated_forms() noexcept { return forms_of_generate; }
std::span<const place_row> environment_rows() noexcept { return environment; }
std::span<const place_row> file_rows() noexcept { return files_of_all; }

std::span<const exit_row> exit_rows(verb v) noexcept {
  const auto& row = row_of(v);
  if (row.exit_as.empty()) return row.exit_codes;
  return std::ranges::find(table, row.exit_as, [](const verb_row& r) { return to_string(r.what); })
      ->exit_codes;
}

}  // namespace sluice::cli
