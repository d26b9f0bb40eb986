#include "lincheck/json_lines.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::lincheck {
namespace {

Operation with_outcome(Operation operation, std::int64_t return_ns, Output output = {}) {
  operation.return_ns = return_ns;
  operation.output = std::move(output);
  return operation;
}

std::expected<History, InputError> read(const std::string& text) {
  std::istringstream in(text);
  return read_history(in);
}

TEST(JsonLines, EveryKindOfOperation_ComesBackAsItWas) {
  const std::string bytes("\0\xff\x80", 3);
  const History history{
      with_outcome(put(1, "k", "v", 10), 20),
      put(1, "k", "", 10),
      with_outcome(append(2, "k", "ä\n\"\\", -5), 20, std::int64_t{7}),
      with_outcome(append(2, "k", bytes, 11), 21),
      with_outcome(get(3, "", 12), 22, std::vector<Found>{"v"}),
      with_outcome(get(3, "k", 12), 22, std::vector<Found>{""}),
      with_outcome(get(3, "k", 12), 22, std::vector<Found>{std::nullopt}),
      with_outcome(get(3, "k", 12), 22),
      get(3, "k", 12),
      with_outcome(incr(4, "n", -3, 13), 23, std::int64_t{-3}),
      with_outcome(del(5, {"a", "b"}, 14), 24, std::int64_t{1}),
      with_outcome(del(5, {"a"}, 14), 24, std::int64_t{0}),
      with_outcome(mset(6, {"a", bytes}, {"1", "2"}, 15), 25),
      with_outcome(mset(6, {"a"}, {"1"}, 15), 25),
      with_outcome(mget(7, {"a", "b", "c"}, 16), 26, std::vector<Found>{"1", std::nullopt, bytes}),
      with_outcome(mget(7, {"a"}, 16), 26, std::vector<Found>{"1"}),
      with_outcome(put(std::numeric_limits<std::uint64_t>::max(), "k", "v",
                       std::numeric_limits<std::int64_t>::min()),
                   std::numeric_limits<std::int64_t>::max())};
  std::ostringstream out;
  write_history(history, out);
  const auto again = read(out.str());
  ASSERT_TRUE(again.has_value()) << again.error().line << ": " << again.error().reason;
  EXPECT_EQ(*again, history);
}

TEST(JsonLines, OutputWithoutAReturn_IsRefusedWithTheLineCountingEmptyOnes) {
  const auto history =
      read(R"({"client":1,"op":"put","key":"k","value":"v","output":null,"call":1,"return":2})"
           "\n\n"
           R"({"client":2,"op":"get","key":"k","output":"v","call":1,"return":null})"
           "\n");
  ASSERT_FALSE(history.has_value());
  EXPECT_EQ(history.error(), (InputError{3, "it has an output but did not return"}));
}

TEST(JsonLines, MalformedLine_IsRefusedWithItsNumberAndTheReason) {
  const std::string good = R"({"client":1,"op":"get","key":"k","call":1,"return":2})";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{", "this is not JSON: incomplete JSON"},
      {"[]", "this is not a JSON object"},
      {good + "x", "this is not JSON: extra data"},
      {R"({"client":1,"op":"get","key":"k","call":1})",
       "'return' is missing; it is null for an unknown outcome"},
      {R"({"client":1,"op":"get","key":"k","return":1})", "'call' is missing"},
      {R"({"client":-1,"op":"get","key":"k","call":1,"return":2})", "'client' is negative"},
      {R"({"client":1,"op":"cas","key":"k","call":1,"return":2})",
       "'op' is none of put, append, get, incr, del, mset, mget, persist"},
      {R"({"client":1,"op":"get","call":1,"return":2})", "get needs a key"},
      {R"({"client":1,"op":"get","key":1,"call":1,"return":2})",
       "'key' is neither a string nor {\"hex\":\"…\"}"},
      {R"({"client":1,"op":"get","key":{"hex":"0g"},"call":1,"return":2})",
       "'key' is neither a string nor {\"hex\":\"…\"}"},
      {R"({"client":1,"op":"get","keys":["a","b"],"call":1,"return":2})", "get takes one key"},
      {R"({"client":1,"op":"get","key":"a","keys":["b"],"call":1,"return":2})",
       "'key' and 'keys' exclude each other"},
      {R"({"client":1,"op":"put","key":"k","call":1,"return":2})",
       "put needs 1 values here, not 0"},
      {R"({"client":1,"op":"put","key":"k","value":"v","output":"OK","call":1,"return":2})",
       "a write without an answer has an output"},
      {R"({"client":1,"op":"append","key":"k","value":"v","output":"1","call":1,"return":2})",
       "'output' is not an integer of 64 bits"},
      {R"({"client":1,"op":"mget","keys":["a"],"output":[],"call":1,"return":2})",
       "this is no output of mget"},
      {R"({"client":1,"op":"get","key":"k","by":2,"call":1,"return":2})", "'by' is for incr only"},
      {R"({"client":1,"op":"get","key":"k","call":1.5,"return":2})",
       "'call' is not an integer of 64 bits"},
      {R"({"client":1,"op":"get","key":"k","call":3,"return":2})",
       "it returned before it was called"},
      {R"({"client":1,"op":"get","key":"k","call":1,"retrun":2})", "there is no field 'retrun'"},
  };
  for (const auto& [line, reason] : cases) {
    const auto history = read(good + "\n" + line + "\n" + good + "\n");
    ASSERT_FALSE(history.has_value()) << line;
    EXPECT_EQ(history.error(), (InputError{2, reason})) << line;
  }
}

TEST(JsonLines, WindowsLineEndsAndAMissingLastOne_AreRead) {
  const std::string line = R"({"client":1,"op":"get","key":"k","call":1,"return":2})";
  const auto history = read(line + "\r\n" + line);
  ASSERT_TRUE(history.has_value());
  EXPECT_EQ(history->size(), 2u);
}

}  // namespace
}  // namespace holdfast::lincheck
