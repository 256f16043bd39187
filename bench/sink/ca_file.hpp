// Where the throw-away CA can be read while the program runs.
#pragma once

#include <string>

namespace sink {

/// Writes `DIR/ca.pem`. A directory of its own (DIR empty) is temporary and removed with the object; a given
/// one is made when missing, and stays. Throws std::runtime_error.
class ca_file {
 public:
  ca_file(const std::string& directory, const std::string& pem);
  ~ca_file();
  ca_file(const ca_file&) = delete;
  ca_file& operator=(const ca_file&) = delete;

  const std::string& path() const noexcept { return path_; }

 private:
  std::string directory_, path_;
  bool temporary_;
};

}  // namespace sink
