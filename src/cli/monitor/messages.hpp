// The messages of /events: server-sent events (WHATWG HTML, section 9.2), each with one JSON
// value.
#pragma once

#include "telemetry.hpp"

#include <string>

namespace sluice::cli {

/// `history`: title, version and the last hour; the first one a page gets.
std::string history_event(const telemetry& shown);
/// `now`: everything that changes, and the last point of the history.
std::string now_event(const telemetry& shown);
/// `errors`: the last ones.
std::string errors_event(const telemetry& shown);

}  // namespace sluice::cli
