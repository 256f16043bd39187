// Sessions resumed by a later connection, and when they are not.
#include "io/tls_session_fixture.hpp"

#include <chrono>
#include <thread>

namespace sluice::io {
namespace {

class session_tickets_test : public tls_session_test, public testing::WithParamInterface<int> {
 protected:
  /// A connection that had one reply; true when it was resumed.
  bool connect(const std::string& pins = {}) {
    server s{context_};
    SSL_set_max_proto_version(s.ssl(), GetParam());
    auto options = trusting();
    options.pinned_public_key = pins;
    client c{options, "localhost", tickets_};
    EXPECT_EQ(c.shake_hands(s), status::ok) << c.session->detail();
    s.write("reply");
    put(c.in, s.give());
    EXPECT_EQ(c.read_all(status::want_read), "reply");
    return SSL_session_reused(s.ssl()) == 1;
  }

  /// The error of a connection that resumes a session.
  error_code resume_with(const tls_options& options, const std::string& host) {
    server s{context_};
    SSL_set_max_proto_version(s.ssl(), GetParam());
    client c{options, host, tickets_};
    c.shake_hands(s);
    return c.session->error();
  }

  const core::wall_time now = std::chrono::system_clock::now(), later = now + std::chrono::hours{1};
  std::shared_ptr<boost::asio::ssl::context> context_ = loop::serve_as(identity_);
  session_tickets tickets_;
};

INSTANTIATE_TEST_SUITE_P(, session_tickets_test, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& p) { return p.param == TLS1_2_VERSION ? "tls_1_2" : "tls_1_3"; });

TEST_P(session_tickets_test, are_left_by_each_connection_and_used_by_the_next) {
  EXPECT_FALSE(connect());
  EXPECT_EQ(tickets_.size(), 1u);
  EXPECT_TRUE(connect());
  EXPECT_EQ(tickets_.size(), 1u) << "one was used, one was left";
  EXPECT_TRUE(connect());
}

TEST_P(session_tickets_test, of_a_server_that_does_not_know_them_lead_to_a_full_handshake) {
  connect();
  context_ = loop::serve_as(identity_);
  EXPECT_FALSE(connect());
}

TEST_P(session_tickets_test, do_not_lead_around_the_certificate) {
  connect();
  const loop::authority other;
  server s{other.issue()};
  client c{trusting(), "localhost", tickets_};
  EXPECT_EQ(c.shake_hands(s), status::failed);
  EXPECT_EQ(c.session->error(), errc::tls_identity);
}

// A resumed handshake shows no certificate: what the session has of it is verified once more.
TEST_P(session_tickets_test, do_not_lead_around_what_is_verified) {
  connect();
  EXPECT_EQ(resume_with(trusting(loop::authority{}), "localhost"), errc::tls_identity) << "another authority";
  connect();
  EXPECT_EQ(resume_with(trusting(), "127.0.0.2"), errc::tls_identity) << "another name";
  connect();
  EXPECT_EQ(resume_with(trusting(), "localhost"), error_code{});
}

TEST_P(session_tickets_test, do_not_lead_around_the_end_of_a_certificate) {
  context_ = loop::serve_as(authority_.issue({.until = 3}));
  const auto after = std::chrono::steady_clock::now() + std::chrono::milliseconds{3'100};
  connect();
  tickets_.keep(SSL_SESSION_dup(tickets_.take(now).get()), later);
  std::this_thread::sleep_until(after);
  EXPECT_EQ(resume_with(trusting(), "localhost"), errc::tls_identity);
  EXPECT_EQ(tickets_.size(), 0u);
}

// Only a whole handshake asks all that may verify in a context of the caller's.
TEST_P(session_tickets_test, are_not_left_by_a_context_of_the_callers) {
  boost::asio::ssl::context theirs{boost::asio::ssl::context::tls_client};
  theirs.add_certificate_authority(boost::asio::buffer(authority_.certificate()));
  tls_options o;
  o.context = theirs;
  server s{context_};
  SSL_set_max_proto_version(s.ssl(), GetParam());
  client c{o, "localhost", tickets_};
  EXPECT_EQ(c.shake_hands(s), status::ok);
  s.write("reply");
  put(c.in, s.give());
  EXPECT_EQ(c.read_all(status::want_read), "reply");
  EXPECT_EQ(tickets_.size(), 0u);
}

TEST_P(session_tickets_test, do_not_lead_around_a_pin) {
  connect();
  server s{context_};
  SSL_set_max_proto_version(s.ssl(), GetParam());
  auto options = trusting();
  options.pinned_public_key = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  client c{options, "localhost", tickets_};
  EXPECT_EQ(c.shake_hands(s), status::failed);
  EXPECT_EQ(c.session->error(), errc::tls_pin_mismatch);
}

TEST_P(session_tickets_test, are_let_go_when_a_handshake_fails) {
  connect();
  EXPECT_EQ(tickets_.size(), 1u);
  tickets_.keep(SSL_SESSION_dup(tickets_.take(now).get()), later);
  client broken{trusting(), "localhost", tickets_};
  connect();
  EXPECT_EQ(tickets_.size(), 1u);
  put(broken.in, "HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(broken.session->handshake(), status::failed);
  EXPECT_EQ(tickets_.size(), 0u);
}

TEST_P(session_tickets_test, are_let_go_when_the_connection_ends_in_the_handshake) {
  connect();
  client broken{trusting(), "localhost", tickets_};
  connect();
  broken.session->handshake_broken_by(errc::connection_lost);
  EXPECT_EQ(tickets_.size(), 0u);
}

TEST_P(session_tickets_test, are_not_kept_without_end) {
  connect();
  const auto one = tickets_.take(now);
  for (std::size_t i = 0; i < 2 * session_tickets::most; ++i)
    tickets_.keep(SSL_SESSION_dup(one.get()), later);
  EXPECT_EQ(tickets_.size(), session_tickets::most);
}

TEST_P(session_tickets_test, end_with_the_certificates_they_were_made_with) {
  connect();
  const auto one = tickets_.take(now);
  tickets_.keep(SSL_SESSION_dup(one.get()), now + std::chrono::seconds{1});
  tickets_.keep(SSL_SESSION_dup(one.get()), now + std::chrono::seconds{2});
  EXPECT_EQ(tickets_.take(now + std::chrono::seconds{2}), nullptr);
  EXPECT_EQ(tickets_.size(), 0u);
  tickets_.keep(SSL_SESSION_dup(one.get()), now + std::chrono::seconds{1});
  EXPECT_NE(tickets_.take(now), nullptr);
}

TEST_P(session_tickets_test, are_none_where_nothing_can_be_resumed) {
  SSL_CTX_set_options(context_->native_handle(), SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context_->native_handle(), 0);
  SSL_CTX_set_session_cache_mode(context_->native_handle(), SSL_SESS_CACHE_OFF);
  connect();
  EXPECT_EQ(tickets_.size(), 0u);
  EXPECT_EQ(tickets_.take(now), nullptr);
}

}  // namespace
}  // namespace sluice::io
