#include "resp/request_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/prng.hpp"

namespace holdfast::resp {
namespace {

using namespace std::string_literals;
using Event = RequestParser::Event;
using testing::ElementsAre;

std::string to_string(RequestParser::Excess excess) {
  switch (excess) {
    case RequestParser::Excess::kNone:
      break;
    case RequestParser::Excess::kArgument:
      return "argument";
    case RequestParser::Excess::kArguments:
      return "arguments";
    case RequestParser::Excess::kCommand:
      return "command";
  }
  return "nothing";
}

// Everything a parser says, one line per event.
class Transcript {
 public:
  explicit Transcript(RequestLimits limits = {}) : parser_(limits) {}

  void feed(std::string_view bytes) {
    parser_.feed(bytes);
    for (;;) {
      switch (parser_.next()) {
        case Event::kNeedMore:
          return;
        case Event::kError:
          if (!failed_) lines_.push_back("error " + parser_.error());
          failed_ = true;
          return;
        case Event::kTooLarge:
          lines_.push_back(to_string(parser_.excess()) + " too large");
          break;
        case Event::kCommand:
          std::string line;
          for (const auto arg : parser_.args()) line += "[" + std::string(arg) + "]";
          lines_.push_back(line);
      }
    }
  }

  const std::vector<std::string>& lines() const { return lines_; }
  const RequestParser& parser() const { return parser_; }

 private:
  RequestParser parser_;
  std::vector<std::string> lines_;
  bool failed_ = false;
};

std::vector<std::string> parse(std::string_view bytes, RequestLimits limits = {}) {
  Transcript transcript(limits);
  transcript.feed(bytes);
  return transcript.lines();
}

RequestLimits small_limits() {
  RequestLimits limits;
  limits.argument_bytes_max = 8;
  limits.command_bytes_max = 200;
  limits.line_bytes_max = 40;
  limits.arguments_max = 100;
  limits.bulk_bytes_max = 1000;
  return limits;
}

std::vector<std::string> corpus() {
  return {
      "*1\r\n$4\r\nPING\r\n",
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n\r\n\r\n\r\nPING\r\n",
      "*2\r\n$3\r\nGET\r\n$0\r\n\r\n*0\r\n*-1\r\n\r\n\n*1\r\n$1\r\nx\r\n",
      "set \"a b\" 'c d' \\\\ \r\nget k\n",
      "*2\r\n$3\r\nSET\r\n$9\r\n123456789\r\n*1\r\n$4\r\nPING\r\n",
      "*9\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$"
      "1\r\na\r\n$1\r\na"
      "\r\nPING\r\n",
      "GET / HTTP/1.1\r\nAccept: *\r\n\r\n",
      "*1\r\n:4\r\nPING\r\n",
      "*x\r\n",
      "PING\r\n*1\r\n$4\r\nPINGxx",
      "*1\r\n$9223372036854775808\r\n",
      "*1\r\n$-1\r\n",
      "get \"k\r\n",
      "*1111111111111111111111111111111111111111111111111111",
      "*2\r\n$1111111111111111111111111111111111111111111111111111",
      "this line is far longer than forty bytes can be, so it is refused\r\nPING\r\n",
      "*1\rx$4\r\nPING\r\n",
      "*2\r\n$700\r\n" + std::string(700, 'z') + "\r\n$700\r\n" + std::string(700, 'y') +
          "\r\n*1\r\n$4\r\nPING\r\n",
  };
}

TEST(RequestParser, EveryTwoWaySplit_SaysTheSame) {
  for (const std::string& bytes : corpus()) {
    const auto whole = parse(bytes, small_limits());
    EXPECT_FALSE(whole.empty()) << bytes;
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      Transcript transcript(small_limits());
      transcript.feed(std::string_view(bytes).substr(0, cut));
      transcript.feed(std::string_view(bytes).substr(cut));
      ASSERT_EQ(transcript.lines(), whole) << bytes << " cut at " << cut;
    }
  }
}

TEST(RequestParser, ByteByByte_SaysTheSame) {
  for (const std::string& bytes : corpus()) {
    Transcript transcript(small_limits());
    for (const char c : bytes) transcript.feed({&c, 1});
    EXPECT_EQ(transcript.lines(), parse(bytes, small_limits())) << bytes;
  }
}

TEST(RequestParser, Multibulk_IsBinarySafe) {
  const std::string bytes = "*2\r\n$3\r\nGET\r\n$5\r\n\0\r\n\xff*\r\n"s;
  const std::string key = "\0\r\n\xff*"s;
  EXPECT_THAT(parse(bytes), ElementsAre("[GET][" + key + "]"));
}

TEST(RequestParser, EmptyCommands_AreIgnored) {
  EXPECT_THAT(parse("*0\r\n*-1\r\n\r\n\n   \r\nPING\r\n"), ElementsAre("[PING]"));
}

TEST(RequestParser, BrokenProtocol_IsToldInRedisWords) {
  const std::pair<std::string, std::string> table[] = {
      {"*1\r\n$9223372036854775808\r\n", "invalid bulk length"},
      {"*1\r\n$536870913\r\n", "invalid bulk length"},
      {"*1\r\n$-1\r\n", "invalid bulk length"},
      {"*1\r\n$+1\r\n", "invalid bulk length"},
      {"*1\r\n$01\r\n", "invalid bulk length"},
      {"*1\r\n$\r\n", "invalid bulk length"},
      {"*1\r\n$4x\r\n", "invalid bulk length"},
      {"*1\r\n$4\r\nPINGPONG\r\n", "invalid bulk length"},
      {"*2147483648\r\n", "invalid multibulk length"},
      {"*9223372036854775808\r\n", "invalid multibulk length"},
      {"*\r\n", "invalid multibulk length"},
      {"*1 \r\n", "invalid multibulk length"},
      {"*1\r$", "invalid multibulk length"},
      {"*1\r\nPING\r\n", "expected '$', got 'P'"},
      {"*1\r\n*1\r\n", "expected '$', got '*'"},
      {"get \"k\r\n", "unbalanced quotes in request"},
      {"get 'k\r\n", "unbalanced quotes in request"},
      {"get \"k\"x\r\n", "unbalanced quotes in request"},
      {std::string(65537, 'x'), "too big inline request"},
      {std::string(65537, 'x') + "\n", "too big inline request"},
      {"*" + std::string(65537, '1'), "too big mbulk count string"},
      {"*1\r\n$" + std::string(65537, '1'), "too big bulk count string"},
  };
  for (const auto& [bytes, text] : table) {
    EXPECT_THAT(parse(bytes), ElementsAre("error ERR Protocol error: " + text));
  }
}

TEST(RequestParser, LongestLengthAndCount_AreAcceptedAndCostNothing) {
  Transcript bulk;
  bulk.feed("*1\r\n$67108864\r\n");
  EXPECT_THAT(bulk.lines(), testing::IsEmpty());
  EXPECT_LT(bulk.parser().buffered_bytes(), 100u);
  Transcript count;
  count.feed("*1048576\r\n");
  EXPECT_THAT(count.lines(), testing::IsEmpty());
}

TEST(RequestParser, AfterAnError_NothingElseIsRead) {
  Transcript transcript;
  transcript.feed("*x\r\n");
  transcript.feed("PING\r\n");
  EXPECT_THAT(transcript.lines(),
              ElementsAre("error ERR Protocol error: invalid multibulk length"));
  EXPECT_EQ(transcript.parser().buffered_bytes(), 0u);
}

TEST(RequestParser, CommandsBeforeAnError_AreKept) {
  EXPECT_THAT(parse("PING\r\n*x\r\n"),
              ElementsAre("[PING]", "error ERR Protocol error: invalid multibulk length"));
}

TEST(RequestParser, Unauthenticated_IsHeldToTenShortArguments) {
  RequestLimits limits;
  limits.authenticated = false;
  EXPECT_THAT(parse("*11\r\n", limits),
              ElementsAre("error ERR Protocol error: unauthenticated multibulk length"));
  EXPECT_THAT(parse("*1\r\n$16385\r\n", limits),
              ElementsAre("error ERR Protocol error: unauthenticated bulk length"));
  EXPECT_THAT(parse("*1\r\n$4\r\nPING\r\n", limits), ElementsAre("[PING]"));
}

TEST(RequestParser, LimitsLiftedBetweenCommands_HoldForTheNext) {
  RequestLimits limits;
  limits.authenticated = false;
  RequestParser parser(limits);
  parser.feed("AUTH x\r\n*11\r\n");
  ASSERT_EQ(parser.next(), Event::kCommand);
  limits.authenticated = true;
  parser.set_limits(limits);
  EXPECT_EQ(parser.next(), Event::kNeedMore);
}

TEST(RequestParser, ArgumentTooLarge_IsPassedOverAndTheNextCommandRead) {
  EXPECT_THAT(parse("*3\r\n$3\r\nSET\r\n$9\r\n123456789\r\n$1\r\nx\r\n*1\r\n$4\r\nPING\r\n",
                    small_limits()),
              ElementsAre("argument too large", "[PING]"));
  EXPECT_THAT(parse("*2\r\n$8\r\n12345678\r\n$1\r\nx\r\n", small_limits()),
              ElementsAre("[12345678][x]"));
}

TEST(RequestParser, ArgumentTooLarge_IsNeverHeldInMemory) {
  RequestLimits limits;
  limits.argument_bytes_max = 1000;
  Transcript transcript(limits);
  transcript.feed("*2\r\n$3\r\nSET\r\n$100000000\r\n");
  const std::string chunk(100'000, 'x');
  for (int i = 0; i < 1000; ++i) {
    transcript.feed(chunk);
    ASSERT_LE(transcript.parser().buffered_bytes(), chunk.size());
  }
  transcript.feed("\r\nPING\r\n");
  EXPECT_THAT(transcript.lines(), ElementsAre("argument too large", "[PING]"));
}

TEST(RequestParser, ManyArgumentsOfAllowedSize_AreBoundedTogether) {
  std::string bytes = "*50\r\n";
  for (int i = 0; i < 50; ++i) bytes += "$1\r\nx\r\n";
  EXPECT_THAT(parse(bytes + "PING\r\n", small_limits()),
              ElementsAre("command too large", "[PING]"));
}

TEST(RequestParser, TooManyArguments_ArePassedOverAndTheNextCommandRead) {
  RequestLimits limits;
  limits.arguments_max = 1'000'000;
  Transcript transcript(limits);
  transcript.feed("*1000001\r\n");
  std::string chunk;
  for (int i = 0; i < 1000; ++i) chunk += "$3\r\nkey\r\n";
  for (int i = 0; i < 1000; ++i) {
    transcript.feed(chunk);
    ASSERT_LE(transcript.parser().buffered_bytes(), chunk.size());
  }
  transcript.feed("$1\r\nx\r\nPING\r\n");
  EXPECT_THAT(transcript.lines(), ElementsAre("arguments too large", "[PING]"));
}

TEST(RequestParser, DeepPipeline_ComesOutInOrder) {
  std::string bytes;
  for (int i = 0; i < 100'000; ++i)
    bytes += "*2\r\n$4\r\nECHO\r\n$1\r\n" + std::to_string(i % 10) + "\r\n";
  const auto lines = parse(bytes);
  ASSERT_EQ(lines.size(), 100'000u);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ASSERT_EQ(lines[i], "[ECHO][" + std::to_string(i % 10) + "]");
  }
}

TEST(RequestParser, BytesFedWhileACommandIsHeld_LeaveItWhole) {
  RequestParser parser;
  parser.feed("PING\r\n*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n*1\r\n$4\r\n");
  ASSERT_EQ(parser.next(), Event::kCommand);
  ASSERT_EQ(parser.next(), Event::kCommand);
  parser.feed(std::string(10'000, 'x'));
  EXPECT_THAT(parser.args(), ElementsAre("ECHO", "hi"));
}

TEST(RequestParser, InlineQuotes_FollowTheTable) {
  const std::pair<std::string, std::string> table[] = {
      {"a b", "[a][b]"},
      {"  a\t b  ", "[a][b]"},
      {R"("a b" 'c d')", "[a b][c d]"},
      {R"("\x41\x7a\xFf")", "[Az\xff]"},
      {R"("\xg1")", "[xg1]"},
      {R"("\x4")", "[x4]"},
      {R"("\n\r\t\b\a\\\"\q")", "[\n\r\t\b\a\\\"q]"},
      {R"('\n\'')", R"([\n'])"},
      {R"(foo"bar")", "[foobar]"},
      {R"(a\b)", R"([a\b])"},
      {R"("" '')", "[][]"},
      {R"(\x41)", R"([\x41])"},
      {"a\0b c"s, "[a]"},
  };
  for (const auto& [line, args] : table)
    EXPECT_THAT(parse(line + "\r\n"), ElementsAre(args)) << line;
}

// Whatever comes, the parser stays within its bounds and says the same at every split.
TEST(RequestParser, RandomBytes_NeverConfuseIt) {
  const std::string_view words[] = {"*",   "$", "\r\n", "\r",          "\n",  "1",    "2",
                                    "3",   "0", "-1",   "PING",        "\"",  "'",    " ",
                                    "9\r", "x", "\\x4", "*2\r\n",      "$1",  "$3\r", "\n",
                                    "abc", ":", "\0",   "$9\r\n12345", "6789"};
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Prng prng(seed);
    std::string bytes;
    for (auto n = prng.below(60); n > 0; --n) {
      if (prng.below(8) == 0) {
        bytes += static_cast<char>(prng.below(256));
      } else {
        bytes += words[prng.below(std::size(words))];
      }
    }
    Transcript pieces(small_limits());
    for (std::string_view rest = bytes; !rest.empty();) {
      const auto size = std::min<std::size_t>(rest.size(), prng.between(1, 5));
      pieces.feed(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    ASSERT_EQ(pieces.lines(), parse(bytes, small_limits())) << "seed " << seed;
    ASSERT_LE(pieces.parser().buffered_bytes(), 1100u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace holdfast::resp
