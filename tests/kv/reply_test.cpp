#include "kv/reply.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "machine.hpp"

namespace holdfast::kv {
namespace {

std::string encoded(const Reply& reply) {
  std::string bytes;
  Writer out(bytes);
  encode(reply, out);
  return bytes;
}

Reply nested(int depth) {
  Reply reply = Reply::integer(1);
  for (int i = 0; i < depth; ++i) reply = Reply::array({std::move(reply)});
  return reply;
}

std::vector<Reply> samples() {
  return {Reply::null(),
          Reply::ok(),
          Reply::status(""),
          Reply::error("ERR no"),
          Reply::integer(0),
          Reply::integer(INT64_MIN),
          Reply::integer(INT64_MAX),
          Reply::bulk(""),
          Reply::bulk(std::string("a\0\r\n\xff", 5)),
          Reply::array({}),
          Reply::array({Reply::null(), Reply::bulk("x"), Reply::array({Reply::integer(-1)})}),
          Reply::map({Reply::bulk("k"), Reply::map({})}),
          Reply::verbatim("lines\nof text"),
          nested(8)};
}

TEST(Reply, WhatWasEncoded_IsDecoded) {
  for (const Reply& reply : samples()) {
    const std::string bytes = encoded(reply);
    Reader in(bytes);
    EXPECT_EQ(decode_reply(in), reply);
    EXPECT_TRUE(in.finished());
  }
}

TEST(Reply, CutAtAnyByte_Fails) {
  for (const Reply& reply : samples()) {
    const std::string bytes = encoded(reply);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      Reader in(std::string_view(bytes).substr(0, cut));
      (void)decode_reply(in);
      EXPECT_FALSE(in.ok()) << testing::PrintToString(bytes) << " cut at " << cut;
    }
  }
}

TEST(Reply, NestedTooDeep_FailsToDecode) {
  std::string bytes;
  for (int i = 0; i < kReplyDepthMax + 1; ++i) bytes += std::string("\5\1\0\0\0", 5);
  bytes += '\0';
  Reader in(bytes);
  (void)decode_reply(in);
  EXPECT_FALSE(in.ok());
}

TEST(Reply, UnknownTag_OddMap_HugeCount_FailToDecode) {
  using namespace std::string_literals;
  for (const std::string& bytes : {"\x09"s, "\xff"s, "\6\1\0\0\0\0"s, "\5\xff\xff\xff\xff\0"s}) {
    Reader in(bytes);
    (void)decode_reply(in);
    EXPECT_FALSE(in.ok()) << testing::PrintToString(bytes);
  }
}

TEST(Reply, AnyFlippedBit_NeverCrashes_AndWhatDecodesEncodesToTheSame) {
  for (const Reply& reply : samples()) {
    const std::string good = encoded(reply);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string bytes = good;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
      Reader in(bytes);
      const Reply decoded = decode_reply(in);
      if (in.finished()) {
        EXPECT_EQ(encoded(decoded), bytes);
      }
    }
  }
}

TEST(Reply, RandomBytes_NeverCrash) {
  Prng prng(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (auto size = prng.below(40); size > 0; --size) {
      bytes += static_cast<char>(prng.below(4) == 0 ? prng.below(256) : prng.below(8));
    }
    Reader in(bytes);
    const Reply decoded = decode_reply(in);
    if (in.finished()) {
      EXPECT_EQ(encoded(decoded), bytes);
    }
  }
}

}  // namespace
}  // namespace holdfast::kv
