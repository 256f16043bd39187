#include "sweep/trace.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <stdexcept>

namespace sweep {
namespace {

/// `name` of `PID name(...`; empty for signals, exits and the second half of a call that was interrupted.
std::string name_in(const std::string& line) {
  const auto begin = line.find_first_not_of(" ", line.find(' '));
  const auto end = line.find('(');
  if (begin == std::string::npos || end == std::string::npos || end <= begin) return {};
  auto name = line.substr(begin, end - begin);
  const bool word =
      std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  return word ? name : std::string{};
}

/// A signal, the exit, or the second half of a call that was interrupted.
bool is_no_call(const std::string& line) {
  return line.find(" +++ ") != std::string::npos || line.find(" --- ") != std::string::npos ||
         line.find(" <... ") != std::string::npos;
}

}  // namespace

std::string strace() {
  for (const auto* path : {"/usr/bin/strace", "/usr/local/bin/strace", "/bin/strace"})
    if (std::filesystem::exists(path)) return path;
  throw std::runtime_error("no strace (apt-get install strace)");
}

std::string no_tracing() {
  try {
    const auto tried = support::run({.arguments = {strace(), "-o", "/dev/null", "/bin/true"}});
    return tried.code == 0 ? std::string{} : "strace cannot trace here: " + tried.err;
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

std::vector<call> calls_in(const std::string& trace) {
  std::vector<call> calls;
  std::map<std::string, std::size_t> times;
  std::size_t begun = 0;  // main's first call ignores SIGPIPE
  for (const auto& line : support::lines_of(trace)) {
    const auto name = name_in(line);
    if (name.empty() && !is_no_call(line)) throw std::runtime_error("what call is this? " + line);
    if (name.empty() || (name == "execve" && calls.empty())) continue;
    if (begun == 0 && line.find("rt_sigaction(SIGPIPE") != std::string::npos) begun = calls.size();
    calls.push_back({name, ++times[name]});
  }
  for (std::size_t i = 0; i < begun; ++i) calls[i].before_main = true;
  return calls;
}

std::vector<call> calls_of(const scenario& what, const settings& how) {
  stage s{what, how};
  const auto status = s.run({.below = {strace(), "-f", "-qq", "-o", s / "trace"}});
  auto calls = calls_in(support::content_of(s / "trace"));
  if (calls.empty() || status != 0)
    throw std::runtime_error("the reference run " + what.name + " under strace: " + ending(status));
  return calls;
}

}  // namespace sweep
