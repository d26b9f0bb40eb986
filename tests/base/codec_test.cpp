#include "base/codec.hpp"

#include <gtest/gtest.h>

#include "base/address.hpp"
#include "base/checksum.hpp"
#include "base/prng.hpp"

namespace holdfast {
namespace {

TEST(Codec, WhatWasWritten_IsRead) {
  std::string out;
  Writer writer(out);
  writer.put(std::uint8_t{7});
  writer.put(std::uint32_t{0xdeadbeef});
  writer.put(Index(42));
  writer.put_i64(-5);
  writer.put_bytes(std::string_view("a\0b", 3));
  Reader reader(out);
  EXPECT_EQ(reader.u8(), 7);
  EXPECT_EQ(reader.u32(), 0xdeadbeef);
  EXPECT_EQ(reader.id<Index>(), Index(42));
  EXPECT_EQ(reader.i64(), -5);
  EXPECT_EQ(reader.bytes(), std::string_view("a\0b", 3));
  EXPECT_TRUE(reader.finished());
}

TEST(Codec, CutAtAnyByte_FailsAndStaysFailed) {
  std::string out;
  Writer writer(out);
  writer.put(std::uint64_t{1});
  writer.put_bytes("hello");
  for (std::size_t cut = 0; cut < out.size(); ++cut) {
    Reader reader(std::string_view(out).substr(0, cut));
    (void)reader.u64();
    (void)reader.bytes();
    EXPECT_FALSE(reader.ok()) << cut;
    EXPECT_EQ(reader.u8(), 0);
  }
}

TEST(Codec, LengthBeyondTheInput_FailsWithoutAllocating) {
  Reader reader(std::string_view("\xff\xff\xff\xff", 4));
  EXPECT_TRUE(reader.bytes().empty());
  EXPECT_FALSE(reader.ok());
}

TEST(Prng, SameSeed_SameNumbers) {
  Prng a(9), b(9);
  for (int i = 0; i < 100; ++i) {
    const auto n = a.between(10, 20);
    EXPECT_EQ(n, b.between(10, 20));
    EXPECT_GE(n, 10u);
    EXPECT_LE(n, 20u);
  }
}

TEST(Checksum, OneFlippedBit_Differs) {
  EXPECT_NE(checksum("abc"), checksum("abb"));
  EXPECT_NE(checksum("abc", 1), checksum("abc", 2));
}

TEST(Address, ParsesAndPrints) {
  EXPECT_EQ(Address::parse("127.0.0.1:80"), (Address{"127.0.0.1", 80}));
  EXPECT_EQ(Address::parse("[::1]:80"), (Address{"::1", 80}));
  EXPECT_EQ((Address{"::1", 80}).to_string(), "[::1]:80");
  for (const char* bad : {"", "x", ":80", "h:", "h:70000", "h:-1", "h:8x", "::1:80", "[]:80"}) {
    EXPECT_FALSE(Address::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace holdfast
