// A canary that stands for every credential: however it is given and whatever goes wrong, nothing we write
// holds it.
#include "e2e/e2e.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* canary = "CANARY-8d1f";
constexpr const char* packed_canary = "Q0FOQVJZLThkMWY";  ///< the canary as Basic has it, behind `me:`

class secrets : public test {
 protected:
  secrets() {
    files.add("a.jpg", "first");
    files.add("b.jpg", "second");
    fs::create_directory(room / "given");
  }

  std::string given(const std::string& name, const std::string& text) const {
    const auto file = room / "given" / name;
    support::write_file(file, text);
    ::chmod(file.c_str(), 0600);
    return file;
  }
  std::string header_file(const std::string& text) const { return "@" + given("headers", text); }

  /// Neither standard output nor standard error nor any file but those that we were given.
  void expect_silence(const outcome& o) const {
    EXPECT_THAT(o.out, AllOf(Not(HasSubstr(canary)), Not(HasSubstr(packed_canary))));
    EXPECT_THAT(o.err, AllOf(Not(HasSubstr(canary)), Not(HasSubstr(packed_canary))));
    for (const auto& e : fs::recursive_directory_iterator{room.path()})
      if (e.is_regular_file() && e.path().parent_path() != room / "given") {
        EXPECT_THAT(support::content_of(e.path()),
                    AllOf(Not(HasSubstr(canary)), Not(HasSubstr(packed_canary))))
            << e.path();
      }
  }
};

/// A way to give a secret; CANARY files are written before.
struct way {
  const char* name;
  std::function<void(const std::function<std::string(const std::string&, const std::string&)>& given,
                     support::command& c)>
      give;
  const char* arrives_in;  ///< the request header the server sees it in, or nothing
};
void PrintTo(const way& w, std::ostream* out) { *out << w.name; }

void add(support::command& c, const arguments& more) {
  c.arguments.insert(c.arguments.end(), more.begin(), more.end());
}

const std::string header = std::string{"Authorization: Bearer "} + canary;

const way ways[] = {
    {"argument", [](auto&, auto& c) { add(c, {"-H", header}); }, "authorization"},
    {"header_file", [](auto& given, auto& c) { add(c, {"-H", "@" + given("h", header + "\n")}); },
     "authorization"},
    {"environment", [](auto&, auto& c) { c.environment = {"SLUICE_HEADER=" + header}; }, "authorization"},
    {"header_file_of_the_environment",
     [](auto& given, auto& c) { c.environment = {"SLUICE_HEADER=@" + given("h", header + "\n")}; },
     "authorization"},
    {"configuration_file",
     [](auto& given, auto& c) {
       add(c, {"-K", given("c.json", R"({"header": ["x: y", ")" + header + R"("]})")});
     },
     "authorization"},
    {"bearer", [](auto&, auto& c) { add(c, {"--oauth2-bearer", canary}); }, "authorization"},
    {"bearer_file",
     [](auto& given, auto& c) { add(c, {"--oauth2-bearer", "@" + given("t", std::string{canary} + "\n")}); },
     "authorization"},
    {"user", [](auto&, auto& c) { add(c, {"-u", std::string{"me:"} + canary}); }, nullptr},
    {"user_file", [](auto& given, auto& c) { add(c, {"-u", "@" + given("u", std::string{"me:"} + canary)}); },
     nullptr},
    {"user_of_the_environment",
     [](auto&, auto& c) { c.environment = {std::string{"SLUICE_USER=me:"} + canary}; }, nullptr},
    {"token_command",
     [](auto& given, auto& c) { add(c, {"--token-command", "cat '" + given("t", header + "\n") + "'"}); },
     "authorization"},
    {"private_key",
     [](auto& given, auto& c) {
       const std::string certificates{TEST_CERTIFICATES};
       const auto key = canary + ("\n" + support::content_of(certificates + "/client.key"));
       add(c, {"--cert", certificates + "/client.pem", "--key", given("key", key)});
     },
     nullptr},
    {"password",
     [](auto& given, auto& c) {
       const std::string certificates{TEST_CERTIFICATES};
       const auto key = given("key", support::content_of(certificates + "/client.key"));
       add(c, {"--cert", certificates + "/client.pem", "--key", key, "--pass",
               "@" + given("pass", std::string{canary} + "\n")});
     },
     nullptr},
    {"written_out_password",
     [](auto&, auto& c) {
       const std::string certificates{TEST_CERTIFICATES};
       add(c, {"--cert", certificates + "/client.pem", "--pass", canary});
     },
     nullptr},
    {"url", [](auto&, auto& c) { c.arguments.at(3) += std::string{"?sig="} + canary; }, nullptr},
};

/// A circumstance is what the server does, and how much the user asks to be told.
struct circumstance {
  const char* rules;
  arguments options;
};
const circumstance circumstances[] = {
    {"[]", {"-v", "-v"}},
    {"[]", {"--log-json", "--joblog", "ROOM/log"}},
    {"[]", {"-v", "--joblog", "-"}},
    {"[]", {"-n", "-v"}},
    {"[]", {"-v", "--on-success", "delete", "--progress", "line", "--stats", "1ms"}},
    {R"([{"status": [503, 400], "body": "no"}])", {"-v", "--joblog", "ROOM/log"}},
    {R"([{"status": 401}])", {"-v", "--joblog", "ROOM/log"}},
    {R"([{"status": 403}])", {"--log-json"}},
    {R"([{"status": 307, "headers": {"Location": "https://localhost/other"}}])",
     {"-v", "--joblog", "ROOM/log"}},
    {R"([{"reply": "junk"}])", {"-v", "--log-json"}},
    {R"([{"reply": "none"}])", {"-v", "--joblog", "ROOM/log"}},
    {R"([{"endless": "header"}])", {"-v"}},
    {R"([{"handshake": "fail"}])", {"-v"}},
    {"[]", {"-v", "--cacert", TEST_CERTIFICATES "/ca.pem"}},
    {"[]", {"-v", "--connect-timeout", "1ms"}},
    {"[]", {"-v", "--window", "many"}},
    {"[]", {"-v", "--no-such-option"}},
};

class every_secret : public secrets, public testing::WithParamInterface<way> {};

TEST_P(every_secret, is_in_nothing_that_is_written) {
  std::size_t arrived = 0;
  for (const auto& what : circumstances) {
    support::sink to{what.rules};
    auto c = send_command(to, {"--retry", "1"});
    for (auto option : what.options) {
      if (const auto at = option.find("ROOM"); at != std::string::npos) option.replace(at, 4, room.path());
      c.arguments.push_back(option);
    }
    GetParam().give([this](auto& name, auto& text) { return given(name, text); }, c);
    SCOPED_TRACE(testing::PrintToString(c.arguments));
    expect_silence(run(c));
    for (const auto& r : to.ledger())
      if (GetParam().arrives_in != nullptr &&
          r.line.at("headers").at(GetParam().arrives_in) == std::string{"Bearer "} + canary)
        ++arrived;
    if (!fs::exists(files / "a.jpg")) files.add("a.jpg", "first"), files.add("b.jpg", "second");
  }
  EXPECT_EQ(arrived > 10, GetParam().arrives_in != nullptr);
}

INSTANTIATE_TEST_SUITE_P(secrets, every_secret, testing::ValuesIn(ways),
                         [](const auto& test) { return std::string{test.param.name}; });

TEST_F(secrets, are_not_shown_in_complaints) {
  support::sink to;
  for (const auto* text : {"CANARY-8d1f\n", "app_key CANARY-8d1f\n", "app_key: CANARY-8d1f\x01\n",
                           "bad name: CANARY-8d1f\n", "Content-Length: CANARY-8d1f\n", ": CANARY-8d1f\n"}) {
    for (const auto& way : {header_file(text), std::string{text}}) {
      const auto o = drain(to, {"-H", way});
      EXPECT_EQ(o.code, 2) << text;
      EXPECT_THAT(o.err, HasSubstr("--header"));
      expect_silence(o);
    }
    auto c = send_command(to);
    c.environment = {std::string{"SLUICE_HEADER="} + text};
    expect_silence(run(c));
  }
  for (const auto* text :
       {R"({"header": "Authorization CANARY-8d1f"})", R"({"header": {"Authorization": "CANARY-8d1f"}})",
        R"({"header": ["x: CANARY-8d1f\u0001"]})", R"({"headers": "x: CANARY-8d1f"})",
        R"({"header": "x: CANARY-8d1f",})", R"({"header": x: CANARY-8d1f)", R"(["x: CANARY-8d1f"])"}) {
    const auto o = drain(to, {"-K", given("config.json", text)});
    EXPECT_EQ(o.code, 2) << text;
    expect_silence(o);
  }
  EXPECT_EQ(to.stop().at("connections"), 0);
}

TEST_F(secrets, of_a_url_or_a_misspelt_option_are_not_shown_in_complaints) {
  for (const auto& command :
       {arguments{"send", files.root(), "https://user:CANARY-8d1f@localhost/x"},
        arguments{"send", files.root(), "https:/user:CANARY-8d1f@localhost/x"},
        arguments{"send", "https://user:CANARY-8d1f@localhost/x"},
        arguments{"send", files.root(), "localhost/x?sig=CANARY-8d1f"},
        arguments{"send", files.root(), "ftp://localhost/x?sig=CANARY-8d1f"},
        arguments{"send", files.root(), "https://localhost:0/x?sig=CANARY-8d1f"},
        arguments{"send", "https://localhost/x?sig=CANARY-8d1f"},
        arguments{"send", files.root(), "https://localhost/x", "--heder=x: CANARY-8d1f"}}) {
    const auto o = run(sluice(command));
    EXPECT_EQ(o.code, 2);
    EXPECT_THAT(o.err, Not(IsEmpty()));
    expect_silence(o);
  }
}

TEST_F(secrets, file_that_is_missing_is_told) {
  support::sink to;
  const auto o = drain(to, {"-H", "@" + (room / "nothing").string()});
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(o.err, AllOf(HasSubstr("--header: cannot read"), HasSubstr("nothing': No such file")));
  EXPECT_EQ(to.stop().at("connections"), 0);
}

TEST_F(secrets, file_that_everybody_can_read_is_warned_of_once) {
  support::sink to;
  const auto headers = given("h", header + "\n");
  const auto config = given("c.json", R"({"header": ")" + header + R"("})");
  const auto plain = given("p.json", R"({"window": 2})");
  const auto warnings = [&](mode_t mode, const arguments& options) {
    for (const auto& file : {headers, config, plain}) ::chmod(file.c_str(), mode);
    const auto o = drain(to, options);
    EXPECT_EQ(o.code, 0) << o.err;
    std::vector<std::string> found;
    for (const auto& line : support::lines_of(o.err))
      if (line.starts_with("sluice: warning: ")) found.push_back(line);
    return found;
  };
  const arguments both{"-H", "@" + headers, "-H", "@" + headers};
  EXPECT_THAT(warnings(0644, both),
              ElementsAre(AllOf(HasSubstr("--header"), HasSubstr(headers), HasSubstr("chmod 600"))));
  EXPECT_THAT(warnings(0644, {"-K", config}), ElementsAre(AllOf(HasSubstr("--config"), HasSubstr(config))));
  EXPECT_THAT(warnings(0644, {"-K", plain}), IsEmpty()) << "no secret is in it";
  EXPECT_THAT(warnings(0640, both), IsEmpty()) << "a group is somebody's choice";
  EXPECT_THAT(warnings(0600, both), IsEmpty());
}

TEST_F(secrets, private_key_that_others_can_read_is_refused) {
  support::sink to;
  const auto key = given("key", support::content_of(TEST_CERTIFICATES "/client.key"));
  ::chmod(key.c_str(), 0644);
  const auto o = drain(to, {"--cert", TEST_CERTIFICATES "/client.pem", "--key", key});
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(support::lines_of(o.err),
              ElementsAre(AllOf(HasSubstr("--key: "), HasSubstr(key), HasSubstr("chmod 600"))));
  EXPECT_EQ(to.stop().at("connections"), 0);
}

/// A run that waits for its server, looked at from outside.
class running : public secrets {
 protected:
  running() { fs::permissions(room.path(), fs::perms::all); }

  std::unique_ptr<support::process> start(support::command c) const {
    auto p = std::make_unique<support::process>(c);
    EXPECT_TRUE(p->wait_until([&] { return to_.requests() > 0; })) << p->err();
    return p;
  }
  static fs::path proc(const support::process& p, const char* name) {
    return "/proc/" + std::to_string(p.pid()) + "/" + name;
  }

  /// Flags of the open descriptors but the standard ones; only root may look at those of a process like ours.
  static std::map<std::string, unsigned> descriptors(const fs::path& of_process) {
    std::map<std::string, unsigned> found;
    for (const auto& e : fs::directory_iterator{of_process / "fdinfo"}) {
      const auto text = support::content_of(e.path());
      const auto flags = std::stoul(text.substr(text.find("flags:") + 6), nullptr, 8);
      if (std::stoi(e.path().filename()) > 2) found[e.path().filename()] = static_cast<unsigned>(flags);
    }
    return found;
  }

  support::sink to_{R"([{"delay_ms": 60000}])", {"--http"}};
};

TEST_F(running, arguments_are_those_that_were_typed) {
  auto c = send_command(to_, {"-H", header_file(header + "\n")});
  const auto p = start(c);
  std::string typed;
  for (const auto& a : c.arguments) typed += a + '\0';
  EXPECT_EQ(support::content_of(proc(*p, "cmdline")), typed);
  EXPECT_THAT(typed, Not(HasSubstr(canary)));
}

// The kernel gives the files below /proc/PID of a process that may not be dumped to root: nobody else
// attaches to it.
TEST_F(running, memory_is_neither_dumped_nor_read) {
  auto c = send_command(to_, {"--settle", "500ms"});
  c.as_nobody = true;
  const auto p = start(c);
  struct stat process{}, memory{};
  ASSERT_EQ(::stat(proc(*p, "").c_str(), &process), 0);
  ASSERT_EQ(::stat(proc(*p, "mem").c_str(), &memory), 0);
  EXPECT_EQ(memory.st_uid, 0u);
  EXPECT_THAT(support::content_of(proc(*p, "limits")), testing::ContainsRegex("Max core file size +0 +0"));
}

TEST_F(running, no_descriptor_is_inherited) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may look";
  const auto p =
      start(send_command(to_, {"--on-success", "delete", "--joblog", room / "log", "--lock", room / "lock"}));
  auto open = descriptors(proc(*p, ""));
  for (const auto& [number, flags] : descriptors("/proc/self"))
    if ((flags & O_CLOEXEC) == 0) open.erase(number);  // the descriptor came with us
  EXPECT_GT(open.size(), 8u) << "event queue, source, files, log, lock and connections";
  for (const auto& [number, flags] : open)
    EXPECT_TRUE(flags & O_CLOEXEC) << number << ": " << fs::read_symlink(proc(*p, "fd") / number);
}

}  // namespace
}  // namespace e2e
