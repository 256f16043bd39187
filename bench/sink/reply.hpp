// The bytes of each reply.
#pragma once

#include "sink/script.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sink {

/// `200`, `{"code":0,"size":N}`, kept alive unless `close`.
void append_default_reply(std::string& out, std::uint64_t size, bool close);

/// The digests of what was received, raw, by their names.
using digest_list = std::vector<std::pair<std::string_view, std::string>>;

/// `200` and the digests, in the body (hexadecimal, by their names) and as `ETag` (md5) and `Repr-Digest`
/// (sha-256, RFC 9530).
void append_digest_reply(std::string& out, std::uint64_t size, const digest_list& digests, bool close);

/// Appends the final reply that the rule asks for, without the bytes before it (interim) and after it
/// (extra).
void append_scripted_reply(std::string& out, const behaviour& b, int status, std::uint64_t size, bool close);

/// Appends the reply to a wrong request: the reason as JSON, and the connection ends.
void append_refusal(std::string& out, int status, std::string_view reason);

void append_interim(std::string& out, int status);

/// The beginning of an endless reply, and the part that it repeats for ever.
std::string flood_head(const behaviour& b, int status);
std::string_view flood_unit(endless kind);

/// Does the rule's reply end by closing the connection, said or unsaid? `asked`: the client, or a limit,
/// wants it.
bool closes_after(const behaviour& b, bool asked);

/// The first final status in literal reply bytes, 0 when there is none.
int status_in(std::string_view raw);

}  // namespace sink
