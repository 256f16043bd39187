// A directory for one test's files, removed with it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <stdlib.h>

namespace loop {

namespace fs = std::filesystem;

class scratch {
 public:
  scratch() {
    std::string name = (fs::temp_directory_path() / "sluice-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
    path_ = name;
  }
  ~scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  const fs::path& path() const { return path_; }
  fs::path operator/(const fs::path& relative) const { return path_ / relative; }

  /// Writes a file, with the directories on its way.
  fs::path write(const fs::path& relative, std::string_view bytes = "x") const {
    const auto file = path_ / relative;
    fs::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << bytes;
    return file;
  }

  /// The same, for its owner only.
  fs::path write_secret(const fs::path& relative, std::string_view bytes) const {
    const auto file = write(relative, bytes);
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    return file;
  }

  /// Lists everything below, sorted, with a `/` at the end of directories.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& e : fs::recursive_directory_iterator{path_})
      found.push_back(e.path().lexically_relative(path_).string() + (e.is_directory() ? "/" : ""));
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  fs::path path_;
};

inline std::string content_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace loop
