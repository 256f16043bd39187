// One file (or body from memory) on its way.
#pragma once

#include "core/time.hpp"
#include "engine/caller_body.hpp"
#include "engine/memory_body.hpp"
#include "engine/settings.hpp"

#include <sluice/detail/callback.hpp>
#include <sluice/result.hpp>
#include <sluice/upload_request.hpp>

#include <memory>
#include <optional>
#include <string>

namespace sluice::engine {

using upload_done = detail::callback<upload_result>;

/// An upload somebody waits for; jobs of a drain have none.
struct upload {
  std::uint64_t id = 0;
  upload_request request;
  std::vector<compiled_field> fields;
  upload_done done;
  core::steady_time accepted_at;
  std::optional<memory_body> data;   ///< of the request, which stays where it is
  std::optional<caller_body> given;  ///< what the caller reads
  bool begun = false;                ///< an attempt of it has begun
  bool cancelled = false;

  /// Null for a file.
  io::body* body() noexcept {
    if (data) return &*data;
    return given ? &*given : nullptr;
  }
};

/// What survives from one attempt to the next. The file itself is opened anew for each.
template <class Files>
struct job {
  std::uint64_t seq = 0;
  typename Files::directory_ptr root;  ///< null for an upload
  std::string path;
  std::shared_ptr<engine::upload> upload;

  std::optional<typename Files::file> ahead;  ///< opened while others were on their way
  core::steady_time ahead_since{};

  unsigned attempts = 0;
  unsigned starved = 0;     ///< times in a row that no descriptor was to be had
  bool had_writer = false;  ///< as far as was seen when it was last opened
  core::steady_time first_attempt{};
  core::wall_time first_wall{};  ///< what {now} means, in every attempt
  bool probe = false;            ///< the breaker let it through to see
  bool in_doubt = false;         ///< the server may have it, and no counted attempt says so
  bool settled = false;          ///< it has its fate, or went back to the backlog
  file_record record;            ///< as far as it is known

  // Of a followed run.
  std::uint64_t place = 0;      ///< its core::revisit_id
  bool tried_before = false;    ///< and failed
  bool may_be_skipped = false;  ///< found by the first walk, which counts what is left out
};

}  // namespace sluice::engine
