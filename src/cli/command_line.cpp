#include "command_line.hpp"

#include "exit_code.hpp"
#include "option_table.hpp"

#include <sluice/text.hpp>
#include <sluice/version.hpp>

#include <CLI/CLI.hpp>
#include <array>
#include <deque>
#include <iostream>

namespace sluice::cli {
namespace {

using kind = option_spec::kind;

constexpr const char* about =
    "Drains directories of files to an HTTPS endpoint: one multipart/form-data POST per file, over "
    "kept-alive connections. "
    "A file is removed only once the server has confirmed it.";

constexpr const char* layers =
    "Every option can stand in a --config file or in the environment as SLUICE_<OPTION>; command line over "
    "environment over "
    "file.\nTemplates in --form: {name} {stem} {ext} {path} {size} {mtime} {now} {now_ms} {random} {uuid} "
    "{key} {seq} {host}\n";

/// What one verb shows of itself.
struct face {
  verb what;
  const char* does;
  const char* positionals;
  const char* means;
  const char* exit_codes;
};
constexpr face faces[] = {
    {verb::send, "Drain SOURCE... to URL once", "SOURCE... URL", "directories to drain, then the endpoint",
     "Exit codes: 0 all sent, 1 some files were not, 2 usage, 3 source unreadable, 5 endpoint unreachable, 7 "
     "endpoint refuses us,\n"
     "10 time budget reached, 11 another instance holds the source, 128+N stopped by signal N"},
    {verb::watch, "Drain SOURCE... to URL, and go on with what is put there", "SOURCE... URL",
     "directories to follow, then the endpoint",
     "Exit codes: those of send; 11 also when another instance holds the control socket.\n"
     "SIGHUP reads header, certificate and key files again and opens the job log anew; SIGTERM lets what is "
     "in flight end"},
    {verb::bench, "Load URL and measure it; nothing is deleted", "URL", "the endpoint to measure",
     "Exit codes: 0 every request accepted, 1 some were not, 2 usage, 3 --from unreadable, 5 endpoint "
     "unreachable, 7 endpoint\n"
     "refuses us, 128+N stopped by signal N"},
    {verb::ctl, "Tell a running `sluice watch` something", "COMMAND",
     "status, pause, resume, window N|auto, rate N[/s|/m|/h]|off, limit-rate BYTES|off, rescan or drain",
     "Without --control PATH, SLUICE_CONTROL names the socket.\n"
     "Exit codes: 0 done, 2 usage or refused, 5 nobody listens, or nobody answers"},
};

const char* footer_of(verb v) { return v == verb::ctl ? "" : layers; }

verb verb_of(int argc, const char* const* argv) {
  for (const auto& f : faces)
    if (argc > 1 && argv[1] == to_string(f.what)) return f.what;
  return verb::send;
}

/// Where the values of one verb's options go; addresses must stay.
struct store {
  CLI::App* app = nullptr;
  std::deque<std::pair<option_spec, std::vector<std::string>>> values;
  std::deque<std::pair<option_spec, bool>> flags;
};

void declare(CLI::App& program, const face& f, raw_options& options, store& into) {
  into.app = program.add_subcommand(std::string{to_string(f.what)}, f.does);
  into.app->allow_extras();
  into.app->footer(std::string{footer_of(f.what)} + f.exit_codes);
  into.app->add_option(f.positionals, options.positionals, f.means)->option_text(" ");
  for (const auto& spec : options_of(f.what)) {
    const auto names =
        (spec.brief.empty() ? "" : "-" + std::string{spec.brief} + ",") + "--" + std::string{spec.name};
    CLI::Option* option = nullptr;
    if (spec.what == kind::flag) {
      option = into.app->add_flag(names, into.flags.emplace_back(spec, false).second, std::string{spec.help});
    } else {
      option = into.app->add_option(names, into.values.emplace_back(spec, std::vector<std::string>{}).second,
                                    std::string{spec.help});
      option->allow_extra_args(false)->option_text(std::string{spec.value});
    }
    option->group(std::string{spec.group});
  }
}

std::string help_of(verb v) { return "`sluice " + std::string{to_string(v)} + " --help`"; }

}  // namespace

std::optional<raw_options> parse_command_line(int argc, const char* const* argv,
                                              std::vector<std::string>& problems, int& exit_code) {
  raw_options options;
  options.verb = verb_of(argc, argv);
  CLI::App app{about, "sluice"};
  app.set_version_flag("--version", std::string{"sluice "} + std::string{version});
  app.require_subcommand(1);
  std::array<store, std::size(faces)> stores{};
  for (std::size_t i = 0; i < stores.size(); ++i) declare(app, faces[i], options, stores[i]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    exit_code = app.exit(e);
    return std::nullopt;
  } catch (
      const CLI::ArgumentMismatch&) {  // an option takes whatever follows it, so only the last can lack it
    problems.push_back("'" + printable(argv[argc - 1]) + "' needs a value after it; " +
                       help_of(options.verb) + " says which");
    return parse_command_line(argc - 1, argv, problems, exit_code);
  } catch (const CLI::ParseError& e) {
    const bool no_verb = dynamic_cast<const CLI::RequiredError*>(&e) != nullptr;
    problems.push_back(no_verb ? "no verb: write `sluice send SOURCE... URL`, `sluice watch SOURCE... URL`, "
                                 "`sluice bench URL` or `sluice ctl COMMAND`; " +
                                     help_of(verb::send) + " says more"
                               : printable(e.what()) + "; " + help_of(options.verb) + " says what it takes");
    exit_code = static_cast<int>(cli::exit_code::usage);
    return options;
  }
  for (auto& s : stores) {
    for (const auto& extra : s.app->remaining())
      // What follows a misspelt --header= may be a secret.
      problems.push_back("'" + printable(extra.substr(0, extra.find('='))) + "': no such option; " +
                         help_of(options.verb) + " lists them");
    for (auto& [spec, v] : s.values)
      if (!v.empty()) options.add(spec.name, {std::move(v), "--" + std::string{spec.name}});
    for (const auto& [spec, on] : s.flags)
      if (on) options.add(spec.name, {{"true"}, "--" + std::string{spec.name}});
  }
  return options;
}

}  // namespace sluice::cli
