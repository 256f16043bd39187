#include "soak/writer.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string_view>

namespace soak {
namespace {

namespace fs = std::filesystem;

void create(const fs::path& file, const std::string& bytes) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("cannot write " + file.string());
  ::close(fd);
}

std::uint64_t size_of(std::uint64_t n) { return 1024 + n * 7919 % 7168; }

/// No two alike, 1 to 8 kB.
std::string content_of(std::uint64_t n) {
  std::string bytes = std::to_string(n) + '\n';
  bytes.resize(size_of(n), static_cast<char>('a' + n % 26));
  return bytes;
}

std::uint64_t number_of(std::string_view name) { return std::strtoull(name.data() + 1, nullptr, 10); }

/// Calls `found` with the number of each finished file.
void list(const fs::path& folder, const std::function<void(std::uint64_t)>& found) {
  auto* d = ::opendir(folder.c_str());
  if (d == nullptr) return;
  while (const auto* e = ::readdir(d))
    if (e->d_name[0] == 'f' || e->d_name[0] == 'r') found(number_of(e->d_name));
  ::closedir(d);
}

}  // namespace

writer::writer(fs::path spool, fs::path refused, double per_second, std::uint64_t in_a_folder)
    : spool_{std::move(spool)},
      refused_{std::move(refused)},
      per_second_{per_second},
      in_a_folder_{in_a_folder} {}

std::uint64_t writer::due(steady_clock::time_point now) const {
  return static_cast<std::uint64_t>(std::chrono::duration<double>(now - begun_).count() * per_second_);
}

void writer::catch_up(steady_clock::time_point now) {
  const auto until = due(now);
  for (int n = 0; count_ < until && n < 100; ++n) write_one();
}

void writer::write_one() {
  if (count_ % in_a_folder_ == 0) {
    folders_.push_back(spool_ / std::to_string(count_ / in_a_folder_));
    fs::create_directory(folders_.back());
  }
  const auto n = count_++;
  const auto name = (n % between_refused == 0 ? "r" : "f") + std::to_string(n) + ".bin";
  const auto bytes = content_of(n);
  bytes_ += bytes.size();
  const auto& folder = folders_.back();
  if (n % 2 == 0) {
    create(folder / name, bytes);
  } else {
    create(folder / ("." + name), bytes);
    fs::rename(folder / ("." + name), folder / name);
  }
  const auto now = system_clock::now();
  files.emplace(name, written{support::sha256(bytes), now, calm_});
  closed_.emplace_back(n, now);
}

/// A file that is moved to the refused ones meanwhile is in neither or in both. None was moved since the look
/// before where both have the same number.
truth writer::look() {
  auto before = look_once();
  for (;;) {
    auto t = look_once();
    if (t.refused == before.refused) return t;
    before = t;
  }
}

truth writer::look_once() {
  truth t;
  std::uint64_t bytes = 0, first = count_;
  for (auto folder = folders_.begin(); folder != folders_.end();) {
    const auto before = t.there;
    list(*folder, [&](std::uint64_t n) {
      ++t.there;
      bytes += size_of(n);
      first = std::min(first, n);
    });
    std::error_code not_empty;
    const bool last = folders_.end() - folder <= 2;
    const bool removed = t.there == before && !last && fs::remove(*folder, not_empty);
    folder = removed ? folders_.erase(folder) : std::next(folder);
  }
  if (fs::exists(refused_))
    for (const auto& entry : fs::recursive_directory_iterator{refused_})
      if (entry.is_regular_file()) {
        ++t.refused;
        bytes += size_of(number_of(entry.path().filename().string()));
      }
  t.gone = count_ - t.there - t.refused;
  t.bytes_gone = bytes_ - bytes;
  while (!closed_.empty() && closed_.front().first < first) closed_.pop_front();
  if (t.there > 0 && !closed_.empty()) t.oldest = closed_.front().second;
  t.at = steady_clock::now();
  return t;
}

}  // namespace soak
