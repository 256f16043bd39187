// Interim replies, lengths, chunks and trailers, made from a program whose meaning is known:
// `SIZES\ MUTATION\ PROGRAM`. A reply that is well formed must be read whole; one that was tampered with must
// never be read with another body than a second reader finds in it.
#include "fuzz.hpp"
#include "reply_heard.hpp"
#include "reply_model.hpp"

#include <algorithm>
#include <array>

namespace {

enum class framing { length, chunked, unframed };

/// A reply under construction, and what it means.
class composer {
 public:
  /// Each letter adds something; what follows a letter is its argument.
  explicit composer(fuzz::input& in) {
    std::string interims;
    while (!in.at_end()) switch (in.byte()) {
        case 'i':
          add_interim(interims, "HTTP/1.1 100 Continue\r\n\r\n");
          break;
        case 'h':
          add_interim(interims, hints(in.byte()));
          break;
        case 's':
          status_ = 200 + static_cast<int>(in.number() % 400);
          break;
        case 'c':
          how_ = framing::chunked;
          break;
        case 'u':
          how_ = framing::unframed;
          break;
        case 'b':
          add_body(in.text());
          break;
        case 'B':
          add_body(std::string(in.number() % 70'000, 'b'));
          break;
        case 'x':
          extension_ = extensions[in.byte() % extensions.size()];
          break;
        case 'z':
          zeros_ = in.byte() % 4u;
          break;
        case 't':
          ++lines_;
          trailers_ += "X-Trailer: " + printable_value(in.text()) + "\r\n";
          break;
        case 'f':
          ++lines_;
          fields_ += "X-Field: " + printable_value(in.text()) + "\r\n";
          break;
        case 'F':
          ++lines_;
          fields_ += "X-Pad: " + std::string(in.number() % 70'000, 'p') + "\r\n";
          break;
        default:
          break;
      }
    bodiless_ = status_ == 204 || status_ == 304;
    stream_ = interims + final_reply();
  }

  const std::string& stream() const { return stream_; }
  /// The part of the body that is kept.
  std::string body() const {
    return bodiless_ ? std::string{} : body_.substr(0, sluice::io::reply_limits{}.body);
  }
  int status() const { return status_; }
  bool framed() const { return bodiless_ || how_ != framing::unframed; }
  /// Clearly within the caps, and clearly beyond them; Beast counts heads with a few bytes more or less.
  bool within_caps() const {
    return largest_head_ < 65'000 && trailers_.size() < 65'000 && lines_ < 490 && interims_ < 65'000;
  }
  bool beyond_caps() const { return largest_head_ > 65'536 || interims_ > 65'536; }

 private:
  static constexpr std::array<std::string_view, 5> extensions{"", ";a", ";a=b", ";a=\"q;\\\"\\\\\"",
                                                              " ; a = b"};

  static std::string printable_value(std::string text) {
    for (char& c : text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '_';
    return text;
  }
  void end_head(std::size_t size) { largest_head_ = std::max(largest_head_, size); }
  static std::string hints(unsigned char kind) {
    constexpr std::array<const char*, 4> statuses{"102 Processing", "103 Early Hints", "199 x", "110 "};
    return std::string{"HTTP/1.1 "} + statuses[kind % statuses.size()] +
           "\r\nLink: </a>\r\nContent-Length: 7\r\n\r\n";
  }
  void add_interim(std::string& interims, const std::string& one) {
    interims += one;
    end_head(one.size());
    interims_ += one.size();
  }
  void add_body(const std::string& piece) {
    if (piece.empty()) return;
    body_ += piece;
    std::array<char, 32> size{};
    std::snprintf(size.data(), size.size(), body_.size() % 2 == 0 ? "%zx" : "%zX", piece.size());
    chunks_ += std::string(zeros_, '0') + size.data() + std::string{extension_} + "\r\n" + piece + "\r\n";
  }
  std::string final_reply() {
    std::string reply = "HTTP/1.1 " + std::to_string(status_) + " Said\r\n" + fields_;
    if (how_ == framing::length) reply += "Content-Length: " + std::to_string(body_.size()) + "\r\n";
    if (how_ == framing::chunked) reply += "Transfer-Encoding: chunked\r\n";
    reply += "\r\n";
    end_head(reply.size());
    if (bodiless_) return reply;
    return reply + (how_ == framing::chunked ? chunks_ + "0\r\n" + trailers_ + "\r\n" : body_);
  }

  std::string stream_, body_, chunks_, trailers_, fields_;
  std::string_view extension_;
  std::size_t zeros_ = 0, lines_ = 0, largest_head_ = 0;
  std::size_t interims_ = 0;  ///< bytes
  int status_ = 200;
  framing how_ = framing::length;
  bool bodiless_ = false;
};

/// One change at one place: a byte replaced, put in, taken out, or a stretch of them repeated.
std::string mutated(std::string stream, fuzz::input how) {
  if (stream.empty()) return stream;
  const auto at = how.number() % stream.size();
  const auto what = how.byte();
  const char c = static_cast<char>(how.byte());
  switch (what % 4) {
    case 0:
      stream[at] = c;
      break;
    case 1:
      stream.insert(at, 1, c);
      break;
    case 2:
      stream.erase(at, 1);
      break;
    default:
      stream.insert(at, stream.substr(at, static_cast<unsigned char>(c)));
  }
  return stream;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  const auto sizes = in.text();
  const auto mutation = in.text();
  const composer made{in};
  const auto& stream = made.stream();
  const fuzz::input how{reinterpret_cast<const std::uint8_t*>(mutation.data()), mutation.size()};

  fuzz::require_sound(stream, sizes);
  const auto heard = fuzz::hear(fuzz::split(stream, sizes));
  fuzz::require(!made.within_caps() || heard.whole, "a well-formed reply was not read");
  fuzz::require(!made.beyond_caps() || !heard.whole, "a reply beyond the caps was read");
  if (heard.whole) {
    fuzz::require(heard.reply.status == made.status(), "another status than was sent");
    fuzz::require(heard.reply.body == made.body(), "another body than was sent");
    fuzz::require(heard.reply.framed == made.framed(),
                  "framed, and was sent unframed, or the other way round");
  }

  auto cut_at = how;
  const auto cut = stream.substr(0, cut_at.number() % stream.size());
  const auto part = fuzz::hear(fuzz::split(cut, sizes));
  fuzz::require(!part.whole || !part.reply.framed, "a reply that was cut off was read as a framed one");

  fuzz::require_sound(mutated(stream, how), sizes);
  return 0;
}
