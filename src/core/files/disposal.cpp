#include "core/files/disposal.hpp"

#include <algorithm>

namespace sluice::core {

std::optional<clause> broken_clause(const removal_evidence& e) noexcept {
  if (!e.reply_complete_and_framed || !e.session_as_configured) return clause::complete_reply;
  if (!e.accepted) return clause::success;
  if (e.reply_was_early) return clause::sent_before_reply;
  if (e.file_bytes_sent != e.opened.size || e.now != e.opened) return clause::same_bytes;
  if (e.torn) return clause::same_bytes;
  if (e.disproved) return clause::proven;
  if (e.being_written) return clause::unwritten;
  // Device and inode say that the name leads to the file we hold open, the rest that nobody wrote to it
  // since.
  if (e.entry != e.opened) return clause::same_entry;
  return std::nullopt;
}

bool only_unchecked(const removal_evidence& e) noexcept {
  auto checked = e;
  if (!checked.now) checked.now = checked.opened;
  if (!checked.entry) checked.entry = checked.opened;
  return broken_clause(e) && !broken_clause(checked);
}

std::string_view to_string(clause c) noexcept {
  switch (c) {
    case clause::complete_reply:
      return "no complete, framed reply over a session as configured";
    case clause::success:
      return "the reply is not a success";
    case clause::sent_before_reply:
      return "the reply began before the whole request had been sent";
    case clause::same_bytes:
      return "the file changed while it was sent";
    case clause::unwritten:
      return "somebody has the file open for writing";
    case clause::same_entry:
      return "the name no longer leads to the file that was sent";
    case clause::proven:
      return "the server has other bytes than were sent";
  }
  return "unknown clause";
}

namespace {

constexpr std::size_t longest_name = 255;  // NAME_MAX
constexpr std::size_t key_digits = 8;

/// Returns up to `size` bytes of `text`, without the torn half of a UTF-8 character at the end.
std::string_view cut(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  const std::size_t least = size - std::min<std::size_t>(size, 3);
  while (size > least && continues(size)) --size;
  return text.substr(0, size);
}

}  // namespace

std::string collision_name(std::string_view name, std::string_view key, unsigned turn) {
  std::string tag = "." + std::string{key.substr(0, key_digits)};
  if (turn > 1) tag += "." + std::to_string(turn);

  const auto dot = name.rfind('.');
  const bool has_extension = dot != std::string_view::npos && dot > 0;
  std::string_view stem = has_extension ? name.substr(0, dot) : name;
  std::string_view extension = name.substr(stem.size());
  if (tag.size() + extension.size() >= longest_name) {  // no room for a stem: it is no extension
    stem = name;
    extension = {};
  }
  std::string result{cut(stem, longest_name - tag.size() - extension.size())};
  return result.append(tag).append(extension);
}

}  // namespace sluice::core
