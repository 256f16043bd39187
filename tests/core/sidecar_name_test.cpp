#include "core/files/sidecar_name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::core {
namespace {

using testing::HasSubstr;

sidecar_name sidecar_called(std::string_view text) {
  auto name = sidecar_name::parse(text);
  if (!name) throw std::invalid_argument{name.error().what};
  return std::move(*name);
}

TEST(sidecar_name, is_made_of_the_path_of_its_file) {
  struct row {
    const char *name, *file, *sidecar;
  };
  for (const auto& r :
       {row{"{path}.json", "a/b.jpg", "a/b.jpg.json"}, row{"{path}.json", "b.jpg", "b.jpg.json"},
        row{"{dir}/{stem}.json", "a/b.jpg", "a/b.json"}, row{"{dir}/{stem}.json", "b.jpg", "b.json"},
        row{"{dir}/meta/{stem}.json", "a/c/b.jpg", "a/c/meta/b.json"},
        row{"{dir}/meta/{stem}.json", "b.jpg", "meta/b.json"}, row{"{ext}/{name}.json", "b", "b.json"},
        row{"{dir}{ext}/{name}.json", "b", "b.json"}, row{"meta/{path}.json", "a/b", "meta/a/b.json"},
        row{"meta/{name}", "a/b.jpg", "meta/b.jpg"}}) {
    const auto name = sidecar_called(r.name);
    EXPECT_EQ(name.name_for(r.file), r.sidecar) << r.name;
    EXPECT_TRUE(name.may_be(r.sidecar)) << r.name << " " << r.sidecar;
  }
}

TEST(sidecar_name, tells_what_may_be_one_from_what_is_a_file) {
  const auto beside = sidecar_called("{path}.json"), apart = sidecar_called("{dir}/meta/{stem}.json"),
             tree = sidecar_called("meta/{path}");
  for (const auto* path : {"a.json", "a/b.json", "a.jpg.json"}) EXPECT_TRUE(beside.may_be(path)) << path;
  for (const auto* path : {"a.jpg", "json", "a.json.jpg", "a.json/b"})
    EXPECT_FALSE(beside.may_be(path)) << path;
  for (const auto* path : {"meta/b.json", "a/meta/b.json", "a/c/meta/b.json"})
    EXPECT_TRUE(apart.may_be(path)) << path;
  for (const auto* path : {"a/b.json", "meta/b.jpg", "ameta/b.json", "a/b.jpg"})
    EXPECT_FALSE(apart.may_be(path)) << path;
  EXPECT_TRUE(tree.may_be("meta/a/b"));
  EXPECT_FALSE(tree.may_be("a/meta/b"));
}

TEST(sidecar_name, that_is_none_says_why) {
  struct row {
    const char *name, *why;
  };
  for (const auto& r :
       {row{"", "would be the side-car of all files"}, row{"list.json", "would be the side-car of all files"},
        row{"{dir}/list.json", "would be the side-car of all files"}, row{"{path}", "is the file itself"},
        row{"{dir}/{name}", "is the file itself"}, row{"{path}.{size}", "may have the templates"},
        row{"{path", "may have the templates"}, row{"{{path}}.json", "may have the templates"},
        row{"{path}}}.json", "may have the templates"}, row{"{path}.x}", "may have the templates"},
        row{"/etc/{path}", "must be a path below the source"},
        row{"../{path}", "must be a path below the source"},
        row{"a/./{path}", "must be a path below the source"},
        row{"a//{path}", "must be a path below the source"},
        row{"{path}/", "must be a path below the source"}}) {
    const auto name = sidecar_name::parse(r.name);
    ASSERT_FALSE(name) << r.name;
    EXPECT_THAT(name.error().what, HasSubstr(r.why)) << r.name;
  }
}

TEST(sidecar_name, that_is_its_file_for_some_path_is_refused) {
  for (const auto* text : {"{path}", "{name}", "{stem}", "{dir}/{name}", "{stem}.{ext}", "{dir}/{stem}.{ext}",
                           "{dir}/{stem}", "{path}{ext}"}) {
    const auto name = sidecar_name::parse(text);
    ASSERT_FALSE(name.has_value()) << text;
    EXPECT_THAT(name.error().what, testing::HasSubstr("is the file itself")) << text;
  }
}

TEST(sidecar_name, is_of_one_file_or_may_be_of_several) {
  for (const auto* text : {"{path}.json", "meta/{path}", "{dir}/{name}.json", "{dir}/m/{name}"})
    EXPECT_TRUE(sidecar_name::parse(text)->is_of_one_file()) << text;
  for (const auto* text : {"{dir}/{stem}.json", "{stem}.json", "meta/{name}.json", "{dir}-{name}"})
    EXPECT_FALSE(sidecar_name::parse(text)->is_of_one_file()) << text;
}

TEST(sidecar_name, of_an_absolute_path_is_absolute) {
  EXPECT_EQ(sidecar_name::parse("{path}.json")->name_for("/spool/a"), "/spool/a.json");
  EXPECT_EQ(sidecar_name::parse("{dir}/{stem}.json")->name_for("/spool/a.b"), "/spool/a.json");
}

}  // namespace
}  // namespace sluice::core
