// A proxy between a client and a TLS server on loopback that does one wrong thing to its first connection, at
// a place given in TLS records. It has no thread: whoever owns it turns it.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace support {

class chaos_proxy {
 public:
  enum class direction { to_server, to_client };
  enum class fault {
    fin,    ///< an orderly end for both ends; what else they send is dropped
    rst,    ///< a reset for both ends
    stall,  ///< no byte moves any more, and no end is closed
    flip,   ///< one bit of the byte at this place is turned over
  };
  /// The place is `shift` bytes past the first `edge` records.
  struct plan {
    direction where = direction::to_server;
    std::size_t edge = 0;
    int shift = 0;
    fault what = fault::fin;
  };
  struct record {
    unsigned char type = 0;
    std::size_t size = 0;  ///< bytes with the header
  };

  /// Listens on a free port of 127.0.0.1. Without a plan it only watches.
  explicit chaos_proxy(std::uint16_t server_port, std::optional<plan> p = std::nullopt);
  ~chaos_proxy();
  chaos_proxy(const chaos_proxy&) = delete;
  chaos_proxy& operator=(const chaos_proxy&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  /// Moves bytes until nothing has come for `most`.
  void turn(std::chrono::milliseconds most);

  bool struck() const noexcept { return struck_; }
  std::size_t connections() const noexcept { return connections_; }
  /// The records of the first connection; they were sent, and may not have arrived.
  const std::vector<record>& records(direction d) const noexcept { return seen_[index(d)].records; }

 private:
  /// Finds the records in a stream of bytes.
  struct scanner {
    std::vector<record> records;
    std::vector<std::uint64_t> edges{0};
    std::string header;
    std::uint64_t at = 0;
    void scan(std::string_view bytes);
  };
  /// One direction of a connection.
  struct lane {
    int from = -1, to = -1;
    std::string waiting;
    std::uint64_t passed = 0;  ///< bytes taken out of `waiting`
    bool ended = false;        ///< `from` sends no more
    bool closed = false;       ///< and `to` was told
  };
  struct link {
    lane lanes[2];
    bool faulty = false;
    bool stalled = false, dropping = false;
  };

  static std::size_t index(direction d) noexcept { return d == direction::to_server ? 0 : 1; }
  void accept();
  bool read(link& l, std::size_t which);
  void write(link& l, std::size_t which);
  std::optional<std::uint64_t> place() const;
  void strike(link& l);
  static void close(link& l);

  int listener_ = -1;
  std::uint16_t port_ = 0, server_port_;
  std::optional<plan> plan_;
  std::list<link> links_;
  scanner seen_[2];
  std::size_t connections_ = 0;
  bool struck_ = false;
};

}  // namespace support
