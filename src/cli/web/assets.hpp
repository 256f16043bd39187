// The texts of the files in this folder; a page contains its styles and scripts (cmake/embed_asset.cmake).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::cli {

/// The colours of all pages and plots.
std::string_view colours_css() noexcept;
/// The style of plots.
std::string_view plot_css() noexcept;
/// The status page, which /events fills.
std::string_view status_html() noexcept;
/// The page of `sluice bench`, with places for filled().
std::string_view report_html() noexcept;

/// `page` with `markup` in place of each `{{name}}`. A name without markup is a std::logic_error.
std::string filled(std::string_view page,
                   std::initializer_list<std::pair<std::string_view, std::string>> markup);

/// `text` with &, <, > and quotes written out.
std::string escaped(std::string_view text);

}  // namespace sluice::cli
