// The ledger has one JSON line for each request: what was received and decided, written before the reply goes
// out.
#pragma once

#include "sink/request_parser.hpp"
#include "sink/script.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sink {

struct ledger_entry {
  std::uint64_t n = 0, conn = 0;
  const request_head* head = nullptr;
  std::string_view name, type, key;  ///< raw bytes
  std::uint64_t size = 0;
  std::string_view digest;  ///< raw; empty when the file part is not whole, or hashing is off
  const std::vector<name_value>* fields = nullptr;
  bool complete = false, falsified = false;
  int status = 0;
  std::string_view verdict, reply;
  std::string_view reason, stored;  ///< left out when empty
  std::int64_t t_ms = 0;            ///< milliseconds since the Unix epoch
};

/// Appends the line, its LF included.
void append_line(std::string& out, const ledger_entry& e);

class ledger {
 public:
  /// `where` is a path to append to, "-" for standard output, or "none". Throws usage_error when it
  /// cannot be opened. `buffered` gathers lines and writes them 64 KiB at a time.
  ledger(const std::string& where, bool buffered);
  ~ledger();
  ledger(const ledger&) = delete;
  ledger& operator=(const ledger&) = delete;

  /// Throws std::runtime_error when the line cannot be written: a ledger with holes proves nothing.
  void write(const ledger_entry& e);
  void flush();

 private:
  int fd_ = -1;
  bool owned_ = false, buffered_ = false;
  std::string pending_;
};

}  // namespace sink
