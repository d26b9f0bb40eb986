#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "machine.hpp"

// Every command with arguments that may make sense to it: for the sanitizers, and for what holds of
// all commands alike. Whether replies are right tests/differential knows.

namespace holdfast::kv {
namespace {

class RandomWords {
 public:
  explicit RandomWords(std::uint64_t seed) : prng_(seed) {}

  Words of(const CommandSpec& spec) {
    Words words = words_of(spec);
    const auto least = static_cast<std::size_t>(std::abs(spec.arity));
    const std::size_t size = least + (spec.arity < 0 ? prng_.below(6) : 0);
    while (words.size() < size) words.push_back(word());
    return words;
  }
  const CommandSpec& command() {
    const auto all = all_commands();
    return *all[prng_.below(all.size())];
  }

 private:
  std::string word() {
    static constexpr const char* kPool[] = {"a",     "b",       "c",
                                            "a",     "b",       "c",
                                            "0",     "1",       "-1",
                                            "7",     "8",       "63",
                                            "4000",  "-3",      "70",
                                            "100",   "5000",    "9223372036854775807",
                                            "NX",    "XX",      "GET",
                                            "SET",   "INCRBY",  "OVERFLOW",
                                            "SAT",   "FAIL",    "-9223372036854775808",
                                            "u8",    "i64",     "u63",
                                            "i5",    "#3",      "BIT",
                                            "AND",   "OR",      "XOR",
                                            "NOT",   "IDX",     "LEN",
                                            "MATCH", "REPLACE", "ABSTTL",
                                            "EX",    "PXAT",    "KEEPTTL",
                                            "GT",    "IFEQ",    "*[a-",
                                            "1.5",   "inf",     "COUNT",
                                            "DB",    "0x1p9",   "MINMATCHLEN"};
    if (prng_.below(10) != 0) return kPool[prng_.below(std::size(kPool))];
    std::string bytes(prng_.below(prng_.below(4) == 0 ? 6000 : 12), '\0');
    for (char& c : bytes) c = static_cast<char>(prng_.next());
    return bytes;
  }

  Prng prng_;
};

std::vector<Reply> contents(Machine& machine) {
  std::vector<Reply> replies{machine.read({"DBSIZE"}), machine.read({"MGET", "a", "b", "c"})};
  for (const char* key : {"a", "b", "c"}) replies.push_back(machine.read({"PEXPIRETIME", key}));
  return replies;
}

TEST(AnyCommand, ThatIsRefused_ChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    RandomWords random(seed);
    Machine machine;
    machine.value_bytes_max = 20'000;
    int refused = 0;
    for (int i = 0; i < 10'000; ++i) {
      const Words words = random.of(random.command());
      const auto before = contents(machine);
      if (!machine.run(words).is_error()) continue;
      ++refused;
      ASSERT_EQ(contents(machine), before) << "seed " << seed << testing::PrintToString(words);
    }
    EXPECT_GT(refused, 1000);
    EXPECT_LT(refused, 9000);
  }
}

}  // namespace
}  // namespace holdfast::kv
