// The floor: the least that one thread with Asio and OpenSSL can do to upload the files of a folder. It
// opens, reads, encrypts and sends each file and reads the status of its reply. It checks nothing: no change
// of a file, no deadline, no broken connection, no key, no record, no window. An error ends it. No uploader
// is honest below it, and what one costs above it pays for the checks. usage: floor URL FOLDER COUNT CA
// WINDOW
#include <boost/asio.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "floor: %s\n", what.c_str());
  std::exit(1);
}

/// The regular files of a folder, one at a time.
class folder {
 public:
  folder(const char* path, long most) : at_{::opendir(path)}, left_{most} {
    if (at_ == nullptr) fail(std::string{"cannot open "} + path);
  }
  const char* next() {
    while (left_ > 0)
      if (const auto* entry = ::readdir(at_); entry == nullptr) {
        left_ = 0;
      } else if (entry->d_type == DT_REG) {
        --left_;
        return entry->d_name;
      }
    return nullptr;
  }
  int fd() const { return ::dirfd(at_); }

 private:
  DIR* at_;
  long left_;
};

constexpr std::string_view boundary = "floor0123456789abcdef0123456789";

struct target {
  std::string host, path;
  tcp::endpoint at;
};

/// One connection. TLS works on memory, so that the records of a request leave with one system call.
class connection {
 public:
  connection(asio::io_context& loop, SSL_CTX* context, const target& to) : socket_{loop}, to_{to} {
    ssl_ = SSL_new(context);
    in_ = BIO_new(BIO_s_mem()), out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_, in_, out_);
    SSL_set_connect_state(ssl_);
    if (SSL_set1_host(ssl_, to.host.c_str()) != 1) fail("bad host");
  }
  connection(const connection&) = delete;
  ~connection() { SSL_free(ssl_); }

  asio::awaitable<void> run(folder& files, long& done) {
    co_await socket_.async_connect(to_.at, asio::use_awaitable);
    socket_.set_option(tcp::no_delay{true});
    while (SSL_do_handshake(ssl_) != 1) {
      co_await send();
      co_await receive();
    }
    while (const char* name = files.next()) {
      render(files.fd(), name);
      for (std::size_t at = 0; at < size_; at += 16384)  // a record holds as much
        SSL_write(ssl_, whole_.data() + at, static_cast<int>(std::min<std::size_t>(16384, size_ - at)));
      co_await send();
      co_await read_reply();
      ++done;
    }
  }

 private:
  /// The whole request: the file is read behind its head.
  void render(int folder_fd, const char* name) {
    const int fd = ::openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
    struct stat st{};
    if (fd < 0 || ::fstat(fd, &st) != 0) fail(std::string{"cannot open "} + name);
    const auto size = static_cast<std::size_t>(st.st_size);
    const auto field = [&](std::string& to, std::string_view key, std::string_view value) {
      to.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"").append(key);
      to.append("\"\r\n\r\n").append(value).append("\r\n");
    };
    form_.clear();
    field(form_, "mark", "room-201");
    field(form_, "timestamp", std::to_string(::time(nullptr)));
    field(form_, "random", std::to_string(random_() % 1'000'000'000));
    form_.append("--").append(boundary).append(
        "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"");
    form_.append(name).append("\"\r\nContent-Type: image/jpeg\r\n\r\n");
    tail_.assign("\r\n--").append(boundary).append("--\r\n");
    request_.assign("POST ").append(to_.path).append(" HTTP/1.1\r\nHost: ").append(to_.host);
    request_.append("\r\nContent-Type: multipart/form-data; boundary=").append(boundary);
    request_.append("\r\nContent-Length: ").append(std::to_string(form_.size() + size + tail_.size()));
    request_.append("\r\n\r\n").append(form_);
    const auto head = request_.size();
    size_ = head + size + tail_.size();
    if (whole_.size() < size_) whole_.resize(size_);  // a resize for each file would write its bytes twice
    std::memcpy(whole_.data(), request_.data(), head);
    if (::read(fd, whole_.data() + head, size) != st.st_size) fail(std::string{"cannot read "} + name);
    ::close(fd);
    std::memcpy(whole_.data() + head + size, tail_.data(), tail_.size());
  }

  asio::awaitable<void> send() {
    char* bytes = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(out_, &bytes));
    if (size == 0) co_return;
    const auto n = ::send(socket_.native_handle(), bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    const auto sent = n > 0 ? static_cast<std::size_t>(n) : 0;
    if (sent < size)
      co_await asio::async_write(socket_, asio::buffer(bytes + sent, size - sent), asio::use_awaitable);
    BIO_reset(out_);
  }

  asio::awaitable<void> receive() {
    const auto n = co_await socket_.async_read_some(asio::buffer(arrived_), asio::use_awaitable);
    BIO_write(in_, arrived_.data(), static_cast<int>(n));
  }

  /// Reads one reply with a length or with a last chunk of zero; its status must be 200.
  asio::awaitable<void> read_reply() {
    std::size_t have = 0;
    for (;;) {
      const int n = SSL_read(ssl_, reply_.data() + have, static_cast<int>(reply_.size() - have));
      if (n <= 0) {
        if (SSL_get_error(ssl_, n) != SSL_ERROR_WANT_READ) fail("the connection ended");
        co_await receive();
        continue;
      }
      have += static_cast<std::size_t>(n);
      const std::string_view reply{reply_.data(), have};
      const auto end = reply.find("\r\n\r\n");
      if (end == std::string_view::npos) continue;
      if (reply.substr(9, 3) != "200") fail("a reply says " + std::string{reply.substr(0, end)});
      const auto length = reply.find("ontent-Length: ");
      if (length < end ? have >= end + 4 + std::strtoul(reply.data() + length + 15, nullptr, 10)
                       : reply.ends_with("\r\n0\r\n\r\n"))
        co_return;
    }
  }

  tcp::socket socket_;
  const target& to_;
  SSL* ssl_;
  BIO *in_, *out_;
  std::string form_, tail_, request_;
  std::vector<char> whole_;  ///< the request with its file
  std::size_t size_ = 0;     ///< so many bytes of it
  std::minstd_rand random_{std::random_device{}()};
  std::vector<char> arrived_ = std::vector<char>(16384), reply_ = std::vector<char>(16384);
};

target parse(std::string_view url) {
  if (!url.starts_with("https://")) fail("the URL must begin with https://");
  url.remove_prefix(8);
  const auto slash = url.find('/'), colon = url.find(':');
  if (colon > slash) fail("the URL must have an address, a port and a path");
  const std::string host{url.substr(0, colon)};
  const auto port = static_cast<unsigned short>(std::atoi(url.data() + colon + 1));
  return {host, std::string{url.substr(slash)}, {asio::ip::make_address(host), port}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) fail("usage: floor URL FOLDER COUNT CA WINDOW");
  const auto to = parse(argv[1]);
  const auto count = std::atol(argv[3]);
  folder files{argv[2], count};
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (SSL_CTX_load_verify_file(context, argv[4]) != 1) fail("cannot read the CA");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  asio::io_context loop{1};
  std::vector<std::unique_ptr<connection>> all;
  long done = 0;
  for (int i = 0; i < std::atoi(argv[5]); ++i) {
    all.push_back(std::make_unique<connection>(loop, context, to));
    asio::co_spawn(loop, all.back()->run(files, done), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);
    });
  }
  loop.run();
  std::printf("%ld files\n", done);
  return done == count ? 0 : 1;
}
