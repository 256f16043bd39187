// mdoc(7): the language of manual pages.
#pragma once

#include <string>
#include <string_view>

namespace sluice::cli {

/// Text that stands for itself in an argument of a macro, between double quotes.
std::string roff_argument(std::string_view text);

/// Markdown as the option table has it, as lines of mdoc: what is in backquotes is bold, of a link its text
/// stays, a list and a table become lists, and a block of code an example. Each sentence begins a line, and
/// no line is longer than 80 bytes where it has spaces.
std::string roff_text(std::string_view markdown);

/// A line that can be typed, as an example.
std::string roff_example(std::string_view command);

}  // namespace sluice::cli
