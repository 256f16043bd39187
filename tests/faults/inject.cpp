#include "faults/inject.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace e2e {
namespace {

namespace fs = std::filesystem;

constexpr const char* strace = "/usr/bin/strace";
constexpr const char* libfaketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

}  // namespace

support::command with_faults(support::command c, const std::vector<std::string>& faults,
                             const std::string& path, const std::string& log) {
  std::vector<std::string> all{strace, "-f", "-qq", "-o", log};
  std::string calls;
  for (const auto& f : faults) {
    calls += (calls.empty() ? "" : ",") + f.substr(0, f.find(':'));
    all.insert(all.end(), {"-e", "inject=" + f});
  }
  all.insert(all.end(), {"-e", "trace=" + calls});
  if (!path.empty()) all.insert(all.end(), {"-P", path});
  all.insert(all.end(), c.arguments.begin(), c.arguments.end());
  c.arguments = std::move(all);
  c.environment.emplace_back("ASAN_OPTIONS=detect_leaks=0");
  return c;
}

std::string cannot_inject() {
  if (::access(strace, X_OK) != 0) return "strace is not installed";
  const auto tried =
      support::run({.arguments = {strace, "-qq", "-o", "/dev/null", "-e", "trace=close", "/bin/true"}});
  return tried.code == 0 ? "" : "strace does not work here: " + tried.err;
}

support::command with_clock(support::command c, const std::string& file) {
  for (const auto* setting : {"FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"})
    c.environment.emplace_back(setting);
  c.environment.push_back(std::string("LD_PRELOAD=") + libfaketime);
  c.environment.push_back("FAKETIME_TIMESTAMP_FILE=" + file);
  return c;
}

std::string cannot_fake_clock() { return fs::exists(libfaketime) ? "" : "libfaketime is not installed"; }

namespace {

/// Whether a process waits; false while it runs, is about to, or is gone.
bool is_asleep(int pid) {
  const auto stat = support::content_of(fs::path{"/proc"} / std::to_string(pid) / "stat");
  const auto name_ends = stat.rfind(") ");
  return name_ends != std::string::npos && stat.substr(name_ends + 2).starts_with('S');
}

}  // namespace

bool has_opened(int pid, const fs::path& file) {
  std::error_code ec;
  for (fs::directory_iterator it{fs::path{"/proc"} / std::to_string(pid) / "fd", ec}, end; !ec && it != end;
       it.increment(ec)) {
    std::error_code gone;
    if (fs::read_symlink(it->path(), gone) == file) return is_asleep(pid);
  }
  return false;
}

mounts::mounts() {
  if (::geteuid() != 0)
    refused_ = "only root can mount";
  else if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    refused_ = std::string("no mount namespace: ") + std::strerror(errno);
}

mounts::~mounts() {
  while (!made_.empty()) unmount(made_.back());
}

bool mounts::memory(const fs::path& at, const std::string& options) {
  return mount({"-t", "tmpfs", "-o", options, "tmpfs"}, at);
}

bool mounts::image(const fs::path& file, const fs::path& at, const std::string& options) {
  return mount({"-t", "ext4", "-o", options.empty() ? "loop" : "loop," + options, file}, at);
}

bool mounts::again(const fs::path& directory, const fs::path& at) { return mount({"--bind", directory}, at); }

bool mounts::overlay(const fs::path& at, const std::string& options) {
  return mount({"-t", "overlay", "-o", options, "overlay"}, at);
}

bool mounts::fuse(const fs::path& directory, const fs::path& at, std::vector<std::string> options) {
  if (!refused_.empty()) return false;
  if (::access("/dev/fuse", R_OK | W_OK) != 0) {
    refused_ = "no /dev/fuse";
    return false;
  }
  options.insert(options.begin(), "/usr/bin/bindfs");
  options.insert(options.end(), {directory, at});
  const auto done = support::run({.arguments = options});
  if (done.code != 0)
    refused_ = "bindfs: " + done.err;
  else
    made_.push_back(at);
  return done.code == 0;
}

bool mounts::mount(std::vector<std::string> options, const fs::path& at) {
  if (!refused_.empty()) return false;
  if (!fs::exists(at)) fs::create_directories(at);
  options.insert(options.begin(), "/usr/bin/mount");
  options.push_back(at);
  const auto done = support::run({.arguments = options});
  if (done.code != 0)
    refused_ = "mount: " + done.err;
  else
    made_.push_back(at);
  return done.code == 0;
}

bool mounts::change(const fs::path& at, const std::string& options) {
  const auto done = support::run({.arguments = {"/usr/bin/mount", "-o", options, at}});
  if (done.code != 0) refused_ = "mount: " + done.err;
  return done.code == 0;
}

void mounts::unmount(const fs::path& at) {
  ::umount2(at.c_str(), MNT_DETACH);
  std::erase(made_, at);
}

}  // namespace e2e
