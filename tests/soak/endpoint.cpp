#include "soak/endpoint.hpp"

#include "soak/writer.hpp"

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace soak {
namespace {

const char* rules_of(health h) {
  switch (h) {
    case health::slow:
      return R"({"rules": [{"match": {"name": "r*"}, "status": 422, "delay_ms": 300},
                 {"match": {"name": "*7.bin"}, "status": [503, 200], "delay_ms": 300}, {"delay_ms": 300}]})";
    case health::busy:
      return R"({"rules": [{"status": 503, "headers": {"Retry-After": "1"}}]})";
    default:
      return R"({"rules": [{"match": {"name": "r*"}, "status": 422}]})";
  }
}

}  // namespace

endpoint::endpoint(const std::filesystem::path& ledger) : ledger_{ledger} {
  std::ofstream{ledger_}.close();
  become(health::well);
}

void endpoint::become(health h) {
  if (std::exchange(health_, h) == health::hung) {
    sink_->signal(SIGCONT);
    if (h == health::well) return;
  }
  if (h == health::hung) {
    sink_->signal(SIGSTOP);
    return;
  }
  stop();
  if (h != health::away) start(rules_of(h));
}

void endpoint::stop() {
  if (!sink_) return;
  sink_->signal(SIGTERM);
  sink_->wait();
  sink_.reset();
}

void endpoint::start(const char* rules) {
  const std::string certificates = TEST_CERTIFICATES;
  sink_.emplace(support::command{.arguments = {SLUICE_SINK, "--ledger", ledger_, "--port", port_, "--cert",
                                               certificates + "/good.pem", "--key",
                                               certificates + "/leaf.key", "--script-json", rules}});
  if (!sink_->wait_until([&] { return sink_->out().ends_with("ready\n"); }))
    throw std::runtime_error("no receiver: " + sink_->err());
  for (const auto& line : support::lines_of(sink_->out())) {
    if (line.starts_with("port ")) port_ = line.substr(5);
    if (line.starts_with("url ")) url_ = line.substr(4);
  }
}

std::optional<std::string> growing_lines::next() {
  in_.clear();
  std::string part;
  if (!std::getline(in_, part)) return std::nullopt;
  line_ += part;
  if (in_.eof()) return std::nullopt;  // the rest of the line is to come
  return std::exchange(line_, {});
}

void ledger::read(std::unordered_map<std::string, written>& files) {
  while (const auto line = lines_.next()) read_line(*line, files);
}

void ledger::read_line(const std::string& line, std::unordered_map<std::string, written>& files) {
  const auto j = nlohmann::json::parse(line);
  ++requests;
  if (j.at("status") == 422) ++rejected;
  if (j.at("verdict") != "accepted") return;
  ++accepted;
  const auto it = files.find(j.at("name"));
  if (it == files.end() || it->second.sha256 != j.at("sha256").get<std::string>()) {
    ++strange;
    return;
  }
  if (++it->second.received > 1) return;
  ++received;
  if (!it->second.calm) return;
  const std::chrono::duration<double, std::milli> late =
      system_clock::time_point{std::chrono::milliseconds{j.at("t_ms").get<std::int64_t>()}} -
      it->second.closed;
  late_ms.push_back(std::max(0.0, late.count()));  // the ledger counts whole milliseconds
  if (late.count() > latest_ms_) latest_ms_ = late.count(), latest = it->first;
}

}  // namespace soak
