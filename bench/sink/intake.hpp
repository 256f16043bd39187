// One request's body on its way in: read strictly, hashed, stored, and never kept.
#pragma once

#include "sink/hasher.hpp"
#include "sink/multipart_reader.hpp"
#include "sink/script.hpp"
#include "sink/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sink {

class intake {
 public:
  /// `directory` empty: nothing is stored. `all_digests`: besides SHA-256.
  intake(bool hash, std::string directory, bool all_digests = false);

  /// Begins request `n`, whose body is a form.
  void begin(std::uint64_t n, std::string_view content_type);
  /// The same of one whose body is the file; its name is the last segment of `target`'s path.
  void begin_raw(std::uint64_t n, std::string_view content_type, std::string_view target);
  /// Takes a piece of the body, all of it or up to where the file's content begins, so that the caller may
  /// think; false: malformed, see reason().
  bool take(std::string_view& piece);
  /// The body has ended; false: malformed.
  bool finish();
  /// Names the stored file; empty when none is stored.
  std::string_view commit();

  bool file_begun() const noexcept { return file_begun_; }
  bool file_whole() const noexcept { return file_whole_; }
  std::string_view name() const noexcept {
    return !file_begun_ ? std::string_view{}
           : raw_.on    ? std::string_view{raw_.name}
                        : reader_.part().filename;
  }
  std::string_view type() const noexcept {
    return !file_begun_ ? std::string_view{} : raw_.on ? std::string_view{raw_.type} : reader_.part().type;
  }
  std::uint64_t size() const noexcept { return size_; }
  /// SHA-256, raw; empty until the file is whole.
  std::string_view digest(std::string_view name = "sha256") const noexcept {
    return hash_ ? hash_->digest(name) : std::string_view{};
  }
  const std::vector<name_value>& fields() const noexcept { return fields_; }
  const char* reason() const noexcept { return reason_; }

 private:
  void reset(std::uint64_t n);
  void begin_file();
  void take_bytes(std::string_view bytes);
  void end_file();

  std::optional<hasher> hash_;
  std::string directory_;
  multipart_reader reader_;
  std::optional<stored_file> file_;
  std::vector<name_value> fields_;
  std::string stored_;
  std::uint64_t n_ = 0, size_ = 0;
  bool file_begun_ = false, file_whole_ = false;
  const char* reason_ = "";
  struct {
    bool on = false;
    std::string name, type;
  } raw_;
};

}  // namespace sink
