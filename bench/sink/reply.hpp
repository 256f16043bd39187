// What goes back, byte for byte.
#pragma once

#include "sink/script.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sink {

/// `200`, `{"code":0,"size":N}`, kept alive unless `close`.
void append_default_reply(std::string& out, std::uint64_t size, bool close);

/// As the rule says: the final reply alone, without what comes before (interim) and after it (extra).
void append_scripted_reply(std::string& out, const behaviour& b, int status, std::uint64_t size, bool close);

/// For a request that is wrong: the reason as JSON, and the connection ends.
void append_refusal(std::string& out, int status, std::string_view reason);

void append_interim(std::string& out, int status);

/// What an endless reply begins with, and what it repeats for ever.
std::string flood_head(const behaviour& b, int status);
std::string_view flood_unit(endless kind);

/// Does the rule's reply end by closing the connection, said or unsaid? `asked`: the client, or a limit,
/// wants it.
bool closes_after(const behaviour& b, bool asked);

/// The first final status in literal reply bytes, 0 when there is none.
int status_in(std::string_view raw);

}  // namespace sink
