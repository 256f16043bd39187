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
