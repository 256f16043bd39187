#include "engine/attempt/sidecars.hpp"

#include "core/files/manifest_line.hpp"
#include "core/files/sidecar_name.hpp"
#include "engine/attempt/file_opener.hpp"
#include "engine/own_request.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace sluice::engine {
namespace {

/// All bytes of a file, as far as they are not too many; the loop is never held for the disk.
awaitable<error_code> read_all(io::opened_file& f, std::string& text) {
  text.resize(std::min<std::size_t>(f.size(), core::most_words + 1));
  for (std::size_t at = 0; at < text.size();) {
    const auto piece = f.read_ready(at, std::span{text}.subspan(at));
    if (piece.error == asio::error::would_block) {
      co_await f.wait_ready(at);
    } else if (piece.error) {
      co_return piece.error;
    } else if (piece.size == 0) {
      co_return errc::file_changed;
    } else {
      at += piece.size;
    }
  }
  co_return f.identity_now() == f.identity() ? error_code{} : error_code{errc::file_changed};
}

outcome unsendable(const job& j, const std::string& why) {
  return outcome::of(fate::deferred, errc::unsendable,
                     "its side-car '" + printable(j.sidecar.path) + "' " + why);
}

}  // namespace

awaitable<std::optional<outcome>> sidecars::read(job& j, const io::opened_file& f) {
  if (!are_wanted_for(j)) co_return std::nullopt;
  const auto& s = context_.settings;
  j.own.reset(), j.sidecar = {};
  j.sidecar.path = s.sidecar->name_for(j.path);
  const auto& terms = j.owner->terms();
  const bool keeps = terms.on_success.what() == disposal::action::keep;
  std::unique_ptr<io::opened_file> sidecar;
  auto why =
      context_.world.files->open(j.root, j.sidecar.path, {!keeps, true, terms.move_target.get()}, sidecar);
  if (why == boost::system::errc::filename_too_long) why = errc::file_vanished;  // such a file cannot be made
  if (why == errc::file_vanished && s.raw.sidecar_optional) co_return std::nullopt;
  if (why) co_return refused(j, f, why);
  constexpr unsigned most_settling = 8;
  const auto wait = context_.world.files->unsettled(*sidecar);
  if (wait.count() > 0 && ++j.opening.settling > most_settling) co_return refused(j, f, errc::not_settled);
  if (wait.count() > 0) co_return look_again(j, wait + core::milliseconds{20});
  std::string text;
  why = co_await read_all(*sidecar, text);
  if (why) co_return refused(j, f, why);
  auto words = core::parse_sidecar(text);
  if (!words) co_return unsendable(j, words.error().what);
  auto own = compile_words(s, std::move(*words));
  if (!own) co_return unsendable(j, own.error().what);
  j.own = std::make_shared<const own_request>(std::move(*own));
  j.sidecar.digest = sidecar->sent_digest();
  co_return std::nullopt;
}

/// A run that follows its source gives the file no place until then.
outcome sidecars::look_again(job& j, std::chrono::nanoseconds wait) const {
  j.opening.settled_at = context_.now() + wait;
  return outcome::later(j.opening.settled_at, errc::not_settled);
}

/// A run that follows waits for a side-car for a while: the writer of the file may be about to make it.
outcome sidecars::refused(job& j, const io::opened_file& f, error_code why) const {
  constexpr std::chrono::seconds patience{10}, pause{1};
  constexpr unsigned most_starved = 50;
  if (file_opener::is_shortage(why) && ++j.opening.starved <= most_starved)
    return outcome::later(context_.now() + std::chrono::milliseconds{100}, why);
  const bool missing = why == errc::file_vanished;
  const bool may_come = missing || why == errc::being_written || why == errc::file_changed;
  const auto age = core::age_of(f.identity().ctime_ns, context_.wall());
  if (may_come && j.owner->terms().follows && age < patience) return look_again(j, pause);
  const auto quoted = "its side-car '" + printable(j.sidecar.path) + "' ";
  if (missing) return outcome::of(fate::deferred, errc::sidecar_missing, quoted + "is not there");
  return outcome::of(fate::deferred, why, quoted + "cannot be read: " + why.message());
}

}  // namespace sluice::engine
