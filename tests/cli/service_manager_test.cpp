// A real socket shows the messages that a service manager gets.
#include "cli/watch/service_manager.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

/// The manager's end. A name that begins with @ is abstract.
class manager {
 public:
  explicit manager(const std::string& name)
      : fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
    address_.sun_family = AF_UNIX;
    std::ranges::copy(name, address_.sun_path);
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (name[0] == '@') address_.sun_path[0] = '\0';
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address_), size_), 0) << name;
  }
  ~manager() { ::close(fd_); }
  manager(const manager&) = delete;

  /// All messages since the last call.
  std::vector<std::string> heard() {
    std::vector<std::string> all;
    std::array<char, 4096> text{};
    for (ssize_t n = 0; (n = ::recv(fd_, text.data(), text.size(), 0)) >= 0;)
      all.emplace_back(text.data(), static_cast<std::size_t>(n));
    return all;
  }
  /// Other senders fill the queue until the kernel takes no more.
  void choke() {
    const int other = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    while (::sendto(other, "X=1", 3, 0, reinterpret_cast<const sockaddr*>(&address_), size_) == 3) {
    }
    EXPECT_EQ(errno, EAGAIN);
    ::close(other);
  }

 private:
  sockaddr_un address_{};
  socklen_t size_ = 0;
  int fd_;
};

class service_manager_test : public testing::Test {
 protected:
  service_manager_test() {
    for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    EXPECT_NE(::mkdtemp(room_.data()), nullptr);
  }
  ~service_manager_test() override {
    for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    ::unlink(path().c_str());
    ::rmdir(room_.c_str());
  }
  std::string path() const { return room_ + "/notify"; }
  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
  void run_for(std::chrono::milliseconds time) {
    loop_.run_for(time);
    loop_.restart();
  }
  std::size_t meals_in(std::chrono::milliseconds time) {
    manager m{path()};
    set("NOTIFY_SOCKET", path());
    {
      service_manager told{loop_.get_executor()};
      run_for(time);
    }
    ::unlink(path().c_str());
    const auto heard = m.heard();
    EXPECT_THAT(heard, Each(std::string{"WATCHDOG=1"}));
    return heard.size();
  }

  boost::asio::io_context loop_{1};

 private:
  std::string room_ = testing::TempDir() + "sluice-notify-XXXXXX";
};

TEST_F(service_manager_test, is_told_the_course_of_it_each_in_a_datagram) {
  for (const auto& name : {path(), "@sluice-test-" + std::to_string(::getpid())}) {
    manager m{name};
    set("NOTIFY_SOCKET", name);
    service_manager told{loop_.get_executor()};
    told.ready([] { return std::string{"3 files"}; });
    told.reloading();
    told.reloaded();
    told.stopping();
    EXPECT_THAT(m.heard(),
                ElementsAre("READY=1", "STATUS=3 files", MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"),
                            "READY=1", "STOPPING=1"))
        << name;
  }
}

// A start of minutes, which a long job log takes, was ended by the manager.
TEST_F(service_manager_test, hears_once_a_second_of_a_start_that_goes_on_and_of_nothing_ready) {
  manager m{path()};
  set("NOTIFY_SOCKET", path());
  service_manager told{loop_.get_executor()};
  const auto status = [] { return std::string{"reads its job log, 1 %"}; };
  told.starting(0.01, status);
  told.starting(0.02, status);
  told.reloading();
  told.reloaded();
  EXPECT_THAT(m.heard(), ElementsAre("EXTEND_TIMEOUT_USEC=30000000", "STATUS=reads its job log, 1 %"));
  std::this_thread::sleep_for(1100ms);
  told.starting(0.01, status);
  EXPECT_THAT(m.heard(), testing::IsEmpty()) << "it got no further";
  told.starting(0.03, status);
  EXPECT_THAT(m.heard(), testing::SizeIs(2));
}

TEST_F(service_manager_test, is_nobody_where_the_name_is_none) {
  const std::string fits = "/" + std::string(106, 'a');
  EXPECT_TRUE((notify_socket{loop_.get_executor(), fits}));
  EXPECT_TRUE((notify_socket{loop_.get_executor(), "@" + std::string(107, 'a')}));
  for (const auto& name : {std::string{}, std::string{"/"}, std::string{"@"}, std::string{"run/notify"},
                           std::string{"vsock:2:1"}, fits + "a", "@" + std::string(108, 'a')})
    EXPECT_FALSE((notify_socket{loop_.get_executor(), name})) << name;
  bool asked = false;
  service_manager told{loop_.get_executor()};
  told.ready([&] { return asked = true, std::string{}; });
  told.stopping();
  EXPECT_FALSE(asked) << "nothing asks for a line that nobody reads";
}

TEST_F(service_manager_test, that_went_away_is_no_trouble) {
  set("NOTIFY_SOCKET", path());
  service_manager told{loop_.get_executor()};
  told.ready([] { return std::string{}; });
  run_for(80ms);
  manager m{path()};
  told.stopping();
  EXPECT_THAT(m.heard(), ElementsAre("STOPPING=1")) << "what it missed is not said again";
}

TEST_F(service_manager_test, that_is_busy_holds_nobody_and_hears_it_later) {
  manager m{path()};
  set("NOTIFY_SOCKET", path());
  m.choke();
  notify_socket to{loop_.get_executor(), path()};
  const auto began = std::chrono::steady_clock::now();
  to.tell("READY=1");
  for (int i = 0; i < 1000; ++i) to.tell("STATUS=" + std::to_string(i));
  to.tell("STOPPING=1");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  run_for(80ms);
  auto heard = m.heard();
  EXPECT_THAT(heard, Each(std::string{"X=1"}));
  run_for(200ms);
  EXPECT_THAT(m.heard(), ElementsAre("READY=1", "STATUS=999", "STOPPING=1"));
}

TEST_F(service_manager_test, has_a_watchdog_that_eats_at_half_time) {
  set("WATCHDOG_USEC", "40000");
  EXPECT_THAT(meals_in(200ms), AllOf(testing::Ge(4u), testing::Le(11u)));
  set("WATCHDOG_PID", std::to_string(::getpid()));
  EXPECT_GE(meals_in(100ms), 2u);
}

TEST_F(service_manager_test, feeds_no_watchdog_that_is_off_or_of_another_process) {
  EXPECT_EQ(meals_in(30ms), 0u);
  for (const auto* limit : {"", "0", "-5", "soon", "5s", "18446744073709551615", "99999999999999999999"}) {
    set("WATCHDOG_USEC", limit);
    EXPECT_EQ(meals_in(30ms), 0u) << limit;
  }
  set("WATCHDOG_USEC", "10000");
  for (const auto& pid : {std::string{"1"}, std::string{"nobody"}}) {
    set("WATCHDOG_PID", pid);
    EXPECT_EQ(meals_in(30ms), 0u) << pid;
  }
}

TEST_F(service_manager_test, leaves_no_socket_open) {
  manager m{path()};
  set("NOTIFY_SOCKET", path());
  service_manager told{loop_.get_executor()};
  const int before = ::dup(0);
  ::close(before);
  told.ready([] { return std::string{}; });
  const int after = ::dup(0);
  ::close(after);
  EXPECT_EQ(before, after);
  EXPECT_THAT(m.heard(), SizeIs(2));
}

}  // namespace
}  // namespace sluice::cli
