#include "sink/intake.hpp"

#include <utility>

namespace sink {

namespace {

/// A byte of `%XX`; what is no escape stands for itself.
std::string decode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    out += escape ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    i += escape ? 2 : 0;
  }
  return out;
}

}  // namespace

intake::intake(bool hash, std::string directory, bool all_digests) : directory_{std::move(directory)} {
  if (hash) hash_.emplace(all_digests);
}

void intake::reset(std::uint64_t n) {
  n_ = n;
  size_ = 0;
  file_begun_ = file_whole_ = false;
  fields_.clear();
  if (hash_) hash_->clear();
  stored_.clear();
  file_.reset();
  raw_.on = false;
}

void intake::begin(std::uint64_t n, std::string_view content_type) {
  reset(n);
  const auto boundary = boundary_of(content_type);
  reason_ = boundary.empty() ? "the Content-Type is not multipart/form-data with a valid boundary" : "";
  reader_.restart(boundary);
}

void intake::begin_raw(std::uint64_t n, std::string_view content_type, std::string_view target) {
  reset(n);
  const auto path = target.substr(0, target.find('?'));
  raw_.on = true, raw_.type = content_type, raw_.name = decode(path.substr(path.rfind('/') + 1));
  reason_ = "";
  begin_file();
}

void intake::begin_file() {
  file_begun_ = true;
  if (hash_) hash_->begin();
  if (!directory_.empty()) file_.emplace(directory_, n_, name());
}

void intake::take_bytes(std::string_view bytes) {
  size_ += bytes.size();
  if (hash_) hash_->add(bytes);
  if (file_) file_->write(bytes);
}

void intake::end_file() {
  file_whole_ = true;
  if (hash_) hash_->finish();
}

bool intake::take(std::string_view& piece) {
  if (*reason_) return false;
  if (raw_.on) {
    take_bytes(piece);
    piece = {};
    return true;
  }
  using event = multipart_reader::event;
  for (;;) {
    switch (reader_.next(piece)) {
      case event::need_more:
        return true;
      case event::field:
        fields_.emplace_back(reader_.part().name, reader_.value());
        break;
      case event::file_begin:
        begin_file();
        return true;
      case event::file_data:
        take_bytes(reader_.data());
        break;
      case event::file_end:
        end_file();
        break;
      case event::complete:
        break;
      case event::malformed:
        reason_ = reader_.reason();
        return false;
    }
  }
}

bool intake::finish() {
  if (raw_.on) end_file();
  if (!raw_.on && !*reason_ && !reader_.finish()) reason_ = reader_.reason();
  return !*reason_;
}

std::string_view intake::commit() {
  if (file_) stored_ = file_->commit();
  file_.reset();
  return stored_;
}

}  // namespace sink
