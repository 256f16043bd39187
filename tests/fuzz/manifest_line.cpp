// Lines of a manifest, texts and names of side-cars: `NAME\ TEXT`, where TEXT is also the path of a file.
#include "core/files/manifest_line.hpp"

#include "core/base64.hpp"
#include "core/files/sidecar_name.hpp"
#include "fuzz.hpp"

#include <nlohmann/json.hpp>

using namespace sluice;
using nlohmann::json;

namespace {

/// The path of the object by another reader of JSON, which knows nothing of manifests.
std::string path_in(const std::string& text) {
  const auto object = json::parse(text, nullptr, false);
  if (!object.is_object()) return {};
  if (const auto exact = object.find("path_b64"); exact != object.end() && exact->is_string())
    return core::from_base64(exact->get<std::string>()).value_or(std::string{});
  const auto plain = object.find("path");
  return plain != object.end() && plain->is_string() ? plain->get<std::string>() : std::string{};
}

void check_line(const std::string& text) {
  const auto line = core::parse_manifest_line(text);
  fuzz::require(fuzz::is_one_safe_line(line.problem), "a problem is one line without control characters");
  fuzz::require(!line.path.empty() || !line.problem.empty(), "a line without a path has a problem");
  fuzz::require(text.size() <= core::most_words || line.path.empty(), "a line has a bound");
  if (line.problem.empty()) fuzz::require(line.path == path_in(text), "another reader finds the same path");
}

void check_sidecar(const std::string& text) {
  const auto words = core::parse_sidecar(text);
  if (words)
    fuzz::require(json::parse(text, nullptr, false).is_object(), "a side-car is an object");
  else
    fuzz::require(fuzz::is_one_safe_line(words.error().what), "a problem is one line");
}

/// A side-car that is taken for a file would be sent by itself, and removed.
void check_name(const std::string& text, const std::string& path) {
  const auto name = core::sidecar_name::parse(text);
  if (!name) return fuzz::require(fuzz::is_one_safe_line(name.error().what), "a problem is one line");
  fuzz::require(name->may_be(name->name_for(path)), "the side-car of a file is known by its name");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  const auto name = in.text();
  const std::string text{in.rest()};
  check_line(text), check_sidecar(text), check_name(name, text);
  return 0;
}
