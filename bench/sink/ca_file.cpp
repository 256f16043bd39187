#include "sink/ca_file.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace sink {

namespace fs = std::filesystem;

ca_file::ca_file(const std::string& directory, const std::string& pem)
    : directory_{directory}, temporary_{directory.empty()} {
  if (temporary_) {
    directory_ = (fs::temp_directory_path() / "sluice-sink-XXXXXX").string();
    if (!::mkdtemp(directory_.data()))
      throw std::runtime_error("cannot make a temporary directory " + directory_);
  } else {
    fs::create_directories(directory_);
  }
  path_ = directory_ + "/ca.pem";
  std::ofstream out{path_, std::ios::binary};
  out << pem;
  if (!out.flush()) throw std::runtime_error("cannot write " + path_);
}

ca_file::~ca_file() {
  std::error_code ignored;
  if (temporary_) fs::remove_all(directory_, ignored);
}

}  // namespace sink
