// The choices that a shell can offer for the value of an option, by the value's name in the option table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

/// `keep|delete|move=DIR` offers `keep`, `delete` and `move=`, and directories after `move=`. What is written
/// in capitals stands for something: FILE and PATH for files, DIR for directories, and all else for what no
/// shell knows, as `-`, which stands for a stream. `[,desc]` behind words stands for each word once more, and
/// other brackets for nothing.
struct value_choices {
  std::vector<std::string> words{};
  bool files = false, directories = false;
  bool files_after_at = false;                   ///< `@FILE`
  std::vector<std::string> directories_after{};  ///< prefixes, as `move=`

  bool nothing() const noexcept {
    return words.empty() && !files && !directories && !files_after_at && directories_after.empty();
  }
};

value_choices choices_of(std::string_view value);

/// The words with spaces between them.
std::string join_words(const std::vector<std::string>& words);

}  // namespace sluice::cli
