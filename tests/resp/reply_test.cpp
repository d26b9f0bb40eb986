#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/prng.hpp"
#include "resp/number.hpp"
#include "resp/reply_parser.hpp"
#include "resp/reply_writer.hpp"

namespace holdfast::resp {
namespace {

using namespace std::string_literals;
using Event = ReplyParser::Event;

struct Parsed {
  std::vector<Value> values;
  std::string error;
  bool operator==(const Parsed&) const = default;
};

void drain(ReplyParser& parser, Parsed& parsed) {
  for (;;) {
    const Event event = parser.next();
    if (event == Event::kError) parsed.error = parser.error();
    if (event != Event::kReply) return;
    parsed.values.push_back(parser.take());
  }
}

Parsed parse(std::string_view bytes, std::size_t piece = std::string_view::npos,
             ReplyLimits limits = {}) {
  ReplyParser parser(limits);
  Parsed parsed;
  do {
    parser.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    drain(parser, parsed);
  } while (!bytes.empty());
  return parsed;
}

Value bulk(std::string bytes) {
  return {Value::Bulk{std::move(bytes)}};
}
Value integer(std::int64_t n) {
  return {n};
}

std::string everything(Protocol protocol) {
  std::string out;
  ReplyWriter writer(out, protocol);
  writer.status("OK");
  writer.error("ERR no\r\n+OK");
  writer.integer(std::numeric_limits<std::int64_t>::min());
  writer.bulk(std::string_view("a\r\n\0b", 5));
  writer.null();
  writer.null_array();
  writer.boolean(true);
  writer.number(1.5);
  writer.number(-std::numeric_limits<double>::infinity());
  writer.verbatim("text");
  writer.array(2);
  writer.map(1);
  writer.bulk("k");
  writer.integer(1);
  writer.array(0);
  writer.push(1);
  writer.bulk("p");
  return out;
}

TEST(ReplyWriter, Resp2_UsesItsNearestWords) {
  EXPECT_EQ(everything(Protocol::kResp2),
            "+OK\r\n-ERR no  +OK\r\n:-9223372036854775808\r\n$5\r\na\r\n\0b\r\n$-1\r\n*-1"
            "\r\n:1\r\n$3\r\n1.5\r\n$4\r\n-inf\r\n$4\r\ntext\r\n*2\r\n*2\r\n$1\r\nk\r\n"
            ":1\r\n*0\r\n*1\r\n$1\r\np\r\n"s);
}

TEST(ReplyWriter, Resp3_UsesItsOwnWords) {
  EXPECT_EQ(everything(Protocol::kResp3),
            "+OK\r\n-ERR no  +OK\r\n:-9223372036854775808\r\n$5\r\na\r\n\0b\r\n_\r\n_\r\n"
            "#t\r\n,1.5\r\n,-inf\r\n=8\r\ntxt:text\r\n*2\r\n%1\r\n$1\r\nk\r\n:1\r\n*0\r\n"
            ">1\r\n$1\r\np\r\n"s);
}

TEST(ReplyWriter, Request_IsAnArrayOfBulks) {
  std::string out;
  write_request(std::vector<std::string>{"GET", "k"}, out);
  EXPECT_EQ(out, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
}

TEST(ReplyParser, WhatTheWriterWrote_IsRead) {
  const std::vector<Value> expected = {
      {Value::Status{"OK"}},
      {Value::Error{"ERR no  +OK"}},
      integer(std::numeric_limits<std::int64_t>::min()),
      bulk("a\r\n\0b"s),
      {Value::Null{}},
      {Value::Null{}},
      {true},
      {1.5},
      {-std::numeric_limits<double>::infinity()},
      {Value::Verbatim{"txt", "text"}},
      {Value::Array{{{Value::Map{{bulk("k"), integer(1)}}}, {Value::Array{}}}}},
      {Value::Push{{bulk("p")}}},
  };
  const Parsed parsed = parse(everything(Protocol::kResp3));
  EXPECT_EQ(parsed.values, expected);
  EXPECT_EQ(parsed.error, "");
}

TEST(ReplyParser, AnyPieces_SayTheSame) {
  for (const Protocol protocol : {Protocol::kResp2, Protocol::kResp3}) {
    const std::string bytes =
        everything(protocol) + "~1\r\n(123\r\n|1\r\n+ttl\r\n:1\r\n!5\r\nE a\rb\r\n,nan";
    const Parsed whole = parse(bytes);
    EXPECT_EQ(whole.error, "");
    for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
      ASSERT_EQ(parse(bytes, piece), whole) << piece;
    }
  }
}

TEST(ReplyParser, AttributesAndPushes_DoNotDisturbTheReply) {
  const Parsed parsed = parse("*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n|1\r\n+a\r\n*0\r\n+OK\r\n");
  const std::vector<Value> expected = {{Value::Array{{integer(1), integer(2)}}},
                                       {Value::Status{"OK"}}};
  EXPECT_EQ(parsed.values, expected);
}

TEST(ReplyParser, Garbage_IsAFinalError) {
  for (const std::string bytes : {"\r\n",           "x\r\n",
                                  "hello\r\n",      ":\r\n",
                                  ":1x\r\n",        ":9223372036854775808\r\n",
                                  "$-2\r\n",        "$9223372036854775808\r\n",
                                  "$536870913\r\n", "$2\r\nabcd",
                                  "*-2\r\n",        "*9999999999\r\n",
                                  "%-1\r\n",        "#x\r\n",
                                  ",abc\r\n",       ",\r\n",
                                  "(12x\r\n",       "_x\r\n",
                                  "=3\r\nabc\r\n",  "=-1\r\n",
                                  "*?\r\n",         "$?\r\n"}) {
    ReplyParser parser;
    parser.feed(bytes);
    EXPECT_EQ(parser.next(), Event::kError) << bytes;
    parser.feed("+OK\r\n");
    EXPECT_EQ(parser.next(), Event::kError) << bytes;
  }
}

TEST(ReplyParser, NestedTooDeeply_IsAnError) {
  ReplyLimits limits;
  limits.depth_max = 3;
  EXPECT_EQ(parse("*1\r\n*1\r\n*1\r\n:1\r\n", 7, limits).error, "");
  EXPECT_NE(parse("*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", 7, limits).error, "");
  std::string bomb;
  for (int i = 0; i < 100'000; ++i) bomb += "*1\r\n";
  EXPECT_NE(parse(bomb).error, "");
}

TEST(ReplyParser, TooManyElementsAcrossDepths_IsAnError) {
  ReplyLimits limits;
  limits.elements_max = 4;
  EXPECT_EQ(parse("*2\r\n*1\r\n:1\r\n:1\r\n", 4, limits).error, "");
  EXPECT_NE(parse("*3\r\n*3\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n", 4, limits).error, "");
}

TEST(ReplyParser, LineTooLong_IsAnErrorAtEverySplit) {
  ReplyLimits limits;
  limits.line_bytes_max = 5;
  for (std::size_t piece = 1; piece < 9; ++piece) {
    EXPECT_EQ(parse("+1234\r\n", piece, limits).error, "") << piece;
    EXPECT_NE(parse("+12345\r\n", piece, limits).error, "") << piece;
  }
}

TEST(ReplyParser, RandomBytes_SayTheSameInAnyPieces) {
  const std::string_view words[] = {
      "*2\r\n", "$3\r\nabc\r\n", ":1\r\n", "+OK\r\n", "%1\r\n", "_\r\n", "$-1\r\n",
      "~2\r\n", "#t\r\n",        ",1\r\n", "|1\r\n",  "\r",     "\n",    "x"};
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Prng prng(seed);
    std::string bytes;
    for (auto n = prng.between(1, 40); n > 0; --n) {
      const bool bad = prng.below(30) == 0;
      bytes += words[bad ? prng.between(11, 13) : prng.below(11)];
    }
    ASSERT_EQ(parse(bytes, prng.between(1, 9)), parse(bytes)) << "seed " << seed;
  }
}

TEST(Integer, OnlyItsCanonicalSpelling_IsRead) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-1"), -1);
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  for (const char* bad : {"", "-", "+1", "01", "-0", "1 ", " 1", "1x", "9223372036854775808",
                          "-9223372036854775809", "0x1", "--1"}) {
    EXPECT_FALSE(parse_integer(bad)) << bad;
  }
}

}  // namespace
}  // namespace holdfast::resp
