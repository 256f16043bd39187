// Accepted files, kept as they came.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sink {

/// `NNNNNNNN-name`, safe in any directory: at most 200 bytes of [A-Za-z0-9._-] after the number.
std::string safe_name(std::uint64_t n, std::string_view name);

/// One file being written to a directory; without commit() it leaves nothing behind. Throws
/// std::runtime_error.
class stored_file {
 public:
  stored_file(const std::string& directory, std::uint64_t n, std::string_view name);
  ~stored_file();
  stored_file(const stored_file&) = delete;
  stored_file& operator=(const stored_file&) = delete;

  void write(std::string_view bytes);
  /// Gives it its name, which is returned.
  const std::string& commit();

 private:
  std::string directory_, name_, temporary_;
  int fd_ = -1;
};

}  // namespace sink
