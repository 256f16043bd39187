// The watcher hears what the kernel tells of directories: files finished or moved in, directories that come
// and go.
#pragma once

#include "io/asio.hpp"
#include "io/disk/directory.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice::io {

/// One inotify descriptor. A directory costs one watch of the kernel and its path, no descriptor.
class inotify_watcher : public std::enable_shared_from_this<inotify_watcher> {
 public:
  struct change {
    enum class kind {
      file,       ///< closed after writing, or moved in
      directory,  ///< made or moved in: nothing is known of what is below it
      overflow,   ///< events were lost: anything may have changed
      root_gone,  ///< moved away, removed or unmounted
    };
    kind what = kind::overflow;
    std::size_t root = 0;
    std::string path;  ///< relative to the root
  };

  /// `news` is called on the loop when next() may have something, once until next() has said that it has not.
  /// Where the kernel has no more inotify descriptors, nothing can be watched.
  static std::shared_ptr<inotify_watcher> make(asio::any_io_executor executor, std::function<void()> news);

  /// Watches `dir`, which is `path` below root number `root` (empty: the root itself); again, if it was
  /// watched under another name. With `deep`, directories in it are told of too. The number of the watch, or
  /// -1 with errno: it cannot be watched.
  int watch(const directory& dir, std::size_t root, const std::string& path, bool deep);
  /// Gives a watch back, if it still is of that directory.
  void unwatch(int watch, std::size_t root, const std::string& path) noexcept;
  /// The next change, or nothing for now.
  std::optional<change> next();
  /// No news any more.
  void stop() noexcept;

  inotify_watcher(asio::any_io_executor executor, std::function<void()> news);

 private:
  struct place {
    std::size_t root;
    std::string path;
  };
  void arm();
  bool fill();
  std::optional<change> understand(int watch, std::uint32_t mask, const std::string& name);
  void forget_below(const place& moved);

  std::function<void()> news_;
  std::optional<asio::posix::stream_descriptor> kernel_;
  bool armed_ = false;
  std::unordered_map<int, place> places_;
  std::vector<char> buffer_;
  std::size_t position_ = 0, filled_ = 0;
};

}  // namespace sluice::io
