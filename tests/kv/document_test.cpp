#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "machine.hpp"

// The dialogues in docs/exactly-once.md are run, in order, on one state machine.

namespace holdfast::kv {
namespace {

// As redis-cli prints it.
std::string shown(const Reply& reply) {
  if (const auto* n = std::get_if<std::int64_t>(&reply.value)) {
    return "(integer) " + std::to_string(*n);
  }
  if (const auto* bulk = std::get_if<Reply::Bulk>(&reply.value))
    return '"' + std::string(bulk->bytes.view()) + '"';
  if (const auto* status = std::get_if<Reply::Status>(&reply.value)) return status->text;
  return "(error) " + error_of(reply);
}

TEST(ExactlyOnceDocument, Dialogues_AreTrue) {
  const std::string prompt = "holdfast> ";
  std::ifstream file(HOLDFAST_TESTS_DIR "/../docs/exactly-once.md");
  ASSERT_TRUE(file.is_open());
  Machine machine;
  int commands = 0;
  bool in_dialogue = false;
  for (std::string line, answer; std::getline(file, line);) {
    if (line.starts_with("```")) {
      in_dialogue = line == "```redis-cli";
    } else if (in_dialogue && line.starts_with(prompt)) {
      std::istringstream in(line.substr(prompt.size()));
      const Words words{std::istream_iterator<std::string>(in), {}};
      answer = shown(machine.run(words));
      ++commands;
    } else if (in_dialogue) {
      EXPECT_EQ(answer, line);
    }
  }
  EXPECT_EQ(commands, 11);
}

TEST(ExactlyOnceDocument, Bounds_AreTheDefaults) {
  const Limits limits;
  EXPECT_EQ(limits.session_ttl_ms, 3'600'000u);
  EXPECT_EQ(limits.sessions_max, 10'000u);
  EXPECT_EQ(limits.session_replies_max, 128u);
  EXPECT_EQ(limits.session_reply_bytes_max, 1u << 20);
  EXPECT_EQ(limits.reply_bytes_max, 256u << 20);
}

}  // namespace
}  // namespace holdfast::kv
