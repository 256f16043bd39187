// Files and directories of one test.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace support {

/// A directory for one test's files, removed with it.
class scratch {
 public:
  scratch();
  ~scratch();
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string content_of(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, std::string_view bytes);
void append_to(const std::filesystem::path& file, std::string_view bytes);

/// The digest in lower-case hexadecimal.
std::string sha256(std::string_view bytes);

/// Relative paths and what they hold, in digests.
using listing = std::map<std::string, std::string>;

/// The regular files below `root`; links are not followed.
listing files_below(const std::filesystem::path& root);

/// A directory to drain, and a memory of what was put into it.
class spool {
 public:
  explicit spool(std::filesystem::path root);

  /// Parent directories are made as needed.
  void add(const std::string& name, std::string_view bytes);
  /// `count` files `prefix-0001.bin` …, each of other bytes.
  void add_many(std::size_t count, std::size_t size, const std::string& prefix = "f");

  /// Remembers `name` with what a test is about to write into it itself: it may be gone right after.
  void foretell(const std::string& name, std::string_view bytes) { originals_[name] = sha256(bytes); }
  /// Remembers `name` as it is now: what a test wrote into it itself, or that it took it away.
  void recall(const std::string& name);

  const std::filesystem::path& root() const noexcept { return root_; }
  std::filesystem::path operator/(const std::string& name) const { return root_ / name; }
  const listing& originals() const noexcept { return originals_; }
  listing left() const { return files_below(root_); }

 private:
  std::filesystem::path root_;
  listing originals_;
};

}  // namespace support
