#include "kv/state_builder.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "copies.hpp"
#include "kv/piece.hpp"
#include "machine.hpp"

namespace holdfast::kv {
namespace {

// Of each kind of piece one at least.
Pieces small_copy() {
  Machine machine;
  for (int i = 0; i < 3; ++i) {
    const std::string session = std::to_string(machine.open_session());
    machine.run({"ONCE", session, "1", "APPEND", "{t}k" + std::to_string(i), "value"});
    machine.run({"ONCE", session, "3", "INCR", "{t}k" + std::to_string(i)});
  }
  machine.run({"SET", "other", std::string(40, 'x')});
  return copy_of(machine.state(), 150);
}

std::string header_piece(const CopyHeader& header) {
  std::string piece;
  Writer out(piece);
  put_piece_kind(PieceKind::kHeader, out);
  put_header(header, out);
  return piece;
}

std::string sessions_piece(const std::vector<Session>& sessions) {
  std::string piece;
  Writer out(piece);
  put_piece_kind(PieceKind::kSessions, out);
  for (const Session& session : sessions) put_session(session, out);
  return piece;
}

std::string keys_piece(std::uint32_t count, const std::vector<std::string>& keys) {
  std::string piece;
  Writer out(piece);
  put_piece_kind(PieceKind::kKeys, out);
  out.put(count);
  for (const std::string& key : keys) {
    put_pair({.key = key, .value = "value", .expires_ms = 0, .revision = 1}, out);
  }
  return piece;
}

Value integer_reply() {
  std::string bytes;
  Writer out(bytes);
  encode(Reply::integer(1), out);
  return Value(bytes);
}

// A builder that has a header for these many.
StateBuilder builder_for(std::uint64_t sessions, std::uint64_t keys) {
  StateBuilder builder;
  EXPECT_TRUE(builder.add(header_piece({.applied_index = Index(9),
                                        .cluster_time_ms = 100,
                                        .session_time_ms = 100,
                                        .last_session_id = 50,
                                        .sessions = sessions,
                                        .keys = keys,
                                        .revision = 1,
                                        .origins = {}})));
  return builder;
}

// The bytes are on disks and between versions, so they are what they are.
TEST(Pieces, OfASmallState_AreTheseBytes) {
  Machine machine;
  machine.now_ms = 5;
  machine.run({"SET", "ab", "c"});
  const Pieces pieces = copy_of(machine.state());
  ASSERT_EQ(pieces.size(), 2u);
  const auto zeros = [](std::size_t n) { return std::string(n, '\0'); };
  EXPECT_EQ(pieces[0], "\x02\x01\x02" + zeros(7) + "\x05" + zeros(7) + "\x05" + zeros(7) +
                           zeros(8) + zeros(8) + "\x01" + zeros(7) + "\x01" + zeros(7) + "\x01" +
                           zeros(3) + "\x01" + zeros(7) + "\x01" + zeros(7) + "\x02" + zeros(7) +
                           zeros(4));
  EXPECT_EQ(pieces[1], "\x02\x03\x01" + zeros(3) + "\x02" + zeros(3) + "ab" + "\x01" + zeros(3) +
                           "c" + zeros(8) + "\x01" + zeros(7));
}

TEST(StateBuilder, PieceMissingTwiceOrOutOfOrder_BuildsNothing) {
  const Pieces good = small_copy();
  ASSERT_GE(good.size(), 4u);
  EXPECT_TRUE(built_of(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    Pieces missing = good;
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(built_of(missing)) << i;
    Pieces twice = good;
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), good[i]);
    EXPECT_FALSE(built_of(twice)) << i;
  }
  Pieces header_late = good;
  std::swap(header_late[0], header_late[1]);
  EXPECT_FALSE(built_of(header_late));
}

TEST(StateBuilder, AfterABadPieceOrTheEnd_TakesNothingMore) {
  const Pieces good = small_copy();
  StateBuilder builder;
  EXPECT_FALSE(builder.add("no piece"));
  EXPECT_FALSE(builder.add(good[0]));
  EXPECT_FALSE(builder.finish());
  StateBuilder finished;
  for (const std::string& piece : good) EXPECT_TRUE(finished.add(piece));
  EXPECT_TRUE(finished.finish());
  EXPECT_FALSE(finished.add(good[0]));
  EXPECT_FALSE(finished.finish());
  EXPECT_FALSE(StateBuilder().finish());
}

TEST(StateBuilder, PieceCutOrLengthened_BuildsNothing) {
  const Pieces good = small_copy();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (std::size_t size = 0; size < good[i].size(); ++size) {
      Pieces cut = good;
      cut[i].resize(size);
      EXPECT_FALSE(built_of(cut)) << "piece " << i << " cut to " << size;
    }
    Pieces longer = good;
    longer[i] += '\x01';
    EXPECT_FALSE(built_of(longer)) << i;
  }
}

// Not every flipped bit can be noticed here, but none leads to a state that can't be used.
TEST(StateBuilder, BitsFlipped_BuildsNothingOrAStateThatWorks) {
  const Pieces good = small_copy();
  Prng prng(1);
  int built = 0;
  for (int i = 0; i < 4000; ++i) {
    Pieces bad = good;
    for (auto flips = prng.between(1, 3); flips > 0; --flips) {
      std::string& piece = bad[prng.below(bad.size())];
      piece[prng.below(piece.size())] ^= static_cast<char>(1 << prng.below(8));
    }
    auto state = built_of(bad);
    if (!state) continue;
    ++built;
    const Index next = state->applied_index().next();
    if (next == Index()) continue;
    Heard heard;
    BatchText batch(state->cluster_time_ms());
    batch.open(4, 1).commands(4, next.value(), 1,
                              {{"SESSION", "OPEN"},
                               {"ONCE", "3072", "1", "APPEND", "{t}k0", "value"},
                               {"ONCE", "7168", "7", "ACK", "5", "INCR", "{t}k1"},
                               {"SESSION", "CLOSE", "5120"},
                               {"FLUSHALL"}});
    state->apply(next, batch.bytes(), heard);
    EXPECT_EQ(heard.replies.size(), 5u);
    EXPECT_TRUE(built_of(copy_of(*state)));
  }
  EXPECT_GT(built, 200);
}

TEST(StateBuilder, HeaderThatCannotBe_IsRefused) {
  const auto is_good = [](const CopyHeader& header) {
    return StateBuilder().add(header_piece(header));
  };
  const Index at(7);
  EXPECT_TRUE(is_good({.applied_index = at, .origins = {{NodeId(1), {at, 1}}}}));
  EXPECT_FALSE(is_good({.applied_index = at, .origins = {{NodeId(1), {at, 0}}}}));
  EXPECT_FALSE(is_good({.applied_index = at, .origins = {{NodeId(1), {at.next(), 1}}}}));
  std::string other_version = header_piece({});
  other_version[0] = 1;
  EXPECT_FALSE(StateBuilder().add(other_version));
}

TEST(StateBuilder, SessionThatCannotBe_IsRefused) {
  const auto is_good = [](const std::vector<Session>& sessions) {
    return builder_for(sessions.size(), 0).add(sessions_piece(sessions));
  };
  const RecordedReply first{5, 0, integer_reply()}, second{6, 0, integer_reply()};
  EXPECT_TRUE(is_good({{.id = 4, .used_ms = 10, .replies = {first, second}},
                       {.id = 3, .used_ms = 10, .lowest_awaited = 5, .replies = {first}}}));
  EXPECT_FALSE(is_good({{.id = 0}}));
  EXPECT_FALSE(is_good({{.id = 51}}));                                          // never given
  EXPECT_FALSE(is_good({{.id = 4}, {.id = 4}}));                                // twice
  EXPECT_FALSE(is_good({{.id = 4, .used_ms = 101}}));                           // in the future
  EXPECT_FALSE(is_good({{.id = 4, .used_ms = 11}, {.id = 5, .used_ms = 10}}));  // not in order
  EXPECT_FALSE(is_good({{.id = 4, .lowest_awaited = 0}}));
  EXPECT_FALSE(is_good({{.id = 4, .lowest_awaited = 6, .replies = {first}}}));
  EXPECT_FALSE(is_good({{.id = 4, .replies = {second, first}}}));
  EXPECT_FALSE(is_good({{.id = 4, .replies = {first, first}}}));
  EXPECT_FALSE(is_good({{.id = 4, .replies = {{5, 0, Value("no reply")}}}}));
  EXPECT_FALSE(builder_for(0, 0).add(sessions_piece({{.id = 4}})));  // more than announced
}

TEST(StateBuilder, KeysThatCannotBe_AreRefused) {
  EXPECT_TRUE(builder_for(0, 2).add(keys_piece(2, {"{t}a", "{t}b"})));
  EXPECT_FALSE(builder_for(0, 2).add(keys_piece(2, {"a", "b"})));  // of two slots
  EXPECT_FALSE(builder_for(0, 2).add(keys_piece(2, {"a", "a"})));
  EXPECT_FALSE(builder_for(0, 2).add(keys_piece(0, {})));
  EXPECT_FALSE(builder_for(0, 1).add(keys_piece(2, {"{t}a", "{t}b"})));  // more than announced
  EXPECT_FALSE(builder_for(0, 2).add(keys_piece(UINT32_MAX, {"a"})));
}

}  // namespace
}  // namespace holdfast::kv
