// The options of TLS.
#include "rows.hpp"

namespace sluice::cli {
namespace {

using enum option_row::kind;

constexpr option_row tls_table[] = {
    {.name = "insecure",
     .brief = "k",
     .what = flag,
     .group = "TLS",
     .help = "sluice verifies neither the server's certificate nor its name.",
     .details = "It says so once. A pin is still checked.",
     .fallback = "off",
     .who = verb_set::of_runs,
     .sets = "tls.insecure",
     .conflicts = {{{"cacert", "a certificate to trust is of no use where none is verified"}}}},
    {.name = "cacert",
     .what = value,
     .group = "TLS",
     .value = "FILE",
     .help = "sluice trusts the PEM certificates in FILE, and no others.",
     .details = "`credential:NAME` reads them from `$CREDENTIALS_DIRECTORY`.",
     .fallback = "the system's certificates",
     .who = verb_set::of_runs,
     .sets = "tls.ca_file"},
    {.name = "cert",
     .what = value,
     .group = "TLS",
     .value = "FILE",
     .help = "sluice presents the client certificate chain in FILE.",
     .details = "FILE is PEM, the client's certificate first, or PKCS#12 (`.p12`, `.pfx`), which has the "
                "private key "
                "in it. The bytes of the file say which of the two it is.",
     .fallback = "none",
     .who = verb_set::of_runs,
     .sets = "tls.cert_file"},
    {.name = "key",
     .what = value,
     .group = "TLS",
     .value = "FILE",
     .help = "The file FILE has the PEM private key of the client certificate.",
     .details = "sluice refuses a key that others may read. A group of the process may read it if root or "
                "the user of the process owns the file.",
     .fallback = "the key is in the file of `--cert`",
     .who = verb_set::of_runs,
     .sets = "tls.key_file",
     .needs = {"cert", "the certificate the key belongs to"}},
    {.name = "pass",
     .what = value,
     .group = "TLS",
     .value = "@FILE",
     .help = "The first line of FILE is the password of the private key, or of the PKCS#12 file.",
     .details = "`@credential:NAME` and `@-` work as for `--header`. Nobody is ever asked for the password.",
     .fallback = "the key is not encrypted",
     .who = verb_set::of_runs,
     .sets = "tls.key_password",
     .needs = {"cert", "the certificate of the key it is for"}},
    {.name = "pinnedpubkey",
     .what = value,
     .group = "TLS",
     .value = "HASHES",
     .help = "The server's public key must have one of the HASHES, besides the check of the chain.",
     .details = "HASHES are in curl's form, `sha256//BASE64[;sha256//BASE64...]`.",
     .fallback = "no pin",
     .who = verb_set::of_runs,
     .sets = "tls.pinned_public_key"},
    {.name = "tls-min",
     .what = value,
     .group = "TLS",
     .value = "1.2|1.3",
     .help = "sluice speaks at least this version of TLS.",
     .fallback = "1.2",
     .who = verb_set::of_runs,
     .sets = "tls.min_version"},
    {.name = "keylog",
     .what = value,
     .group = "TLS",
     .value = "FILE",
     .help = "sluice appends the keys of its TLS sessions to FILE, for a packet analyser.",
     .details =
         "FILE has the NSS key log format, which Wireshark and tshark read. Whoever has it can read all "
         "that was sent: sluice warns once, makes FILE with mode 0600, and refuses a file that others "
         "have access to.",
     .fallback = "no key leaves the process",
     .who = verb_set::of_runs,
     .sets = "on_tls_key"},
};

}  // namespace

std::span<const option_row> tls_rows() noexcept { return tls_table; }

}  // namespace sluice::cli
