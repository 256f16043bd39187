// The rows of the option table, by theme.
#pragma once

#include "cli/options/option_table.hpp"

#include <span>

namespace sluice::cli {

std::span<const option_row> request_rows() noexcept;
std::span<const option_row> network_rows() noexcept;
std::span<const option_row> tls_rows() noexcept;
std::span<const option_row> selection_rows() noexcept;
std::span<const option_row> delivery_rows() noexcept;
std::span<const option_row> output_rows() noexcept;
std::span<const option_row> bench_rows() noexcept;

}  // namespace sluice::cli
