// A form that is known as a whole, as tests have it, written by the product's writer.
#pragma once

#include "core/http/multipart.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace support {

struct field {
  std::string name, value;
};

struct file_head {
  std::string name, filename, type;
};

inline std::string make_boundary(std::span<const std::byte, 16> random) {
  const auto text = sluice::core::make_boundary(random);
  return {text.begin(), text.end()};
}

/// The form of `raw` between the quotes of a name.
inline std::string escape_parameter(std::string_view raw,
                                    sluice::core::quoting q = sluice::core::quoting::percent) {
  constexpr std::string_view before = "--B\r\nContent-Disposition: form-data; name=\"", behind = "\"\r\n\r\n";
  sluice::core::form_writer form{"B", q};
  const auto& all = form.begin_field(raw);
  return all.substr(before.size(), all.size() - before.size() - behind.size());
}

inline sluice::core::multipart_frame frame_multipart(std::string_view boundary, std::span<const field> fields,
                                                     const file_head& file) {
  sluice::core::form_writer form{boundary};
  for (const auto& f : fields) {
    form.begin_field(f.name) += f.value;
    form.end_field();
  }
  return form.end(file.name, file.filename, file.type);
}

}  // namespace support
