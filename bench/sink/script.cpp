#include "sink/script.hpp"

#include "sink/request_parser.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace sink {
namespace {

bool glob(const std::string& pattern, std::string_view text) {
  return ::fnmatch(pattern.c_str(), std::string{text}.c_str(), 0) == 0;
}

bool has_field(const std::vector<name_value>& fields, const name_value& wanted) {
  return std::find(fields.begin(), fields.end(), wanted) != fields.end();
}

}  // namespace

bool behaviour::decides_status() const noexcept {
  if (!status.empty()) return true;
  const bool silent = reply == reply_kind::none || reply == reply_kind::raw || reply == reply_kind::junk;
  return !silent && flood != endless::interim;
}

bool rule::needs_part() const noexcept {
  const bool counted = what.status.size() > 1 || times != std::numeric_limits<std::uint64_t>::max();
  return name || !fields.empty() || (per_name && counted);
}

std::uint64_t* script::uses(std::size_t i, std::string_view name) {
  return rules_[i].per_name && rules_[i].needs_part() ? &uses_[i].by_name[std::string{name}] : &uses_[i].all;
}

script::answer script::matches(std::size_t i, const request_facts& facts) {
  const rule& r = rules_[i];
  if (r.what.handshake != handshake_fault::none) return answer::no;
  if (r.conn && *r.conn != facts.conn) return answer::no;
  if (r.request && *r.request != facts.request) return answer::no;
  if (r.path && !glob(*r.path, facts.path)) return answer::no;
  for (const auto& [name, value] : r.headers)
    if (!facts.head || facts.head->find(name) != value) return answer::no;
  if (r.needs_part()) {
    if (!facts.part_known) return answer::unknown;
    if (r.name && !glob(*r.name, facts.name)) return answer::no;
    for (const auto& f : r.fields)
      if (!facts.fields || !has_field(*facts.fields, f)) return answer::no;
  }
  return *uses(i, facts.name) < r.times ? answer::yes : answer::no;
}

script::choice script::choose(const request_facts& facts) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto a = matches(i, facts);
    if (a == answer::unknown) return {nullptr, 200, false};
    if (a == answer::no) continue;
    const auto turn = (*uses(i, facts.name))++;
    const auto& list = rules_[i].what.status;
    const int status = list.empty() ? 200 : list[std::min<std::uint64_t>(turn, list.size() - 1)];
    return {&rules_[i].what, status, true};
  }
  return {};
}

handshake_fault script::handshake(std::uint64_t conn) const {
  for (const auto& r : rules_)
    if (r.what.handshake != handshake_fault::none && (!r.conn || *r.conn == conn)) return r.what.handshake;
  return handshake_fault::none;
}

}  // namespace sink
