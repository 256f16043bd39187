#include "command_line.hpp"

#include "exit_code.hpp"
#include "option_table.hpp"

#include <sluice/text.hpp>
#include <sluice/version.hpp>

#include <CLI/CLI.hpp>
#include <deque>
#include <iostream>

namespace sluice::cli {
namespace {

using kind = option_spec::kind;

constexpr const char* about =
    "Drains directories of files to an HTTPS endpoint: one multipart/form-data POST per file, over "
    "kept-alive connections. "
    "A file is removed only once the server has confirmed it.";

constexpr const char* more =
    "Every option can stand in a --config file or in the environment as SLUICE_<OPTION>; command line over "
    "environment over "
    "file.\nTemplates in --form: {name} {stem} {ext} {path} {size} {mtime} {now} {now_ms} {random} {uuid} "
    "{key} {seq} {host}\n"
    "Exit codes: 0 all sent, 1 some files were not, 2 usage, 3 source unreadable, 5 endpoint unreachable, 7 "
    "endpoint refuses us,\n"
    "10 time budget reached, 11 another instance holds the source, 128+N stopped by signal N";

}  // namespace

std::optional<raw_options> parse_command_line(int argc, const char* const* argv,
                                              std::vector<std::string>& problems, int& exit_code) {
  raw_options options;
  std::deque<std::pair<const option_spec*, std::vector<std::string>>> values;  // addresses must stay
  std::deque<std::pair<const option_spec*, bool>> flags;

  CLI::App app{about, "sluice"};
  app.set_version_flag("--version", std::string{"sluice "} + std::string{version});
  app.require_subcommand(1);
  auto* send = app.add_subcommand("send", "Drain SOURCE... to URL once");
  send->allow_extras();
  send->footer(more);
  send->add_option("SOURCE... URL", options.positionals, "directories to drain, then the endpoint")
      ->option_text(" ");
  for (const auto& spec : send_options()) {
    const auto names =
        (spec.brief.empty() ? "" : "-" + std::string{spec.brief} + ",") + "--" + std::string{spec.name};
    CLI::Option* option = nullptr;
    if (spec.what == kind::flag) {
      option = send->add_flag(names, flags.emplace_back(&spec, false).second, std::string{spec.help});
    } else {
      option = send->add_option(names, values.emplace_back(&spec, std::vector<std::string>{}).second,
                                std::string{spec.help});
      option->allow_extra_args(false)->option_text(std::string{spec.value});
    }
    option->group(std::string{spec.group});
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    exit_code = app.exit(e);
    return std::nullopt;
  } catch (
      const CLI::ArgumentMismatch&) {  // an option takes whatever follows it, so only the last can lack it
    problems.push_back("'" + printable(argv[argc - 1]) +
                       "' needs a value after it; `sluice send --help` says which");
    return parse_command_line(argc - 1, argv, problems, exit_code);
  } catch (const CLI::ParseError& e) {
    const bool no_verb = dynamic_cast<const CLI::RequiredError*>(&e) != nullptr;
    problems.push_back(no_verb ? "no verb: write `sluice send SOURCE... URL`; `sluice send --help` says more"
                               : printable(e.what()) + "; `sluice send --help` says what it takes");
    exit_code = static_cast<int>(cli::exit_code::usage);
    return options;
  }
  for (const auto& extra : send->remaining())
    // What follows a misspelt --header= may be a secret.
    problems.push_back("'" + printable(extra.substr(0, extra.find('='))) +
                       "': no such option; `sluice send --help` lists them");
  for (auto& [spec, v] : values)
    if (!v.empty()) options.add(spec->name, {std::move(v), "--" + std::string{spec->name}});
  for (const auto& [spec, on] : flags)
    if (on) options.add(spec->name, {{"true"}, "--" + std::string{spec->name}});
  return options;
}

}  // namespace sluice::cli
