#include "sink/ledger.hpp"

#include "sink/json_text.hpp"
#include "sink/usage_error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace sink {
namespace {

constexpr std::size_t batch_bytes = 64 * 1024;

void append_fields(std::string& out, const std::vector<name_value>& fields) {
  out.push_back('[');
  for (const auto& [name, value] : fields) {
    out += out.back() == '[' ? "[" : ",[";
    append_json(out, name);
    out.push_back(',');
    append_json(out, value);
    out.push_back(']');
  }
  out.push_back(']');
}

// A header that comes twice has its values joined, as RFC 9110 §5.3 has it.
void append_headers(std::string& out, const request_head& head) {
  out.push_back('{');
  std::string joined;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto name = head[i].name;
    bool first = true;
    for (std::size_t j = 0; j < i && first; ++j) first = head[j].name != name;
    if (!first) continue;
    joined = head[i].value;
    for (std::size_t j = i + 1; j < head.size(); ++j)
      if (head[j].name == name) joined.append(", ").append(head[j].value);
    if (i > 0) out.push_back(',');
    append_json(out, name);
    out.push_back(':');
    append_json(out, joined);
  }
  out.push_back('}');
}

class line {
 public:
  explicit line(std::string& out) : out_{out} {}
  std::string& key(const char* name) {
    out_.append(out_.empty() || out_.back() == '\n' ? "{\"" : ",\"").append(name).append("\":");
    return out_;
  }
  void number(const char* name, std::int64_t v) { key(name) += std::to_string(v); }
  void text(const char* name, std::string_view v) { append_json(key(name), v); }

 private:
  std::string& out_;
};

}  // namespace

void append_line(std::string& out, const ledger_entry& e) {
  line l{out};
  l.number("n", static_cast<std::int64_t>(e.n));
  l.number("conn", static_cast<std::int64_t>(e.conn));
  if (e.head->method() != "POST") l.text("method", e.head->method());
  l.text("path", e.head->target());
  l.text("name", e.name);
  append_base64(l.key("name_b64") += '"', e.name);
  out += '"';
  l.number("size", static_cast<std::int64_t>(e.size));
  append_hex(l.key("sha256") += '"', e.digest);
  out += '"';
  l.text("type", e.type);
  l.text("key", e.key);
  append_fields(l.key("fields"), *e.fields);
  append_headers(l.key("headers"), *e.head);
  l.key("complete") += e.complete ? "true" : "false";
  l.number("status", e.status);
  l.text("verdict", e.verdict);
  l.text("reply", e.reply);
  if (e.falsified) l.key("falsified") += "true";
  if (!e.reason.empty()) l.text("reason", e.reason);
  if (!e.stored.empty()) l.text("stored", e.stored);
  l.number("t_ms", e.t_ms);
  out += "}\n";
}

ledger::ledger(const std::string& where, bool buffered) : buffered_{buffered} {
  if (where == "none") return;
  owned_ = where != "-";
  fd_ = owned_ ? ::open(where.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : STDOUT_FILENO;
  if (fd_ < 0)
    throw usage_error("--ledger " + where + ": " + std::strerror(errno) +
                      "; give a file that can be written");
}

ledger::~ledger() {
  if (owned_ && fd_ >= 0) ::close(fd_);
}

void ledger::write(const ledger_entry& e) {
  if (fd_ < 0) return;
  append_line(pending_, e);
  if (!buffered_ || pending_.size() >= batch_bytes) flush();
}

void ledger::flush() {
  std::string_view left{pending_};
  while (!left.empty()) {
    const auto n = ::write(fd_, left.data(), left.size());
    if (n < 0 && errno != EINTR)
      throw std::runtime_error(std::string{"cannot write to the ledger: "} + std::strerror(errno));
    if (n > 0) left.remove_prefix(static_cast<std::size_t>(n));
  }
  pending_.clear();
}

}  // namespace sink
