#include "kv/batch.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "machine.hpp"

namespace holdfast::kv {
namespace {

std::string section_bytes(const Section& section) {
  std::string bytes;
  Writer out(bytes);
  put_section(section, out);
  return bytes;
}

std::string commands_section(const std::string& commands, std::uint32_t count) {
  return section_bytes(CommandsSection{NodeId(3), Index(9), 1, 100, count, commands});
}

bool is_accepted(std::string_view bytes) {
  Reader in(bytes);
  const auto section = get_section(in);
  EXPECT_EQ(section.has_value(), in.ok());
  return section.has_value();
}

TEST(Batch, CommandsSection_RoundTrips) {
  const std::string commands =
      encode_commands({{"SET", std::string("k\0\xff", 3), ""}, {"get", "k"}});
  const std::string bytes = commands_section(commands, 2);
  Reader in(bytes);
  const auto section = get_section(in);
  ASSERT_TRUE(section.has_value());
  EXPECT_TRUE(in.finished());
  const auto& read = std::get<CommandsSection>(*section);
  EXPECT_EQ(read.origin, NodeId(3));
  EXPECT_EQ(read.epoch, Index(9));
  EXPECT_EQ(read.first_seq, 1u);
  EXPECT_EQ(read.value_bytes_max, 100u);
  EXPECT_EQ(read.count, 2u);
  EXPECT_EQ(read.commands, commands);

  Reader commands_in(read.commands);
  std::vector<std::string_view> args;
  get_command(commands_in, args);
  EXPECT_EQ(args, (std::vector<std::string_view>{"SET", std::string_view("k\0\xff", 3), ""}));
  get_command(commands_in, args);
  EXPECT_EQ(args, (std::vector<std::string_view>{"get", "k"}));
  EXPECT_TRUE(commands_in.finished());
}

TEST(Batch, OpenSectionAndHeader_RoundTrip) {
  BatchText batch(77);
  batch.open(2, 0xfeed).open(3, 1);
  Reader in(batch.bytes());
  const auto time = get_batch_header(in);
  ASSERT_TRUE(time);
  EXPECT_EQ(time->cluster_ms, 77u);
  const auto first = get_section(in);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(std::get<OpenSection>(*first).origin, NodeId(2));
  EXPECT_EQ(std::get<OpenSection>(*first).nonce, 0xfeedu);
  EXPECT_TRUE(get_section(in).has_value());
  EXPECT_TRUE(in.finished());
}

TEST(Batch, HeaderOfAnotherVersionOrCut_IsRefused) {
  BatchText batch(77);
  std::string bytes(batch.bytes());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    Reader in(std::string_view(bytes).substr(0, cut));
    EXPECT_FALSE(get_batch_header(in).has_value());
  }
  bytes[0] = 1;
  Reader in(bytes);
  EXPECT_FALSE(get_batch_header(in).has_value());
}

TEST(Section, CommandThatCannotBeApplied_IsRefused) {
  const struct {
    const char* what;
    std::string commands;
    std::uint32_t count;
    bool accepted;
  } rows[] = {
      {"one command", encode_commands({{"INCR", "k"}}), 1, true},
      {"a read", encode_commands({{"GET", "k"}}), 1, true},
      {"bad words inside ONCE are the client's affair", encode_commands({{"ONCE", "x", "y", "z"}}),
       1, true},
      {"no command", "", 0, false},
      {"fewer commands than the count", encode_commands({{"INCR", "k"}}), 2, false},
      {"more commands than the count", encode_commands({{"INCR", "k"}, {"INCR", "k"}}), 1, false},
      {"unknown command", encode_commands({{"NOPE", "k"}}), 1, false},
      {"empty name", encode_commands({{""}}), 1, false},
      {"too few arguments", encode_commands({{"SET", "k"}}), 1, false},
      {"too many arguments", encode_commands({{"INCR", "k", "k"}}), 1, false},
      {"no arguments at all", std::string(4, '\0'), 1, false},
      {"huge argument count", std::string(4, '\xff'), 1, false},
      {"a trailing byte", encode_commands({{"INCR", "k"}}) + "x", 1, false},
      {"huge count", encode_commands({{"INCR", "k"}}), UINT32_MAX, false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(is_accepted(commands_section(row.commands, row.count)), row.accepted) << row.what;
  }
}

TEST(Section, ZeroIdsAndNumbersThatOverflow_AreRefused) {
  const std::string commands = encode_commands({{"INCR", "k"}});
  const auto with = [&](std::uint64_t origin, std::uint64_t epoch, std::uint64_t seq) {
    return is_accepted(
        section_bytes(CommandsSection{NodeId(origin), Index(epoch), seq, 1, 1, commands}));
  };
  EXPECT_TRUE(with(1, 1, 1));
  EXPECT_FALSE(with(0, 1, 1));
  EXPECT_FALSE(with(1, 0, 1));
  EXPECT_FALSE(with(1, 1, 0));
  EXPECT_FALSE(with(1, 1, UINT64_MAX));
  EXPECT_FALSE(is_accepted(section_bytes(OpenSection{NodeId(0), 5})));
  EXPECT_FALSE(is_accepted(std::string(64, '\0')));
  EXPECT_FALSE(is_accepted("\x03"));
}

TEST(Section, CutAtAnyByte_IsRefused) {
  const std::string commands = encode_commands({{"SET", "key", "value"}, {"MGET", "a", "b"}});
  for (const std::string& bytes :
       {commands_section(commands, 2), section_bytes(OpenSection{NodeId(1), 5})}) {
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      EXPECT_FALSE(is_accepted(std::string_view(bytes).substr(0, cut))) << cut;
    }
    EXPECT_TRUE(is_accepted(bytes));
  }
}

// Every section that get_section lets through must be safe to apply.
TEST(Section, RandomDamage_IsRefusedOrCanBeApplied) {
  const std::string good = commands_section(encode_commands({{"SET", "key", "value"},
                                                             {"APPEND", "key", "x"},
                                                             {"ONCE", "1", "1", "incr", "n"},
                                                             {"SESSION", "OPEN"},
                                                             {"FLUSHALL"},
                                                             {"MSET", "a", "b", "c", "d"}}),
                                            6);
  Prng prng(2);
  int accepted = 0;
  for (int round = 0; round < 6'000; ++round) {
    std::string bytes = good;
    for (auto flips = 1 + prng.below(3); flips > 0; --flips) {
      const auto bit = prng.below(bytes.size() * 8);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    }
    if (!is_accepted(bytes)) continue;
    ++accepted;
    StateMachine machine;
    Heard heard;
    machine.apply(Index(9), BatchText().open(3, 1).bytes(), heard);
    std::string entry;
    Writer out(entry);
    put_batch_header({}, out);
    out.put_raw(bytes);
    machine.apply(Index(10), entry, heard);
  }
  EXPECT_GT(accepted, 500);  // the test sees both sides
}

}  // namespace
}  // namespace holdfast::kv
