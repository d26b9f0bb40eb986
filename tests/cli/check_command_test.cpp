#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "cli/cli.hpp"

namespace holdfast::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kGood =
    R"({"client":1,"op":"put","key":"k","value":"v","call":0,"return":10})"
    "\n"
    R"({"client":2,"op":"get","key":"k","output":"v","call":20,"return":30})"
    "\n";
constexpr const char* kBad =
    R"({"client":1,"op":"put","key":"k","value":"v","call":0,"return":10})"
    "\n"
    R"({"client":2,"op":"get","key":"k","output":null,"call":20,"return":30})"
    "\n";
constexpr const char* kBroken = "\n{\"client\":1}\n";

class CheckCommand : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "holdfast-check-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  // Returns the exit code.
  int check(std::vector<std::string> args) {
    args.insert(args.begin(), {"holdfast", "check"});
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = run(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  std::filesystem::path folder_;
  std::string out_;
  std::string err_;
};

TEST_F(CheckCommand, LinearizableHistory_Returns0AndTheFigures) {
  const std::string good = file("good", kGood);
  EXPECT_EQ(check({good}), 0);
  EXPECT_THAT(
      out_, StartsWith(good + ": linearizable\n  operations: 2, clients: 2, keys: 1, parts: 1, "));
}

TEST_F(CheckCommand, HistoryThatIsNot_Returns1AndSaysWhere) {
  EXPECT_EQ(check({file("bad", kBad)}), 1);
  EXPECT_THAT(out_, HasSubstr("not linearizable: key \"k\""));
  EXPECT_THAT(out_, HasSubstr("client 2: get \"k\" -> nothing"));
}

TEST_F(CheckCommand, BrokenInput_Returns3AndTheLine) {
  EXPECT_EQ(check({file("broken", kBroken)}), 3);
  EXPECT_THAT(err_, HasSubstr("broken: line 2: "));
  EXPECT_EQ(check({(folder_ / "none").string()}), 3);
  EXPECT_THAT(err_, HasSubstr("none: can't be opened"));
}

TEST_F(CheckCommand, OperationThatTheModelHasNot_Returns3) {
  EXPECT_EQ(check({file("good", kGood), "--model", "counter"}), 3);
  EXPECT_THAT(err_, HasSubstr("line 1: a counter has no put"));
}

TEST_F(CheckCommand, WrongArguments_Return3) {
  EXPECT_EQ(check({}), 3);
  EXPECT_EQ(check({file("good", kGood), "--model", "set"}), 3);
  EXPECT_EQ(check({file("good", kGood), "--timeout", "-1"}), 3);
  EXPECT_EQ(check({file("good", kGood), file("bad", kBad), "--html", "x.html"}), 3);
  EXPECT_FALSE(std::filesystem::exists("x.html"));
}

TEST_F(CheckCommand, SeveralFiles_ReturnWhatMattersMost) {
  const std::string good = file("good", kGood);
  const std::string bad = file("bad", kBad);
  const std::string broken = file("broken", kBroken);
  EXPECT_EQ(check({good, broken}), 3);
  EXPECT_EQ(check({good, bad, broken}), 1);
  EXPECT_THAT(out_, HasSubstr(good + ": linearizable"));
}

TEST_F(CheckCommand, TimeThatIsUp_Returns2) {
  // Twenty puts and appends at once, of two values, and a get that no order explains.
  std::ostringstream hard;
  for (int i = 0; i < 40; ++i) {
    hard << R"({"client":)" << i << R"(,"op":")" << (i % 2 == 0 ? "put" : "append")
         << R"(","key":"k","value":")" << (i % 4 < 2 ? "a" : "b") << R"(","call":0,"return":1})"
         << "\n";
  }
  hard
      << R"({"client":99,"op":"get","key":"k","output":"aaaaaaaaaaaaaaaaaaaaaaab","call":0,"return":1})"
      << "\n";
  EXPECT_EQ(check({file("hard", hard.str()), "--timeout", "0.05"}), 2);
  EXPECT_THAT(out_, HasSubstr("unknown: a limit was met"));
}

// What stands between two lines that begin so.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find('\n', text.find(begin)) + 1;
  return text.substr(from, text.find(end, from) - from);
}

TEST_F(CheckCommand, DocumentsExample_PrintsWhatTheDocumentSays) {
  std::stringstream document;
  document << std::ifstream(HOLDFAST_TESTS_DIR "/../docs/checking.md").rdbuf();
  const std::string history = between(document.str(), "$ cat history.jsonl", "$ holdfast check");
  const std::string expected = between(document.str(), "$ holdfast check", "$ echo");
  EXPECT_EQ(check({file("history.jsonl", history)}), 1);
  const std::regex time("time: [0-9.]+ s");
  EXPECT_EQ(std::regex_replace(out_, time, "time"),
            folder_.string() + "/" + std::regex_replace(expected, time, "time"));
}

TEST_F(CheckCommand, Html_IsOnePageThatLoadsNothing) {
  const std::string page = (folder_ / "page.html").string();
  EXPECT_EQ(check({file("bad", kBad), "--html", page}), 1);
  std::stringstream text;
  text << std::ifstream(page).rdbuf();
  EXPECT_THAT(text.str(), StartsWith("<!doctype html>"));
  EXPECT_THAT(text.str(), HasSubstr("</html>"));
  EXPECT_THAT(text.str(), testing::Not(HasSubstr("src=")));
  EXPECT_THAT(text.str(), testing::Not(HasSubstr("http:")));
  EXPECT_EQ(check({file("bad", kBad), "--html", (folder_ / "none" / "page").string()}), 3);
  EXPECT_THAT(err_, HasSubstr("can't be written"));
}

}  // namespace
}  // namespace holdfast::cli
