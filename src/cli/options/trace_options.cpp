#include "trace_options.hpp"

namespace sluice::cli {
trace_plan read_trace(const raw_options& options, option_reader& r, config& cfg,
                      std::vector<std::string>& warnings) {
  trace_plan plan{options.value("trace").value_or(""), options.value("keylog").value_or(""),
                  options.flag("log-json")};
  for (const auto* name : {"trace", "keylog"})
    if (options.has(name) && options.value(name) == "") r.complain(name, "names no file");
  if (plan.key_log == "-") r.complain("keylog", "keys go to a file; name one");
  for (const auto& file : {plan.trace, plan.key_log})
    if (!file.empty() && file != "-") cfg.own_files.emplace_back(file);
  if (!plan.key_log.empty())
    warnings.push_back(options.where("keylog") + ": whoever reads '" + printable(plan.key_log) +
                       "' can read all that is sent, headers with secrets too; remove it after use");
  return plan;
}

}  // namespace sluice::cli
