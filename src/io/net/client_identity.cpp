#include "io/net/client_identity.hpp"

#include "io/net/openssl_error.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>

namespace sluice::io {
namespace {

std::string quoted(const std::filesystem::path& file) { return "'" + file.string() + "'"; }

/// The problem of what is encrypted, and does not open.
problem closed_to(const std::string& password, const std::string& what) {
  return {"tls.key_password",
          password.empty() ? what + " is encrypted, and nobody is asked for its password; it must be given"
                           : "does not open " + what};
}

/// OpenSSL gets its password from here when a file is encrypted. Without one of these it would ask on the
/// terminal, or read standard input.
struct password_giver {
  const std::string& password;
  bool asked = false;
};
int give_password(char* into, int size, int /*to_write*/, void* giver) {
  auto* const g = static_cast<password_giver*>(giver);
  if (g == nullptr) return -1;
  g->asked = true;
  if (g->password.empty() || size < 0 || g->password.size() > static_cast<std::size_t>(size)) return -1;
  std::ranges::copy(g->password, into);
  return static_cast<int>(g->password.size());
}

bool is_one_of_ours(gid_t group) {
  if (group == ::getegid()) return true;
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  const int n = ::getgroups(static_cast<int>(groups.size()), groups.data());
  return n > 0 && std::find(groups.begin(), groups.begin() + n, group) != groups.begin() + n;
}

/// A group's access is the choice of root or of our own user: to our group, or to root's. The latter is how
/// an access list shows (credentials of a service manager: 0440, root:root, and a list that names our user).
bool is_private(const struct stat& st) {
  if (!S_ISREG(st.st_mode)) return true;
  if ((st.st_mode & 07) != 0) return false;
  if ((st.st_mode & 070) == 0) return true;
  const bool trusted_owner = st.st_uid == 0 || st.st_uid == ::geteuid();
  return trusted_owner && (is_one_of_ours(st.st_gid) || (st.st_uid == 0 && st.st_gid == 0));
}

using bio_ptr = std::unique_ptr<BIO, int (*)(BIO*)>;
bio_ptr open_file(const std::filesystem::path& file) { return {BIO_new_file(file.c_str(), "rb"), BIO_free}; }

/// Whether nobody else has access to the private key in it; a problem of `member` where somebody has.
bool keeps_its_key(BIO* in, const char* member, const std::string& name, std::vector<problem>& problems) {
  std::FILE* stream = nullptr;
  if (in != nullptr) BIO_get_fp(in, &stream);
  struct stat st{};
  if (stream == nullptr || ::fstat(::fileno(stream), &st) != 0 || is_private(st)) return true;
  problems.push_back(
      {member, "others than its owner have access to the private key in " + name + "; chmod 600 it"});
  return false;
}

void load_key(SSL_CTX* context, const std::filesystem::path& file, const std::string& password,
              std::vector<problem>& problems) {
  const auto name = quoted(file);
  const auto in = open_file(file);
  if (!keeps_its_key(in.get(), "tls.key_file", name, problems)) return;
  password_giver giver{password};
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key{
      in ? PEM_read_bio_PrivateKey(in.get(), nullptr, give_password, &giver) : nullptr, EVP_PKEY_free};
  if (!key && giver.asked) {
    ERR_clear_error();
    problems.push_back(closed_to(password, "the private key in " + name));
  } else if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
             SSL_CTX_check_private_key(context) != 1) {  // a key of another kind has a place of its own
    problems.push_back({"tls.key_file", "cannot use the private key in " + name + " (" + openssl_error() +
                                            "); it must be a PEM key that belongs to the certificate"});
  }
}

/// DER of a sequence longer than 127 bytes; no PEM file begins like that.
bool is_der(BIO* in) {
  std::array<unsigned char, 2> first{};
  const bool read = in != nullptr && BIO_read(in, first.data(), 2) == 2;
  if (in != nullptr) BIO_seek(in, 0);
  return read && first[0] == 0x30 && (first[1] & 0x80) != 0;
}

struct container {
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key{nullptr, EVP_PKEY_free};
  std::unique_ptr<X509, void (*)(X509*)> certificate{nullptr, X509_free};
  std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> chain{
      nullptr, [](STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); }};
};

/// An empty password is written in two ways.
bool opens(PKCS12* file, const std::string& password) {
  if (PKCS12_mac_present(file) != 1) return true;
  if (password.empty())
    return PKCS12_verify_mac(file, nullptr, 0) == 1 || PKCS12_verify_mac(file, "", 0) == 1;
  return PKCS12_verify_mac(file, password.data(), static_cast<int>(password.size())) == 1;
}

container unpack(PKCS12* file, const std::string& password) {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* chain = nullptr;
  container c;
  if (PKCS12_parse(file, password.c_str(), &key, &certificate, &chain) != 1) return c;
  ERR_clear_error();
  c.key.reset(key), c.certificate.reset(certificate), c.chain.reset(chain);
  return c;
}

/// Says how to mend what OpenSSL cannot use.
std::string pkcs12_remedy(unsigned long why) {
  if (ERR_GET_REASON(why) != ERR_R_UNSUPPORTED) return "it must be whole, and made for one client";
  return "its cipher is one that OpenSSL 3 has given up; write it anew: openssl pkcs12 -legacy -in FILE -out "
         "x.pem, then openssl pkcs12 -export -in x.pem -out FILE";
}

void load_pkcs12(SSL_CTX* context, BIO* in, const tls_options& options, std::vector<problem>& problems) {
  const auto name = "the PKCS#12 file " + quoted(options.cert_file);
  const auto complain = [&](const std::string& what) {
    ERR_clear_error();
    problems.push_back({"tls.cert_file", what});
  };
  if (!options.key_file.empty()) {
    problems.push_back({"tls.key_file", name + " has a private key of its own; drop one", "tls.cert_file"});
    return;
  }
  if (!keeps_its_key(in, "tls.cert_file", name, problems)) return;
  const std::unique_ptr<PKCS12, void (*)(PKCS12*)> file{d2i_PKCS12_bio(in, nullptr), PKCS12_free};
  if (!file)
    return complain(
        quoted(options.cert_file) +
        " is neither PEM nor a whole PKCS#12 file; it must hold a PEM chain, or PKCS#12 with the key");
  const bool mac_holds = opens(file.get(), options.key_password);
  const auto why_not = ERR_peek_last_error();
  if (!mac_holds && ERR_GET_REASON(why_not) != ERR_R_UNSUPPORTED) {
    ERR_clear_error();
    problems.push_back(closed_to(options.key_password, name));
    return;
  }
  ERR_clear_error();
  const auto c = unpack(file.get(), options.key_password);
  if (const auto why = ERR_peek_error(); why != 0) {
    const auto remedy = pkcs12_remedy(why);
    return complain("cannot read " + name + " (" + openssl_error() + "); " + remedy);
  }
  if (!c.key) return complain(name + " has no private key; export it together with its key");
  if (!c.certificate) return complain(name + " has no certificate of its private key");
  if (SSL_CTX_use_cert_and_key(context, c.certificate.get(), c.key.get(), c.chain.get(), 1) != 1)
    complain("cannot use " + name + " (" + openssl_error() + ")");
}

void load_pem(SSL_CTX* context, const tls_options& options, std::vector<problem>& problems) {
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
    problems.push_back({"tls.cert_file", "cannot read a certificate from " + quoted(options.cert_file) +
                                             " (" + openssl_error() +
                                             "); it must hold a PEM chain, the client's first, or PKCS#12"});
    return;
  }
  load_key(context, options.key_file.empty() ? options.cert_file : options.key_file, options.key_password,
           problems);
}

}  // namespace

void ask_nobody(ssl_ctx_st* context) noexcept {
  SSL_CTX_set_default_passwd_cb(context, give_password);  // gives none: certificates are not encrypted
}

void load_identity(ssl_ctx_st* context, const tls_options& options, std::vector<problem>& problems) {
  const auto in = open_file(options.cert_file);
  ERR_clear_error();  // the one who needs the file says why it cannot be read
  if (is_der(in.get()))
    load_pkcs12(context, in.get(), options, problems);
  else
    load_pem(context, options, problems);
}

}  // namespace sluice::io
