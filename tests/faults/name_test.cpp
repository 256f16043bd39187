// Rows 90 and 93: a name server that answers for one family of addresses, and for the other late, badly or
// never; names as people write them.
#include "faults/faults.hpp"
#include "faults/name_server.hpp"

#include <chrono>
#include <list>
#include <set>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using support::dns_answer;
using support::dns_question;
using support::dns_server;
using support::dns_step;
using support::with_file_at;
using testing::HasSubstr;

struct behaviour {
  const char* name;
  dns_answer what;
  milliseconds after = 0ms;
  enum class kind { good, no, bad, none } means = kind::good;
};
using enum behaviour::kind;

constexpr behaviour behaviours[] = {
    {"once", dns_answer::address, 0ms, good},        {"soon", dns_answer::address, 20ms, good},
    {"late", dns_answer::address, 200ms, good},      {"never", dns_answer::silence, 0ms, none},
    {"nxdomain", dns_answer::no_such_name, 0ms, no}, {"nodata", dns_answer::no_data, 0ms, no},
    {"servfail", dns_answer::failure, 0ms, bad},     {"refused", dns_answer::refused, 0ms, bad},
    {"truncated", dns_answer::truncated, 0ms, good}, {"torn", dns_answer::torn, 0ms, bad},
    {"garbage", dns_answer::garbage, 0ms, none},     {"wrongid", dns_answer::wrong_id, 0ms, none},
};

/// The behaviours stand in the name: `a-once.aaaa-never.example`.
dns_step do_as_named(const dns_question& q) {
  const auto label = q.six ? std::string{"aaaa-"} : std::string{"a-"};
  for (const auto& b : behaviours)
    if (("." + q.name + ".").find("." + label + b.name + ".") != std::string::npos)
      return {b.what, support::loopback_bytes(q.six), b.after};
  return {dns_answer::no_such_name};
}

class names : public faults {
 protected:
  void SetUp() override {
    if (const auto why = support::cannot_put_files(); !why.empty()) GTEST_SKIP() << why;
    resolv_conf_ = written("conf", dns.text());
  }
  support::command with_names(support::command c) const {
    return with_file_at(std::move(c), "/etc/resolv.conf", resolv_conf_);
  }
  static std::string port_of(const support::sink& to) {
    const auto& url = to.url();
    return url.substr(url.find(':', 8));
  }
  /// One file is there before the connect timeout of 10 s has gone by.
  void expect_one_family_is_enough(const std::string& host) {
    files.add("a", "x");
    const support::sink to;
    const auto begun = steady_clock::now();
    const auto o = run(with_names(drain_command("https://" + host + port_of(to), {"-k"})));
    EXPECT_LT(steady_clock::now() - begun, 5s);
    EXPECT_EQ(o.count("attempts"), 1u);
    expect_delivered(o, to);
  }

  const dns_server dns{do_as_named};

 private:
  std::string resolv_conf_;
};

// Such a run ended after ten seconds with exit code 5, although the address was there after a millisecond.
TEST_F(names, row_90_aaaa_that_is_dropped_does_not_hold_a) {
  expect_one_family_is_enough("a-once.aaaa-never.example");
}

TEST_F(names, row_90_a_that_is_dropped_does_not_hold_aaaa) {
  expect_one_family_is_enough("a-never.aaaa-once.example");
}

/// The whole table, sixteen runs at a time.
TEST_F(names, row_90_each_family_stands_for_itself) {
  const support::sink to;
  struct trial {
    const behaviour *a, *aaaa;
    support::process p;
    trial(const behaviour& of_a, const behaviour& of_aaaa, const support::command& c)
        : a{&of_a}, aaaa{&of_aaaa}, p{c} {}
  };
  files.add("x", "x");
  std::list<trial> trials;
  const auto judge = [&] {
    auto& t = trials.front();
    const auto host = std::string{"a-"} + t.a->name + ".aaaa-" + t.aaaa->name;
    const auto code = t.p.wait();
    const auto& err = t.p.err();
    const auto has = [&](behaviour::kind k) { return t.a->means == k || t.aaaa->means == k; };
    if (has(good)) {
      EXPECT_EQ(code, 0) << host << ": " << err;
    } else {
      EXPECT_EQ(code, 5) << host << ": " << err;
      EXPECT_THAT(err, HasSubstr(has(none)  ? "no connection in time"
                                 : has(bad) ? "DNS could not be asked"
                                            : "DNS has no address for the host"))
          << host;
    }
    trials.pop_front();
  };
  for (const auto& a : behaviours)
    for (const auto& aaaa : behaviours) {
      const auto host = std::string{"a-"} + a.name + ".aaaa-" + aaaa.name + ".example";
      const auto c = support::command{
          sluice({"send", files.root(), "https://" + host + port_of(to), "-k", "--connect-timeout", "1500ms",
                  "--retry", "0", "--settle", "0", "--lock", room / host})};
      trials.emplace_back(a, aaaa, with_names(c));
      if (trials.size() == 16) judge();
    }
  while (!trials.empty()) judge();
}

/// A server without TLS, which keeps the head of a request.
class names_in_urls : public names {
 protected:
  /// Sends one file there by an http:// URL whose host is `host`; the Host header that came, without its
  /// port.
  std::string host_header_of(const std::string& host, const std::string& address, const std::string& conf) {
    files.add("a", "x");
    std::string head;
    support::tcp_peer server{[&](support::wire& w) {
                               head = w.read_request();
                               w.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                               w.rest(5s);
                             },
                             address};
    const auto url = server.url("http");
    const auto port = url.substr(url.rfind(':'), url.rfind('/') - url.rfind(':'));
    result_ = run(with_file_at(drain_command("http://" + host + port + "/upload", {"--retry", "0"}),
                               "/etc/resolv.conf", written("conf", conf)));
    const auto from = head.find("\r\nHost: ") + 8;
    return head.empty() ? "" : head.substr(from, head.find(port + "\r\n", from) - from);
  }

  outcome result_;
};

TEST_F(names_in_urls, row_93_letters_beyond_ascii_are_looked_up_and_sent_as_dns_has_them) {
  EXPECT_EQ(host_header_of("BÜCHER.a-once.aaaa-nodata.example", "127.0.0.1", dns.text()),
            "xn--bcher-kva.a-once.aaaa-nodata.example");
  EXPECT_EQ(result_.code, 0) << result_.err;
  EXPECT_EQ(dns.names(), (std::set<std::string>{"xn--bcher-kva.a-once.aaaa-nodata.example"}));
}

TEST_F(names_in_urls, row_93_name_that_cannot_be_converted_is_one_line_before_anything_is_sent) {
  files.add("a", "x");
  const auto o = run(drain_command("https://\xff.example/"));
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(o.err, HasSubstr("'\\xff.example' cannot be a host name"));
  EXPECT_EQ(support::lines_of(o.err).size(), 1u) << o.err;
  EXPECT_EQ(dns.queries(), 0u);
}

TEST_F(names_in_urls, row_93_short_name_is_searched_for) {
  EXPECT_EQ(host_header_of("sink", "127.0.0.1",
                           dns.text() + "search nowhere.example a-once.aaaa-nodata.example never.example\n"),
            "sink");
  EXPECT_EQ(result_.code, 0) << result_.err;
  EXPECT_EQ(dns.names(), (std::set<std::string>{"sink.nowhere.example", "sink.a-once.aaaa-nodata.example"}));
}

// The addresses of one family were of another host: c-ares goes through the list for each family alone.
TEST_F(names_in_urls, row_93_both_families_are_of_one_name) {
  host_header_of("sink", "127.0.0.1",
                 dns.text() + "search a-once.aaaa-nodata.example a-nodata.aaaa-once.example\n");
  EXPECT_EQ(result_.code, 0) << result_.err;
  EXPECT_EQ(dns.names(), (std::set<std::string>{"sink.a-once.aaaa-nodata.example"}));
  EXPECT_EQ(dns.queries(), 2u);
}

TEST_F(names_in_urls, row_93_name_with_a_last_dot_is_not_searched_for) {
  EXPECT_EQ(host_header_of("sink.", "127.0.0.1", dns.text() + "search a-once.aaaa-nodata.example\n"), "");
  EXPECT_EQ(result_.code, 5) << result_.err;
  EXPECT_EQ(dns.names(), (std::set<std::string>{"sink"}));
}

TEST_F(names_in_urls, row_93_last_dot_is_sent_in_the_host_header) {
  EXPECT_EQ(host_header_of("a-once.aaaa-nodata.", "127.0.0.1", dns.text()), "a-once.aaaa-nodata.");
  EXPECT_EQ(result_.code, 0) << result_.err;
}

TEST_F(names_in_urls, row_93_zone_is_for_this_machine_only) {
  for (const auto* host : {"[::1%25lo]", "[::1%lo]", "[::1%251]"}) {
    EXPECT_EQ(host_header_of(host, "::1", dns.text()), "[::1]") << host;
    EXPECT_EQ(result_.code, 0) << result_.err;
  }
}

TEST_F(names_in_urls, row_93_zone_without_an_interface_is_told) {
  EXPECT_EQ(host_header_of("[fe80::1%25no-such-if]", "::1", dns.text()), "");
  EXPECT_EQ(result_.code, 5);
  EXPECT_THAT(result_.err, HasSubstr("there is no network interface"));
  expect_all_kept();
}

}  // namespace
}  // namespace e2e
