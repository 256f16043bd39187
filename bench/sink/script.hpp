// The script says what the endpoint does wrong, and when: conversations are data (docs/sink.md).
#pragma once

#include "sink/loop.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sink {

using name_value = std::pair<std::string, std::string>;

class request_head;

enum class ending { fin, rst, stall };
enum class early { no, headers, part, bytes };
enum class after_early { close, drain, rst, keep };
enum class reply_kind { normal, none, chunked, unframed, raw, junk };
enum class endless { no, header, body, interim, trailer };
enum class handshake_fault { none, stall, fail };

struct idle_bytes {
  milliseconds after{0};
  std::string bytes;
  bool close = false;
};

/// One rule's doings; as initialised, those of a good server.
struct behaviour {
  milliseconds delay{0};
  std::vector<int> status;  ///< empty: 200
  std::vector<name_value> headers;
  std::optional<std::string> body;
  early when = early::no;
  std::uint64_t early_bytes = 0;
  after_early then = after_early::close;
  std::optional<std::uint64_t> cut_request_after, cut_reply_after;
  ending how = ending::fin;
  reply_kind reply = reply_kind::normal;
  std::string chunk_ext, raw, extra;
  std::vector<name_value> trailers;
  std::optional<idle_bytes> idle;
  std::vector<int> interim;
  milliseconds interim_every{0};                ///< the pause before each of them
  std::uint64_t slow_reply = 0, slow_read = 0;  ///< bytes a second; 0: at full speed
  std::optional<bool> close;
  bool no_close_notify = false, ignore_close_notify = false;
  std::optional<milliseconds> continue_after = milliseconds{0};  ///< empty: no 100 is ever sent
  handshake_fault handshake = handshake_fault::none;
  endless flood = endless::no;

  /// Was a status decided, or must none be assumed?
  bool decides_status() const noexcept;
};

/// The facts that are known of a request so far.
struct request_facts {
  std::uint64_t conn = 0, request = 0;
  std::string_view path;
  bool part_known = false;  ///< the file part's head has come: `name` and `fields` are final
  std::string_view name;
  const std::vector<name_value>* fields = nullptr;
  const request_head* head = nullptr;
};

struct rule {
  std::optional<std::string> path, name;  ///< globs
  std::optional<std::uint64_t> conn, request;
  std::vector<name_value> fields;
  std::vector<name_value> headers;  ///< names in lower case
  behaviour what;
  bool per_name = true;
  std::uint64_t times = std::numeric_limits<std::uint64_t>::max();

  /// Does its choice need the file's name?
  bool needs_part() const noexcept;
};

/// The first rule that matches wins. A rule is chosen as soon as it and all rules before it can be judged.
class script {
 public:
  script() = default;
  explicit script(std::vector<rule> rules) : rules_{std::move(rules)}, uses_(rules_.size()) {}

  struct choice {
    const behaviour* what = nullptr;  ///< the behaviour of the rule that matched
    int status = 200;                 ///< the status whose turn it is in the rule's list
    bool settled = true;              ///< false: ask again when the file part's head has come
  };
  /// Settled once for each request; counts the use of the rule it chooses.
  choice choose(const request_facts& facts);
  handshake_fault handshake(std::uint64_t conn) const;

 private:
  enum class answer { no, yes, unknown };
  struct tally {
    std::uint64_t all = 0;
    std::unordered_map<std::string, std::uint64_t> by_name;
  };
  answer matches(std::size_t i, const request_facts& facts);
  std::uint64_t* uses(std::size_t i, std::string_view name);

  std::vector<rule> rules_;
  std::vector<tally> uses_;
};

}  // namespace sink
