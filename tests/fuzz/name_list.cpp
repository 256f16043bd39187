// Lists of names, ended by line ends or NULs: `SIZES\ KIND LIST`, KIND 0 for NUL.
#include "core/files/name_splitter.hpp"
#include "fuzz.hpp"

using sluice::core::name_splitter;

namespace {

struct listing {
  std::vector<std::string> names;
  bool too_long = false;
  friend bool operator==(const listing&, const listing&) = default;
};

/// Reads like io/name_list: all names there are, then more bytes.
listing listed(const std::vector<std::string_view>& pieces, char end) {
  name_splitter splitter{end};
  listing l;
  const auto drain = [&] {
    while (auto name = splitter.next()) l.names.push_back(std::move(*name));
    l.too_long = splitter.too_long();
  };
  for (const auto piece : pieces) {
    drain();
    if (l.too_long) return l;
    splitter.add(piece);
  }
  drain();
  if (l.too_long) return l;
  splitter.finish();
  drain();
  fuzz::require(!splitter.next(), "an end stays one");
  return l;
}

listing model(const std::string& text, char end) {
  listing l;
  std::string name;
  const auto add = [&] {
    if (name.size() > name_splitter::max_name) return l.too_long = true;
    if (!name.empty()) l.names.push_back(std::move(name));
    name.clear();
    return false;
  };
  for (const char c : text)
    if (c != end)
      name += c;
    else if (add())
      return l;
  add();
  return l;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  const auto sizes = in.text();
  const char end = in.byte() == '0' ? '\0' : '\n';
  const auto text = fuzz::expand(in.rest());

  const auto all = listed(fuzz::split(text, ""), end);
  fuzz::require(all == listed(fuzz::split(text, sizes), end), "the names depend on how the bytes came");
  fuzz::require(all == model(text, end), "other names than the list has");
  return 0;
}
