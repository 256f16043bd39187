// The matrix of servers that may get files and credentials, row by row: what the server shows, what we asked
// for, what becomes of it.
#include "e2e/e2e.hpp"

#include <unistd.h>

namespace e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr int refused = 7;
constexpr int unreachable = 5;  ///< no version in common: there is no telling a server that is down for a day

struct row {
  const char* name;
  const char* shows = "good";  ///< NAME.pem of tests/support/make_certificates
  std::string host = "127.0.0.1";
  arguments sink{};  ///< FILE.pem, FILE.key and good.pin stand for those of the matrix
  arguments client{"--cacert", "ca.pem"};
  const char* says = "";
  int code = refused;
};
void PrintTo(const row& r, std::ostream* out) { *out << r.name; }

const arguments trusting{"--cacert", "ca.pem"};
const std::string wrong_pin = "sha256//" + std::string(43, 'A') + "=";

arguments trusting_and(const arguments& more) {
  auto all = trusting;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// No second chance: a version that is not spoken will not be spoken in a moment.
const arguments once{"--retry", "0", "--max-files", "2"};

row version(const char* name, const char* server_most, arguments client) {
  return {.name = name,
          .sink = {"--tls-max", server_most},
          .client = std::move(client),
          .says = "TLS failed",
          .code = unreachable};
}

row wants_client(const char* name, const char* most, const arguments& shown) {
  return {.name = name,
          .sink = {"--client-ca", "ca.pem", "--tls-max", most},
          .client = trusting_and(shown),
          .says = "client certificate"};
}

std::string in_matrix(std::string argument) {
  const auto file = [](const std::string& name) { return std::string{TEST_CERTIFICATES} + "/" + name; };
  if (const auto at = argument.find("good.pin"); at != std::string::npos)
    argument.replace(at, 8, support::lines_of(support::content_of(file("good.pin"))).at(0));
  return argument.ends_with(".pem") || argument.ends_with(".key") ? file(argument) : argument;
}

class certificate_matrix : public test, public testing::WithParamInterface<row> {
 protected:
  certificate_matrix() { files.add_many(4, 1000); }

  static arguments sink_arguments(const row& r) {
    arguments all{"--cert", in_matrix(std::string{r.shows} + ".pem"), "--key",
                  in_matrix(std::string{r.shows} == "weak-key" ? "weak-key.key" : "leaf.key")};
    if (r.host == "[::1]") all.insert(all.end(), {"--host", "::1"});
    for (const auto& a : r.sink) all.push_back(in_matrix(a));
    return all;
  }

  outcome send_to(const support::sink& to, const row& r) const {
    auto url = to.url();
    url.replace(8, url.rfind(':') - 8, r.host);
    arguments all{"--on-success", "delete", "-H", "Authorization: Bearer canary"};
    for (const auto& a : r.client) all.push_back(in_matrix(a));
    auto command = send_command(url, all);
    if (in_our_hosts_file(r)) {
      support::write_file(room / "hosts", "127.0.0.1 " + r.host + "\n");
      command = support::with_file_at(std::move(command), "/etc/hosts", room / "hosts");
    }
    return run(command);
  }

  /// Such a name is this machine's in a mount namespace of the program's own.
  static bool in_our_hosts_file(const row& r) { return r.host.ends_with(".test"); }
  static std::string cannot_run(const row& r) {
    return in_our_hosts_file(r) ? support::cannot_put_files() : "";
  }
};

class untrusted : public certificate_matrix {};

TEST_P(untrusted, server_gets_no_request_byte) {
  if (const auto why = cannot_run(GetParam()); !why.empty()) GTEST_SKIP() << why;
  support::sink to{"[]", sink_arguments(GetParam())};
  const auto o = send_to(to, GetParam());
  EXPECT_EQ(o.code, GetParam().code) << o.err;
  EXPECT_THAT(o.err, HasSubstr(GetParam().says));
  expect_adds_up(o);
  EXPECT_EQ(o.count("accepted"), 0u);
  expect_all_kept();
  EXPECT_THAT(to.ledger(), IsEmpty());
  EXPECT_EQ(to.stop().at("app_bytes"), 0);
}

constexpr auto by_case = [](const auto& test) { return std::string{test.param.name}; };

INSTANTIATE_TEST_SUITE_P(
    chain, untrusted,
    testing::Values(
        row{.name = "other_ca", .shows = "other-ca-signed", .says = "issuer certificate"},
        row{.name = "ca_of_the_same_name", .shows = "false-ca-signed", .says = "issuer certificate"},
        row{.name = "system_cas_only", .client = {}, .says = "issuer certificate"},
        row{.name = "trusting_another", .client = {"--cacert", "other-ca.pem"}, .says = "issuer certificate"},
        row{.name = "self_signed", .shows = "self-signed", .says = "self-signed certificate"},
        row{.name = "self_signed_ca", .shows = "self-signed-ca", .says = "self-signed certificate"},
        row{.name = "intermediate_missing", .shows = "chain-cut", .says = "issuer certificate"},
        row{.name = "intermediate_expired", .shows = "through-expired", .says = "has expired"},
        row{.name = "intermediate_is_a_leaf", .shows = "through-leaf", .says = "invalid CA certificate"},
        row{.name = "intermediate_may_not_sign",
            .shows = "through-no-signer",
            .says = "invalid CA certificate"},
        row{.name = "intermediate_too_deep", .shows = "through-deep", .says = "path length"},
        row{.name = "name_constraint", .shows = "through-constrained", .says = "permitted subtree"}),
    by_case);

INSTANTIATE_TEST_SUITE_P(
    certificate, untrusted,
    testing::Values(row{.name = "expired", .shows = "expired", .says = "certificate has expired"},
                    row{.name = "not_yet_valid", .shows = "not-yet", .says = "not yet valid"},
                    row{.name = "for_clients_only", .shows = "client-only", .says = "certificate purpose"},
                    row{.name = "critical_unknown", .shows = "critical", .says = "critical extension"},
                    row{.name = "rsa_1024", .shows = "weak-key", .says = "EE certificate key too weak"},
                    row{.name = "sha_1", .shows = "weak-digest", .says = "digest algorithm too weak"}),
    by_case);

// RFC 9525: a name is looked for among the alternative names, never in the subject; a wildcard is one whole
// left-most label of a name that has two more; an address is matched by an address only.
INSTANTIATE_TEST_SUITE_P(
    name, untrusted,
    testing::Values(
        row{.name = "other_host", .shows = "other-host", .host = "localhost", .says = "hostname mismatch"},
        row{.name = "in_the_subject", .shows = "name-only", .host = "localhost", .says = "hostname mismatch"},
        row{.name = "only_an_address",
            .shows = "by-address",
            .host = "localhost",
            .says = "hostname mismatch"},
        row{.name = "nul_inside", .shows = "nul", .host = "localhost", .says = "hostname mismatch"},
        row{.name = "wildcard_two_levels",
            .shows = "wildcard",
            .host = "a.b.sluice.test",
            .says = "hostname mismatch"},
        row{.name = "wildcard_no_level",
            .shows = "wildcard",
            .host = "sluice.test",
            .says = "hostname mismatch"},
        row{.name = "wildcard_partial",
            .shows = "wildcard-partial",
            .host = "ab.sluice.test",
            .says = "hostname mismatch"},
        row{.name = "wildcard_inner",
            .shows = "wildcard-inner",
            .host = "a.b.sluice.test",
            .says = "hostname mismatch"},
        row{.name = "wildcard_of_all",
            .shows = "wildcard-bare",
            .host = "localhost",
            .says = "hostname mismatch"},
        row{.name = "wildcard_of_a_top_domain",
            .shows = "wildcard-top",
            .host = "sluice.test",
            .says = "hostname mismatch"},
        row{.name = "address_has_only_a_name", .shows = "by-name", .says = "IP address mismatch"},
        row{.name = "address_is_another", .shows = "other-address", .says = "IP address mismatch"},
        row{.name = "address_as_a_name", .shows = "address-as-name", .says = "IP address mismatch"},
        row{.name = "address_in_the_subject", .shows = "address-only", .says = "IP address mismatch"},
        row{.name = "address_of_the_other_family",
            .shows = "by-address",
            .host = "[::1]",
            .says = "IP address mismatch"}),
    by_case);

INSTANTIATE_TEST_SUITE_P(pin, untrusted,
                         testing::Values(row{.name = "mismatch",
                                             .client = trusting_and({"--pinnedpubkey", wrong_pin}),
                                             .says = "not the pinned one"},
                                         row{.name = "mismatch_insecure",
                                             .client = {"--insecure", "--pinnedpubkey", wrong_pin},
                                             .says = "not the pinned one"},
                                         row{.name = "does_not_replace_the_chain",
                                             .shows = "other-ca-signed",
                                             .client = trusting_and({"--pinnedpubkey", "good.pin"}),
                                             .says = "issuer certificate"},
                                         row{.name = "does_not_replace_the_name",
                                             .shows = "other-host",
                                             .client = trusting_and({"--pinnedpubkey", "good.pin"}),
                                             .says = "IP address mismatch"}),
                         by_case);

INSTANTIATE_TEST_SUITE_P(version, untrusted,
                         testing::Values(version("only_1_0", "1.0", trusting_and(once)),
                                         version("only_1_1", "1.1", trusting_and(once)),
                                         version("only_1_2_below_our_floor", "1.2",
                                                 trusting_and({"--tls-min", "1.3", "--retry", "0",
                                                               "--max-files", "2"}))),
                         by_case);

// The server's no comes after the handshake with TLS 1.3, when a request may be on its way.
const arguments unknown_client{"--cert", "client-other-ca.pem", "--key", "client.key"};
INSTANTIATE_TEST_SUITE_P(client, untrusted,
                         testing::Values(wants_client("missing_1_2", "1.2", {}),
                                         wants_client("missing_1_3", "1.3", {}),
                                         wants_client("refused_1_2", "1.2", unknown_client),
                                         wants_client("refused_1_3", "1.3", unknown_client)),
                         by_case);

class trusted : public certificate_matrix {};

TEST_P(trusted, server_gets_every_file) {
  if (const auto why = cannot_run(GetParam()); !why.empty()) GTEST_SKIP() << why;
  support::sink to{"[]", sink_arguments(GetParam())};
  const auto o = send_to(to, GetParam());
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("deleted"), files.originals().size());
  EXPECT_THAT(files.left(), IsEmpty());
  expect_nothing_lost(to);
}

const arguments known_client{"--cert", "client.pem", "--key", "client.key"};
INSTANTIATE_TEST_SUITE_P(
    matrix, trusted,
    testing::Values(row{.name = "good"}, row{.name = "good_by_name", .host = "localhost"},
                    row{.name = "good_by_address_6", .host = "[::1]"},
                    row{.name = "chain_that_the_server_sends", .shows = "chain"},
                    row{.name = "name_alone", .shows = "by-name", .host = "localhost"},
                    row{.name = "address_alone", .shows = "by-address"},
                    row{.name = "wildcard", .shows = "wildcard", .host = "a.sluice.test"},
                    row{.name = "pin_that_fits", .client = trusting_and({"--pinnedpubkey", "good.pin"})},
                    row{.name = "one_of_two_pins",
                        .client = trusting_and({"--pinnedpubkey", wrong_pin + ";good.pin"})},
                    row{.name = "tls_1_2", .sink = {"--tls-max", "1.2"}},
                    row{.name = "tls_1_3_as_floor", .client = trusting_and({"--tls-min", "1.3"})},
                    row{.name = "client_1_2",
                        .sink = {"--client-ca", "ca.pem", "--tls-max", "1.2"},
                        .client = trusting_and(known_client)},
                    row{.name = "client_1_3",
                        .sink = {"--client-ca", "ca.pem", "--tls-max", "1.3"},
                        .client = trusting_and(known_client)}),
    by_case);

}  // namespace
}  // namespace e2e
