#include "replica/write_queue.hpp"

#include <gtest/gtest.h>

namespace holdfast::replica {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kNonce = 7;

std::string text_of(const Completion& completion) {
  const auto* error = std::get_if<kv::Reply::Error>(&completion.reply.value);
  return error == nullptr ? "" : error->text.substr(0, error->text.find(' '));
}

class WriteQueueTest : public testing::Test {
 protected:
  WriteQueueTest() { queue.opened(kNonce, Index(1)); }

  void add(int count) {
    const std::vector<std::string_view> set{"SET", "k", "v"};
    for (int i = 0; i < count; ++i) EXPECT_FALSE(queue.add(now, {1, ++request}, set));
  }
  void number_all() {
    while (!queue.next_section(now).empty()) {
    }
  }

  Config config;
  WriteQueue queue{NodeId(2), kNonce, config};
  Instant now{std::chrono::seconds(1)};
  std::uint64_t request = 0;
};

TEST_F(WriteQueueTest, Expired_AreUnknownIfSentAndRefusedIfNot) {
  add(2);
  number_all();
  now += milliseconds(1);
  add(1);
  const Instant last_deadline = now + config.request_timeout;
  queue.tick(last_deadline - milliseconds(1), true);
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_EQ(queue.next_deadline(), last_deadline);
  now = last_deadline;
  queue.tick(now, true);
  const auto done = queue.take_completions();
  ASSERT_EQ(done.size(), 3u);
  EXPECT_EQ(text_of(done[0]), "UNKNOWN");
  EXPECT_EQ(text_of(done[1]), "UNKNOWN");
  EXPECT_EQ(text_of(done[2]), "CLUSTERDOWN");
  EXPECT_EQ(queue.size(), 2u) << "those wait for a new epoch, without a key";
}

// Kills: sending again under the new numbers what a client was told about; and forgetting the rest.
TEST_F(WriteQueueTest, NewEpoch_HasWhatIsStillAwaitedInItsOrder) {
  add(2);
  number_all();
  now += milliseconds(1);
  add(2);
  number_all();
  add(1);
  queue.tick(now - milliseconds(1) + config.request_timeout, true);
  EXPECT_EQ(queue.take_completions().size(), 2u);
  queue.opened(kNonce, Index(9));
  EXPECT_EQ(queue.size(), 3u);
  number_all();
  for (std::uint64_t seq = 1; seq <= 3; ++seq) queue.applied(now, Index(9), seq, kv::Reply::ok());
  const auto done = queue.take_completions();
  ASSERT_EQ(done.size(), 3u);
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(done[i].key.request, 3 + i);
  EXPECT_EQ(queue.bytes(), 0u);
}

// Kills: looking at all that was given up at each tick. This took minutes.
TEST_F(WriteQueueTest, ManyInFront_AreLookedAtOnce) {
  constexpr int kMany = 200'000;
  config.pending_bytes_max = std::size_t{1} << 30;
  add(kMany);
  number_all();
  for (int i = 0; i < kMany; ++i) {
    now += Duration(1);
    add(1);
  }
  now = Instant(std::chrono::seconds(1)) + config.request_timeout;
  queue.tick(now, true);
  for (int i = 0; i < kMany; ++i) {
    now = queue.next_deadline();
    queue.tick(now, true);
  }
  EXPECT_EQ(queue.take_completions().size(), 2u * kMany);
  EXPECT_EQ(queue.size(), static_cast<std::size_t>(kMany));
}

// Kills: a head that tells of other commands than those that follow it.
TEST_F(WriteQueueTest, Section_HasWhatFitsBehindTheRoomThatWasAskedFor) {
  config.section_bytes_max = 130;  // two commands of 60 bytes
  const std::string value(40, 'x');
  const std::vector<std::string_view> set{"SET", "k", value};
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(queue.add(now, {1, ++request}, set));
  std::vector<std::uint64_t> counts;
  for (std::string section = queue.next_section(now, 5); !section.empty();
       section = queue.next_section(now, 5)) {
    EXPECT_EQ(section.substr(0, 5), std::string(5, '\0'));
    Reader reader(std::string_view(section).substr(5));
    const auto got = kv::get_section(reader);
    ASSERT_TRUE(got && reader.finished());
    const auto& commands = std::get<kv::CommandsSection>(*got);
    EXPECT_EQ(commands.first_seq, counts.empty() ? 1 : 1 + counts.front());
    counts.push_back(commands.count);
  }
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{2, 1}));
}

}  // namespace
}  // namespace holdfast::replica
