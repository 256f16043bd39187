// The texts of the manual that belong to no single option.
#pragma once

#include <span>
#include <string_view>

namespace sluice::cli {

/// One sentence of sluice, and another of its rule.
extern const std::string_view about_sluice;
/// The meaning of SOURCE, in Markdown.
extern const std::string_view source_notes;
/// How times, sizes and rates are written: a list in Markdown.
extern const std::string_view value_notes;

/// A heading of docs/options.md, and the Markdown between it and the first option.
struct option_section {
  std::string_view title;
  std::string_view text;
};
/// Every section, in the order of the page.
std::span<const option_section> option_sections() noexcept;
/// Returns the text of a section; empty where there is no such section.
std::string_view section_text(std::string_view title) noexcept;

}  // namespace sluice::cli
