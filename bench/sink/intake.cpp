#include "sink/intake.hpp"

#include <utility>

namespace sink {

intake::intake(bool hash, std::string directory) : directory_{std::move(directory)} {
  if (!hash) return;
  sha256_.reset(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  hash_.reset(EVP_MD_CTX_new());
}

void intake::begin(std::uint64_t n, std::string_view content_type) {
  n_ = n;
  size_ = 0;
  file_begun_ = file_whole_ = false;
  fields_.clear();
  digest_.clear();
  stored_.clear();
  file_.reset();
  const auto boundary = boundary_of(content_type);
  reason_ = boundary.empty() ? "the Content-Type is not multipart/form-data with a valid boundary" : "";
  reader_.restart(boundary);
}

bool intake::take(std::string_view& piece) {
  if (*reason_) return false;
  using event = multipart_reader::event;
  for (;;) {
    switch (reader_.next(piece)) {
      case event::need_more:
        return true;
      case event::field:
        fields_.emplace_back(reader_.part().name, reader_.value());
        break;
      case event::file_begin:
        file_begun_ = true;
        if (hash_) EVP_DigestInit_ex2(hash_.get(), sha256_.get(), nullptr);
        if (!directory_.empty()) file_.emplace(directory_, n_, name());
        return true;
      case event::file_data:
        size_ += reader_.data().size();
        if (hash_) EVP_DigestUpdate(hash_.get(), reader_.data().data(), reader_.data().size());
        if (file_) file_->write(reader_.data());
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

void intake::end_file() {
  file_whole_ = true;
  if (!hash_) return;
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_DigestFinal_ex(hash_.get(), raw, &length);
  digest_.assign(reinterpret_cast<const char*>(raw), length);
}

bool intake::finish() {
  if (!*reason_ && !reader_.finish()) reason_ = reader_.reason();
  return !*reason_;
}

std::string_view intake::commit() {
  if (file_) stored_ = file_->commit();
  file_.reset();
  return stored_;
}

}  // namespace sink
