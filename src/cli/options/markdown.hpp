// The Markdown of the option table, as other places show it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

/// Returns what a terminal shows of it: no backquotes, and of a link its text.
std::string plain_text(std::string_view markdown);

/// Breaks a text at spaces into lines of at most `width` bytes, where it has spaces.
std::string wrap_text(std::string_view text, std::size_t width);

/// Returns the paragraphs, lists, tables and blocks of code that empty lines divide.
std::vector<std::string_view> paragraphs_of(std::string_view markdown);

}  // namespace sluice::cli
