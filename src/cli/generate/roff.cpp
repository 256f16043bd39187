#include "roff.hpp"

#include "cli/options/markdown.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

constexpr std::size_t width = 78;

/// `literal`: a hyphen is one that can be copied.
std::string escape(std::string_view text, bool literal) {
  std::string all;
  for (const char c : text) {
    if (c == '\\')
      all += "\\e";
    else if (c == '-' && literal)
      all += "\\-";
    else
      all += c;
  }
  return all;
}

/// Code, in backquotes, becomes bold.
std::string inline_text(std::string_view markdown) {
  std::string all;
  for (bool code = false; !markdown.empty(); code = !code) {
    const auto piece = markdown.substr(0, markdown.find('`'));
    if (!piece.empty())
      all += code ? "\\fB" + escape(piece, true) + "\\fR" : escape(plain_text(piece), false);
    markdown.remove_prefix(std::min(markdown.size(), piece.size() + 1));
  }
  return all;
}

/// A line that begins with a dot or an apostrophe would be a request.
std::string guarded(const std::string& line) {
  return line.starts_with('.') || line.starts_with('\'') ? "\\&" + line : line;
}

bool ends_sentence(std::string_view word) {
  while (!word.empty() && (word.back() == ')' || word.back() == '"')) word.remove_suffix(1);
  return (word.ends_with('.') && !word.ends_with("...")) || word.ends_with('!') || word.ends_with('?');
}

std::string sentences_of(std::string_view markdown) {
  std::string text = inline_text(markdown), all, line;
  std::ranges::replace(text, '\n', ' ');
  const auto end_line = [&] {
    if (!line.empty()) all += guarded(line) + "\n";
    line.clear();
  };
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word.empty()) continue;
    if (!line.empty() && line.size() + 1 + word.size() > width) end_line();
    if (!line.empty()) line += ' ';
    line += word;
    if (ends_sentence(word)) end_line();
  }
  end_line();
  return all;
}

std::string code_block(std::string_view block) {
  block.remove_prefix(std::min(block.find('\n'), block.size() - 1) + 1);
  block = block.substr(0, block.rfind("\n```"));
  std::string all = ".Bd -literal -offset indent\n";
  while (!block.empty()) {
    const auto line = block.substr(0, block.find('\n'));
    all += guarded(escape(line, true)) + "\n";
    block.remove_prefix(std::min(block.size(), line.size() + 1));
  }
  return all + ".Ed\n";
}

std::string bullets(std::string_view list) {
  std::string all = ".Bl -bullet\n";
  while (!list.empty()) {
    const auto end = list.find("\n- ");
    const auto item = list.substr(0, end);
    all += ".It\n" + sentences_of(item.substr(2));
    list.remove_prefix(std::min(list.size(), item.size() + 1));
  }
  return all + ".El\n";
}

/// The cells of `| a | b |`; `\|` is no end of one.
std::vector<std::string> cells_of(std::string_view row) {
  std::vector<std::string> cells;
  std::string cell;
  for (std::size_t i = 1; i < row.size(); ++i) {
    if (row[i] == '\\' && row.substr(i + 1).starts_with('|')) {
      cell += row[++i];
    } else if (row[i] == '|') {
      while (cell.starts_with(' ')) cell.erase(0, 1);
      while (cell.ends_with(' ')) cell.pop_back();
      cells.push_back(std::move(cell));
      cell.clear();
    } else {
      cell += row[i];
    }
  }
  return cells;
}

std::string table(std::string_view rows) {
  std::string all = ".Bl -tag -width Ds\n";
  for (int n = 0; !rows.empty(); ++n) {
    const auto row = rows.substr(0, rows.find('\n'));
    rows.remove_prefix(std::min(rows.size(), row.size() + 1));
    const auto cells = cells_of(row);
    if (n < 2 || cells.size() < 2) continue;  // the heading, and the line below it
    all += ".It " + roff_argument(plain_text(cells[0])) + "\n" + sentences_of(cells[1]);
  }
  return all + ".El\n";
}

}  // namespace

std::string roff_argument(std::string_view text) {
  std::string all = "\"";
  for (const char c : escape(text, true)) all += c == '"' ? std::string{"\\(dq"} : std::string{c};
  return all + "\"";
}

std::string roff_text(std::string_view markdown) {
  std::string all;
  bool first = true;
  for (const auto one : paragraphs_of(markdown)) {
    const bool code = one.starts_with("```"), list = one.starts_with("- "), rows = one.starts_with("|");
    if (!std::exchange(first, false) && !code && !list && !rows) all += ".Pp\n";
    all += code ? code_block(one) : list ? bullets(one) : rows ? table(one) : sentences_of(one);
  }
  return all;
}

std::string roff_example(std::string_view command) {
  constexpr std::size_t most = 68;  // a line of a terminal, less the indent
  std::string lines;
  for (const char c : wrap_text(command, most)) lines += c == '\n' ? std::string{" \\\n  "} : std::string{c};
  return ".Bd -literal -offset indent\n" + guarded(escape(lines, true)) + "\n.Ed\n";
}

}  // namespace sluice::cli
