#include "command_line.hpp"

#include "cli/exit_code.hpp"
#include "markdown.hpp"
#include "option_table.hpp"
#include "options_text.hpp"
#include "verb_table.hpp"

#include <sluice/text.hpp>
#include <sluice/version.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <iostream>
#include <memory>

namespace sluice::cli {
namespace {

using kind = option_row::kind;

constexpr const char* layers =
    "Every option can stand in a --config file or in the environment as SLUICE_<OPTION>; command line over "
    "environment over "
    "file.\nTemplates in form fields, file names, headers, URLs and rules: {name} {stem} {ext} {path} {dir} "
    "{size} "
    "{mtime} {now} {now_ms} {random} {uuid} {key} {seq} {host} {md5} {sha1} {sha256} {sha512} {crc32} {1} "
    "{@NAME}\n";

/// Newer versions of CLI11 refuse a name with dots and spaces: it gets a plain one, and the help shows what
/// people write.
class formatter final : public CLI::Formatter {
 public:
  explicit formatter(const verb_row& of) : positionals_{of.positionals} {}
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    return is_positional ? positionals_ : CLI::Formatter::make_option_name(option, is_positional);
  }
  std::string make_option_usage(const CLI::Option*) const override { return positionals_; }

 private:
  std::string positionals_;
};

/// The layers of options, what else there is to say, and the exit codes.
std::string footer_of(const verb_row& v) {
  constexpr std::size_t width = 118;
  auto text = verb_set::of_runs.contains(v.what) ? std::string{layers} : std::string{};
  if (!v.remark.empty()) text += wrap_text(v.remark, width) + "\n";
  std::string codes;
  for (const auto& row : exit_rows(v.what))
    codes += (codes.empty() ? "Exit codes: " : ", ") + std::string{row.code} + " " + std::string{row.brief};
  return text + wrap_text(codes, width);
}

verb verb_of(int argc, const char* const* argv) {
  for (const auto& v : verb_rows())
    if (argc > 1 && argv[1] == to_string(v.what)) return v.what;
  return verb::send;
}

/// Where the values of one verb's options go; addresses must stay.
struct store {
  CLI::App* app = nullptr;
  std::deque<std::pair<option_row, std::vector<std::string>>> values;
  std::deque<std::pair<option_row, bool>> flags;
};

std::string describe_briefly(const option_row& row) {
  return plain_text(row.help) + " Default: " + plain_text(row.fallback) + ".";
}

void declare(CLI::App& program, const verb_row& v, raw_options& options, store& into) {
  into.app = program.add_subcommand(std::string{to_string(v.what)}, plain_text(v.does));
  into.app->allow_extras();
  into.app->footer(footer_of(v));
  into.app->formatter(std::make_shared<formatter>(v));
  into.app->add_option("arguments", options.positionals, std::string{v.means})->option_text(" ");
  for (const auto& row : options_of(v.what)) {
    const auto names =
        (row.brief.empty() ? "" : "-" + std::string{row.brief} + ",") + "--" + std::string{row.name};
    CLI::Option* option = nullptr;
    if (row.what == kind::flag) {
      option = into.app->add_flag(names, into.flags.emplace_back(row, false).second, describe_briefly(row));
    } else {
      option = into.app->add_option(names, into.values.emplace_back(row, std::vector<std::string>{}).second,
                                    describe_briefly(row));
      option->allow_extra_args(false)->option_text(std::string{row.value});
    }
    option->group(std::string{row.group});
  }
}

bool is_followed_by_a_word(const std::string& option, int argc, const char* const* argv) {
  for (int i = 1; i + 1 < argc; ++i)
    if (argv[i] == option && *argv[i + 1] != '-') return option.find('=') == std::string::npos;
  return false;
}

/// The verbs that do have an option, for one that has not.
std::string verbs_with(std::string_view name) {
  std::string all;
  name.remove_prefix(std::min<std::size_t>(name.size(), 2));
  for (const auto& v : verb_rows())
    if (find_option(name, v.what) != nullptr)
      all += (all.empty() ? "`sluice " : " and `sluice ") + std::string{to_string(v.what)} + "`";
  return all;
}

std::string help_of(verb v) { return "`sluice " + std::string{to_string(v)} + " --help`"; }

/// Each verb with its arguments.
std::string all_verbs() {
  std::string all;
  for (const auto& v : verb_rows())
    all += (all.empty()                 ? "`sluice "
            : &v == &verb_rows().back() ? " or `sluice "
                                        : ", `sluice ") +
           std::string{to_string(v.what)} + " " + std::string{v.positionals} + "`";
  return all;
}

}  // namespace

std::optional<raw_options> parse_command_line(int argc, const char* const* argv,
                                              std::vector<std::string>& problems, int& exit_code) {
  raw_options options;
  options.verb = verb_of(argc, argv);
  CLI::App app{std::string{about_sluice}, "sluice"};
  const bool wordy = std::any_of(argv, argv + argc,
                                 [](std::string_view word) { return word == "-v" || word == "--verbose"; });
  app.set_version_flag(
      "--version",
      [wordy] {
        const auto name = "sluice " + std::string{version};
        return wordy ? name + '\n' + build_details() : name;
      },
      "Print the version; with -v also the commit, the compiler and the libraries");
  app.require_subcommand(1);
  std::deque<store> stores;
  for (const auto& v : verb_rows()) declare(app, v, options, stores.emplace_back());
  // The words after `--` are no options, whatever they begin with.
  const auto* const* const last = argv + argc;
  const auto* const* const dashes = std::find(argv, last, std::string_view{"--"});
  try {
    app.parse(static_cast<int>(dashes - argv), argv);
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
    problems.push_back(no_verb ? "no verb: write " + all_verbs() + "; " + help_of(verb::send) + " says more"
                               : printable(e.what()) + "; " + help_of(options.verb) + " says what it takes");
    exit_code = static_cast<int>(cli::exit_code::usage);
    return options;
  }
  if (dashes != last) options.positionals.insert(options.positionals.end(), dashes + 1, last);
  for (auto& s : stores) {
    for (const auto& extra : s.app->remaining()) {
      // The value of a misspelt --header= may be a secret.
      const auto name = extra.substr(0, extra.find('='));
      const auto meant = similar_option(name, options.verb);
      const auto others = verbs_with(name);
      problems.push_back("'" + printable(name) + "': " +
                         (!others.empty() ? "an option of " + others + "; "
                          : meant.empty() ? "no such option; "
                                          : "no such option; did you mean " + meant + "?") +
                         (meant.empty() || !others.empty() ? help_of(options.verb) + " lists its own" : ""));
      options.confused = options.confused || is_followed_by_a_word(extra, argc, argv);
    }
    for (auto& [row, v] : s.values)
      if (!v.empty()) options.add(row.name, {std::move(v), "--" + std::string{row.name}});
    for (const auto& [row, on] : s.flags)
      if (on) options.add(row.name, {{"true"}, "--" + std::string{row.name}});
  }
  return options;
}

}  // namespace sluice::cli
