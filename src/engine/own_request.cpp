#include "engine/own_request.hpp"

#include "core/http/content_type.hpp"
#include "core/http/multipart.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <array>

namespace sluice::engine {
namespace {

std::optional<core::target_template> compile_target(const settings& s, const std::string& text,
                                                    std::vector<problem>& problems) {
  const auto url = core::parse_url(text);
  if (!url) {
    problems.push_back({"url", url.error().what});
    return std::nullopt;
  }
  if (!url->has_origin_of(s.url)) {
    problems.push_back({"url", "another scheme, host or port than " + s.url.authority() +
                                   ": all files go to one origin, whose certificate and credentials it has"});
    return std::nullopt;
  }
  auto target = core::target_template::parse(url->target, s.groups());
  if (target) return std::move(*target);
  problems.push_back({"url", target.error().what});
  return std::nullopt;
}

/// The name of a `{@NAME}` of this request that nobody gave a value for; null: all have one.
const std::string* missing_member(const settings& s, const own_request* own,
                                  const core::template_values& values) {
  const auto& target = own != nullptr && own->target ? *own->target : s.target;
  if (const auto* name = target.missing_member(values)) return name;
  if (const auto* name = s.head.missing_member(values)) return name;
  if (const auto* name = s.rules.missing_member(values)) return name;
  for (const auto* list : {&s.fields, own != nullptr ? &own->fields : nullptr})
    if (list != nullptr)
      for (const auto& [field, value] : *list)
        if (const auto* name = value.missing_member(values)) return name;
  if (own != nullptr)
    for (const auto& h : own->headers)
      if (const auto* name = h.value.missing_member(values)) return name;
  const auto& filename = own != nullptr && own->filename ? *own->filename : s.filename;
  return filename.missing_member(values);
}

core::multipart_frame frame_form(const settings& s, const own_request* own,
                                 const core::template_values& values, std::string_view type,
                                 std::string_view boundary) {
  core::form_writer form{boundary, s.raw.form_escape ? core::quoting::backslash : core::quoting::percent};
  for (const auto* list : {&s.fields, own != nullptr ? &own->fields : nullptr})
    if (list != nullptr)
      for (const auto& [name, value] : *list) {
        value.append_to(form.begin_field(name), values);
        form.end_field();
      }
  const auto& filename = own != nullptr && own->filename ? *own->filename : s.filename;
  return form.end(s.raw.file.name, filename.render(values), type);
}

}  // namespace

own_request compile_own(const settings& s, const own_words& words, std::vector<problem>& problems) {
  own_request own;
  own.fields = compile_fields(words.form, "fields", s.groups(), problems);
  if (!words.form.empty() && s.raw.body == body_kind::raw)
    problems.push_back({"fields", "a raw body is the file alone, and has no text fields"});
  for (const auto& h : words.headers)
    if (auto what = core::header_problem(h, s.raw.idempotency_header, s.raw.body); !what.empty())
      problems.push_back({"headers", std::move(what)});
  own.headers = core::compile_headers(words.headers, s.groups());
  for (const auto& h : words.headers)
    if (h.secret) own.secret_headers.push_back(h.name);
  if (words.filename) {
    auto filename = core::field_template::parse(*words.filename, s.groups());
    if (filename)
      own.filename = std::move(*filename);
    else
      problems.push_back({"filename", filename.error().what});
  }
  if (!words.url.empty()) own.target = compile_target(s, words.url, problems);
  if (!words.method.empty()) check_method(words.method, problems);
  own.method = words.method;
  own.members = words.members;
  check_digests(digests_sent(s, &own), *s.digests, "headers", problems);
  return own;
}

namespace {

/// The problem of a template quotes it, and a brace in a signature or a password is none.
const char* bad_template_in(const settings& s, const core::file_words& words) {
  const auto is_bad = [&](const std::string& text) { return !core::field_template::parse(text, s.groups()); };
  if (std::ranges::any_of(words.form, is_bad, &form_field::value)) return "form";
  if (words.filename && is_bad(*words.filename)) return "filename";
  return is_bad(words.url) ? "url" : nullptr;
}

}  // namespace

core::parsed<own_request> compile_words(const settings& s, core::file_words words) {
  if (const auto* member = bad_template_in(s, words))
    return core::problem{"has a bad '" + std::string{member} +
                         "': a brace in it begins no template; write {{ for a brace"};
  own_words own{.form = std::move(words.form), .headers = std::move(words.headers)};
  own.filename = std::move(words.filename), own.url = std::move(words.url);
  own.members = std::move(words.members);
  std::vector<problem> problems;
  auto compiled = compile_own(s, own, problems);
  if (problems.empty()) return compiled;
  const auto& p = problems.front();
  const auto member = p.member == "fields" ? "form" : p.member == "headers" ? "header" : p.member;
  return core::problem{"has a bad '" + member + "': " + p.what};
}

core::digest_set digests_sent(const settings& s, const own_request* own) {
  const bool form = s.raw.body == body_kind::form;
  auto all = s.head.digests();
  all |= own != nullptr && own->target ? own->target->digests() : s.target.digests();
  if (form) all |= own != nullptr && own->filename ? own->filename->digests() : s.filename.digests();
  for (const auto& [name, value] : s.fields) all |= value.digests();
  if (own == nullptr) return all;
  for (const auto& [name, value] : own->fields) all |= value.digests();
  for (const auto& h : own->headers) all |= h.value.digests();
  return all;
}

core::parsed<io::request> render(const settings& s, const own_request* own,
                                 const core::template_values& values, std::string_view boundary) {
  if (const auto* name = missing_member(s, own, values))
    return core::problem{"nothing says what {@" + printable(*name) + "} is for this file"};
  auto target = (own != nullptr && own->target ? *own->target : s.target).render(values);
  if (!target) return target.error();
  const auto name = values.path.substr(values.path.rfind('/') + 1);
  const auto type =
      s.raw.file.type.empty() ? core::guess_content_type(name) : std::string_view{s.raw.file.type};
  const bool raw = s.raw.body == body_kind::raw;
  auto frame = raw ? core::multipart_frame{} : frame_form(s, own, values, type, boundary);
  io::request r;
  r.head.reserve(1024 + frame.preamble.size());
  core::head_values parts{.method = own != nullptr && !own->method.empty() ? own->method : s.raw.method,
                          .target = *target,
                          .content_type = raw ? type : std::string_view{"multipart/form-data; boundary="},
                          .boundary = raw ? std::string_view{} : boundary,
                          .content_length = frame.content_length(values.size)};
  if (own != nullptr) parts.own = own->headers;
  if (auto what = s.head.append(r.head, parts, values); !what.empty()) return core::problem{std::move(what)};
  r.head += frame.preamble;
  r.tail = std::move(frame.epilogue);
  return r;
}

}  // namespace sluice::engine
