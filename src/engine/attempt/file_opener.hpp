// Opens files: those that are next, before a connection wants them, and the one that is on.
#pragma once

#include "engine/attempt/job_owner.hpp"
#include "engine/context.hpp"

#include <memory>

namespace sluice::engine {

class file_opener {
 public:
  explicit file_opener(context& c) : context_{c} {}

  /// Opens the file before its turn, which asks the disk for its bytes. What is wrong with it is found out,
  /// and told, by its attempt.
  void open_ahead(job& j);
  /// Opens the file and finds its key. An error means that no attempt begins: see refused().
  error_code open(job& j, std::unique_ptr<io::opened_file>& f);
  /// The meaning of an error of open().
  outcome refused(job& j, error_code why);

  /// No descriptor, or no memory, was to be had: fewer files at once may help.
  static bool is_shortage(error_code why) noexcept;

 private:
  error_code open_file(job& j, std::unique_ptr<io::opened_file>& f);
  bool must_settle(job& j, const io::opened_file& f);

  context& context_;
  bool told_settling_ = false;  ///< an observer knows that files wait for the settle time
};

}  // namespace sluice::engine
