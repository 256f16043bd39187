#include "support/loop_scratch.hpp"
#include "support/problem_lines.hpp"

#include "io/disk/file_system.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class placement_test : public testing::Test {
 protected:
  placement_test() {
    for (const auto dir : {"source/d", "other", "done"}) fs::create_directories(tree_ / dir);
    fs::create_directory_symlink("source/d", tree_ / "into");
    fs::create_directory_symlink("source", tree_ / "alias");
  }
  std::vector<std::string> problems(const std::vector<std::string>& roots = {"source"}) const {
    std::vector<fs::path> paths;
    for (const auto& r : roots) paths.push_back(tree_ / r);
    return problems_of(config_, source::directories(paths));
  }

  static std::vector<std::string> problems_of(const config& cfg, const source& from) {
    return support::lines_of(placement_problems(cfg, from));
  }

  loop::scratch tree_;
  config config_;
};

TEST_F(placement_test, what_lies_apart_is_fine) {
  config_.on_success = disposal::move_to(tree_ / "done");
  config_.on_reject = disposal::move_to(tree_ / "other");
  config_.job_log = tree_ / "log", config_.lock_file = tree_ / "done/lock";
  config_.tls.key_file = tree_ / "key", config_.tls.cert_file = tree_ / "cert";
  EXPECT_THAT(problems(), IsEmpty());
  config_.job_log = "-";
  EXPECT_THAT(problems({"source/d"}), IsEmpty()) << "beside it, in its parent";
}

TEST_F(placement_test, names_that_begin_alike_are_not_inside_each_other) {
  fs::create_directories(tree_ / "source2");
  config_.job_log = tree_ / "source2/log";
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(problems({"source", "source2/"}).size(), 1u) << "the log's";
}

TEST_F(placement_test, the_root_of_the_file_system_is_no_source) {
  for (const auto root : {"/", "//", "/proc/../"})
    EXPECT_THAT(problems_of({}, source::directory(root)),
                ElementsAre(HasSubstr("is the root of the file system")))
        << root;
}

TEST_F(placement_test, a_file_is_a_source_where_it_is_meant_by_itself) {
  tree_.write("source/f"), tree_.write("source/d/g");
  EXPECT_THAT(problems({"source/f", "source/f", "source/d/g", "source/d"}),
              ElementsAre(HasSubstr("overlap")));
  EXPECT_THAT(problems({"source/f", "source/d"}), IsEmpty()) << "a directory beside it";
  config_.job_log = tree_ / "source/log", config_.on_success = disposal::move_to(tree_ / "source/d");
  EXPECT_THAT(problems({"source/f"}), IsEmpty()) << "nothing else of its directory is sent";
  config_.job_log = tree_ / "source/f";
  EXPECT_THAT(problems({"source/f"}), ElementsAre(HasSubstr("is named as a source")));
  config_ = {};
  ASSERT_EQ(::mkfifo((tree_ / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(problems({"fifo"}), ElementsAre(HasSubstr("neither a directory nor a regular file")));
  auto followed = source::directory(tree_ / "source/f");
  followed.follow.emplace();
  EXPECT_THAT(problems_of(config_, followed), ElementsAre(HasSubstr("only directories can be watched")));
  EXPECT_THAT(problems_of(config_, source::list("-", false, tree_ / "source/f")),
              ElementsAre(HasSubstr("is not a directory")));
  EXPECT_THAT(problems({"none"}), IsEmpty()) << "the run says why it cannot be read";
}

TEST_F(placement_test, sources_do_not_overlap) {
  EXPECT_THAT(problems({"source", "source/d"}), ElementsAre(HasSubstr("overlap")));
  EXPECT_THAT(problems({"source/d", "source"}), ElementsAre(HasSubstr("overlap")));
  EXPECT_THAT(problems({"source", "alias"}), ElementsAre(HasSubstr("given twice")));
  EXPECT_THAT(problems({"source", "into"}), ElementsAre(HasSubstr("overlap")));
  EXPECT_THAT(problems({"source", "other"}), IsEmpty());
}

TEST_F(placement_test, files_are_not_moved_into_their_source) {
  for (const auto to : {"source", "source/d", "into", "alias", "alias/d", "source/d/../d"}) {
    config_ = {};
    config_.on_success = disposal::move_to(tree_ / to);
    EXPECT_THAT(problems(), ElementsAre(AllOf(StartsWith("on_success: "), HasSubstr("inside the source"))))
        << to;
    config_ = {};
    config_.on_reject = disposal::move_to(tree_ / to);
    EXPECT_THAT(problems(), ElementsAre(AllOf(StartsWith("on_reject: "), HasSubstr("inside the source"))))
        << to;
  }
  EXPECT_THAT(problems({"other"}), IsEmpty());
}

TEST_F(placement_test, a_move_is_a_rename) {
  config_.on_success = disposal::move_to("/proc");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("another file system")));
  EXPECT_THAT(problems({"source", "other"}).size(), 2u) << "told of each source";
  config_.on_success = disposal::move_to(tree_ / "none");
  EXPECT_THAT(problems(), ElementsAre(AllOf(HasSubstr("cannot open"), HasSubstr("make it first"))));
  config_.on_success = disposal::remove();
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(placement_test, what_must_not_be_sent_is_not_inside_a_source) {
  fs::create_symlink("source/d/not made yet", tree_ / "dangling");
  fs::create_symlink("dangling", tree_ / "twice");
  fs::create_symlink(tree_ / "into/secret", tree_ / "absolute");
  const std::vector<std::pair<std::string, fs::path config::*>> members{{"job_log", &config::job_log},
                                                                        {"lock_file", &config::lock_file}};
  const std::vector<std::pair<std::string, fs::path tls_options::*>> of_tls{
      {"tls.key_file", &tls_options::key_file},
      {"tls.cert_file", &tls_options::cert_file},
      {"tls.ca_file", &tls_options::ca_file}};
  for (const auto file : {"source/f", "source/d/f", "source/d/../f", "into/f", "into/../f", "alias/f",
                          "dangling", "twice", "absolute"}) {
    const auto told_of = [&](const std::string& name) {
      EXPECT_THAT(problems({"other", "source"}),
                  ElementsAre(AllOf(StartsWith(name), HasSubstr("inside the source"))))
          << file;
    };
    for (const auto& [name, member] : members) config_ = {}, config_.*member = tree_ / file, told_of(name);
    for (const auto& [name, member] : of_tls) config_ = {}, config_.tls.*member = tree_ / file, told_of(name);
    config_ = {}, config_.own_files = {tree_ / "apart", tree_ / file}, told_of("own_files");
  }
}

TEST_F(placement_test, links_in_a_circle_are_somebody_elses_error) {
  fs::create_symlink("b", tree_ / "a");
  fs::create_symlink("a", tree_ / "b");
  config_.job_log = tree_ / "a", config_.tls.key_file = tree_ / "none/key";
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(placement_test, a_list_has_its_base_for_a_source) {
  config_.job_log = tree_ / "source/log";
  EXPECT_THAT(problems_of(config_, source::list("-", false, tree_ / "source")),
              ElementsAre(HasSubstr("inside the source")));
  EXPECT_THAT(problems_of(config_, source::list("-")), IsEmpty());
}

TEST_F(placement_test, relative_names_are_those_of_the_working_directory) {
  const auto before = fs::current_path();
  fs::current_path(tree_ / "source");
  config_.job_log = "log";
  const auto told = problems_of(config_, source::directory("."));
  fs::current_path(before);
  EXPECT_THAT(told, ElementsAre(HasSubstr("inside the source '.'")));
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(placement_test, every_problem_is_told_at_once) {
  config_.on_success = disposal::move_to(tree_ / "source/d");
  config_.on_reject = disposal::move_to(tree_ / "none");
  config_.job_log = tree_ / "source/log", config_.lock_file = tree_ / "source/lock";
  config_.tls.key_file = tree_ / "source/key", config_.tls.cert_file = tree_ / "source/cert";
  EXPECT_EQ(problems({"source", "source/d/.."}).size(), 1u + 2 + 1 + 2 * 4);
}

}  // namespace
}  // namespace sluice::io
