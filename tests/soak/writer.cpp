#include "soak/writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

namespace soak {
namespace {

namespace fs = std::filesystem;

void create(const fs::path& file, const std::string& bytes) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("cannot write " + file.string());
  ::close(fd);
}

/// No two alike, 1 to 8 kB.
std::string content_of(std::uint64_t n) {
  std::string bytes = std::to_string(n) + '\n';
  bytes.resize(1024 + n * 7919 % 7168, static_cast<char>('a' + n % 26));
  return bytes;
}

}  // namespace

writer::writer(fs::path spool, double per_second, std::uint64_t in_a_folder)
    : spool_{std::move(spool)}, per_second_{per_second}, in_a_folder_{in_a_folder} {}

std::uint64_t writer::due(std::chrono::steady_clock::time_point now) const {
  return static_cast<std::uint64_t>(std::chrono::duration<double>(now - begun_).count() * per_second_);
}

void writer::catch_up(std::chrono::steady_clock::time_point now) {
  const auto until = due(now);
  for (int n = 0; count_ < until && n < 100; ++n) write_one();
}

void writer::write_one() {
  if (count_ % in_a_folder_ == 0) {
    std::error_code not_empty;
    const auto number = count_ / in_a_folder_;
    if (number > 1) fs::remove(spool_ / std::to_string(number - 2), not_empty);
    folder_ = spool_ / std::to_string(number);
    fs::create_directory(folder_);
  }
  const auto n = count_++;
  const auto name = "f" + std::to_string(n) + ".bin";
  const auto bytes = content_of(n);
  if (n % 2 == 0) {
    create(folder_ / name, bytes);
  } else {
    create(folder_ / ("." + name), bytes);
    fs::rename(folder_ / ("." + name), folder_ / name);
  }
  files.emplace(name, written{support::sha256(bytes), system_clock::now()});
}

}  // namespace soak
