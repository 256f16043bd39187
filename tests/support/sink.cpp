#include "support/sink.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace support {
namespace {

std::string from_base64(std::string text) {
  std::string bytes(text.size(), '\0');
  const auto padding = static_cast<std::size_t>(std::ranges::count(text, '='));
  const int n =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  bytes.resize(static_cast<std::size_t>(n) - padding);
  return bytes;
}

command command_of(const std::string& rules, std::vector<std::string> arguments, const scratch& room) {
  std::vector<std::string> all{SLUICE_SINK, "--ledger", room / "ledger", "--script-json",
                               R"({"rules": )" + rules + "}"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return {.arguments = all};
}

}  // namespace

sink::sink(const std::string& rules, std::vector<std::string> arguments)
    : process_{command_of(rules, std::move(arguments), room_)} {
  if (!process_.wait_until([&] { return process_.out().ends_with("ready\n"); }))
    throw std::runtime_error("sluice-sink did not start: " + process_.err());
  for (const auto& line : lines_of(process_.out())) {
    if (line.starts_with("url ")) url_ = line.substr(4);
    if (line.starts_with("ca ")) ca_ = line.substr(3);
  }
}

std::string sink::received::field(const std::string& wanted) const {
  for (const auto& [field_name, value] : fields)
    if (field_name == wanted) return value;
  throw std::out_of_range("no field " + wanted + " in " + line.dump());
}

std::vector<sink::received> sink::ledger() const {
  std::vector<received> all;
  auto whole_lines = content_of(room_ / "ledger");
  whole_lines.resize(whole_lines.rfind('\n') + 1);
  for (const auto& text : lines_of(whole_lines)) {
    auto j = nlohmann::json::parse(text);
    received r;
    r.name = from_base64(j.at("name_b64"));
    r.sha256 = j.at("sha256"), r.key = j.at("key"), r.verdict = j.at("verdict");
    r.n = j.at("n"), r.conn = j.at("conn"), r.size = j.at("size"), r.t_ms = j.at("t_ms");
    r.fields = j.at("fields");
    r.line = std::move(j);
    all.push_back(std::move(r));
  }
  return all;
}

std::size_t sink::requests() const {
  return static_cast<std::size_t>(std::ranges::count(content_of(room_ / "ledger"), '\n'));
}

const nlohmann::json& sink::stop() {
  if (!counts_.is_null()) return counts_;
  process_.signal(SIGTERM);
  if (process_.wait() != 0) throw std::runtime_error("sluice-sink ended badly: " + process_.err());
  counts_ = nlohmann::json::parse(lines_of(process_.out()).back());
  return counts_;
}

}  // namespace support
