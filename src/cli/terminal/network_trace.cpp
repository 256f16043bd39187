#include "network_trace.hpp"

#include <sluice/text.hpp>
#include <sluice/trace.hpp>

#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

std::string describe_problem(const char* option, const std::string& path, const std::string& why) {
  return std::string{"sluice: "} + option + ": cannot write '" + printable(path) + "': " + why;
}

}  // namespace

network_trace::network_trace(trace_plan plan, std::function<void(const std::string&)> say)
    : plan_{std::move(plan)}, say_{std::move(say)} {
  if (!plan_.trace.empty() && plan_.trace != "-") trace_.emplace(plan_.trace, line_file::beginning::emptied);
  if (!plan_.key_log.empty()) keys_.emplace(plan_.key_log, line_file::beginning::appended);
  if (trace_ && trace_->is_open_to_others())
    say_("sluice: --trace: others have access to '" + printable(plan_.trace) + "'; chmod 600 it");
}

std::string network_trace::find_problem() const {
  if (trace_ && !trace_->problem().empty())
    return describe_problem("--trace", plan_.trace, trace_->problem());
  if (keys_ && !keys_->problem().empty())
    return describe_problem("--keylog", plan_.key_log, keys_->problem());
  if (keys_ && keys_->is_open_to_others())
    return "sluice: --keylog: others have access to '" + printable(plan_.key_log) + "'; chmod 600 it";
  return {};
}

void network_trace::observe(config& cfg) {
  if (!plan_.trace.empty()) cfg.on_trace = [this](const trace_event& e) { tell(e); };
  if (keys_)
    cfg.on_tls_key = [this](std::string_view line) {
      if (!keys_->write(std::string{line})) tell_loss("--keylog", plan_.key_log, *keys_);
    };
}

void network_trace::tell(const trace_event& e) {
  auto line = plan_.json ? to_json(e) : to_text(e);
  if (!trace_)
    say_(line);
  else if (!trace_->write(std::move(line)))
    tell_loss("--trace", plan_.trace, *trace_);
}

void network_trace::tell_loss(const char* option, const std::string& path, const line_file& file) {
  say_(describe_problem(option, path, file.problem()) + "; lines are lost");
}

}  // namespace sluice::cli
