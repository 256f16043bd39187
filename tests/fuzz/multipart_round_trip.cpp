// The output of core/multipart, read by the receiver's strict reader, which shares no code with it:
// `SIZES\ NAME\ FILENAME\ FIELD\ VALUE\ … \ (an empty field name) FILE`.
#include "core/http/content_type.hpp"
#include "core/http/multipart.hpp"
#include "fuzz.hpp"
#include "sink/multipart_reader.hpp"
#include "support/form.hpp"

#include <algorithm>
#include <array>
#include <random>

using namespace sluice;

namespace {

/// No name in a form can hold a NUL (a file's cannot), and the receiver takes names of up to 4096 bytes.
std::string as_name(std::string text, std::string_view otherwise) {
  std::erase(text, '\0');
  text.resize(std::min<std::size_t>(text.size(), 1200));
  return text.empty() ? std::string{otherwise} : text;
}

/// Random as the product's is: whoever writes the content does not know it.
std::string boundary_for(const std::uint8_t* data, std::size_t size) {
  std::uint64_t hash = 14695981039346656037u;
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ data[i]) * 1099511628211u;
  std::mt19937_64 random{hash};
  std::array<std::byte, 16> bytes{};
  for (auto& b : bytes) b = static_cast<std::byte>(random() >> 24);
  return support::make_boundary(bytes);
}

struct form {
  std::vector<support::field> fields;
  std::string name, filename, type, content;
  int files = 0;
  bool complete = false;
};

form read_form(std::string_view body, std::string_view boundary, std::string_view sizes) {
  using event = sink::multipart_reader::event;
  sink::multipart_reader reader;
  reader.restart(boundary);
  form f;
  for (auto piece : fuzz::split(body, sizes))
    for (auto e = reader.next(piece); e != event::need_more; e = reader.next(piece)) {
      fuzz::require(e != event::malformed, reader.reason());
      if (e == event::field) f.fields.push_back({reader.part().name, std::string{reader.value()}});
      if (e == event::file_begin) {
        ++f.files;
        f.name = reader.part().name, f.filename = reader.part().filename, f.type = reader.part().type;
      }
      if (e == event::file_data) f.content += reader.data();
    }
  f.complete = reader.finish();
  return f;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  const auto sizes = in.text();
  support::file_head file;
  file.name = as_name(in.text(), "file");
  file.filename = as_name(in.text(), "a.jpg");
  file.type = core::guess_content_type(file.filename);
  std::vector<support::field> fields;
  while (fields.size() < 200) {
    auto name = in.text();
    if (name.empty()) break;
    fields.push_back({as_name(std::move(name), "field"), fuzz::expand(in.text(), 60'000)});
  }
  const auto content = fuzz::expand(in.rest());
  const auto boundary = boundary_for(data, size);

  const auto frame = support::frame_multipart(boundary, fields, file);
  const auto body = frame.preamble + content + frame.epilogue;
  fuzz::require(frame.content_length(content.size()) == body.size(), "content_length is exact");
  fuzz::require(sink::boundary_of("multipart/form-data; boundary=" + boundary) == boundary,
                "the boundary stands in a Content-Type as it is");
  const auto read = read_form(body, boundary, sizes);
  fuzz::require(read.complete, "the form is whole");
  fuzz::require(read.files == 1, "exactly one file part");
  fuzz::require(read.content == content, "the file's bytes");
  fuzz::require(read.name == fuzz::undo_escapes(file.name), "the file part's name");
  fuzz::require(read.filename == fuzz::undo_escapes(file.filename), "the file name");
  fuzz::require(read.type == file.type, "the media type");
  fuzz::require(read.fields.size() == fields.size(), "as many fields as were written");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    fuzz::require(read.fields[i].name == fuzz::undo_escapes(fields[i].name), "a field's name");
    fuzz::require(read.fields[i].value == fields[i].value, "a field's value");
  }
  return 0;
}
