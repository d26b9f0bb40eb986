#include <algorithm>
#include <bit>
#include <cstring>
#include <expected>
#include <functional>
#include <optional>
#include <vector>

#include "kv/answers.hpp"
#include "kv/bits.hpp"
#include "kv/integer.hpp"
#include "kv/range.hpp"
#include "kv/text.hpp"

// Bit 0 is the highest of the first byte, as in Redis.

namespace holdfast::kv {
namespace {

Reply no_bit_offset() {
  return Reply::error("ERR bit offset is not an integer or out of range");
}

// [start [end [BYTE | BIT]]] behind BITCOUNT and BITPOS, in bits.
struct BitSpan {
  std::size_t first = 0;
  std::size_t count = 0;
  bool has_end = false;
};

// They differ in which of two mistakes is seen first, and in what is backwards from the end.
enum class SpanOf { kBitcount, kBitpos };

std::expected<BitSpan, Reply> parse_bit_span(Args words, std::string_view value, SpanOf command) {
  if (words.empty()) return BitSpan{.count = value.size() * 8};
  if (words.size() > 3) return std::unexpected(syntax_error());
  const auto first = parse_integer(words[0]);
  if (!first) return std::unexpected(not_an_integer());
  const auto last = words.size() == 1 ? std::optional<std::int64_t>(-1) : parse_integer(words[1]);
  const bool in_bits = words.size() == 3 && same_word(words[2], "bit");
  const bool unit_is_wrong = words.size() == 3 && !in_bits && !same_word(words[2], "byte");
  if (command == SpanOf::kBitcount && last && is_backwards(*first, *last)) return BitSpan{};
  if (unit_is_wrong && (last || command == SpanOf::kBitpos)) return std::unexpected(syntax_error());
  if (!last) return std::unexpected(not_an_integer());
  const std::size_t unit = in_bits ? 1 : 8;
  const auto range = resolve_range(*first, *last, value.size() * 8 / unit);
  if (!range) return BitSpan{.has_end = words.size() > 1};
  return BitSpan{range->first * unit, range->count * unit, words.size() > 1};
}

unsigned byte_at(std::string_view value, std::size_t at) {
  return static_cast<unsigned char>(value[at]);
}

// The bits of one byte that the span has, the others as zeros.
unsigned masked_byte(std::string_view value, std::size_t at, const BitSpan& span) {
  unsigned byte = byte_at(value, at);
  const std::size_t end = span.first + span.count;
  if (at * 8 < span.first) byte &= 0xffu >> (span.first - at * 8);
  if (at * 8 + 8 > end) byte &= 0xffu << (at * 8 + 8 - end);
  return byte & 0xffu;
}

// Of whole bytes, eight at a time.
std::size_t count_ones(std::string_view bytes) {
  std::size_t ones = 0;
  for (; bytes.size() >= sizeof(std::uint64_t); bytes.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof(word));
    ones += static_cast<std::size_t>(std::popcount(word));
  }
  for (const char c : bytes) {
    ones += static_cast<std::size_t>(std::popcount(static_cast<unsigned char>(c)));
  }
  return ones;
}

std::size_t count_ones(std::string_view value, const BitSpan& span) {
  if (span.count == 0) return 0;
  const std::size_t first = span.first / 8;
  const std::size_t last = (span.first + span.count - 1) / 8;
  const auto ones_at = [&](std::size_t at) {
    return static_cast<std::size_t>(std::popcount(masked_byte(value, at, span)));
  };
  if (first == last) return ones_at(first);
  return ones_at(first) + count_ones(value.substr(first + 1, last - first - 1)) + ones_at(last);
}

std::optional<std::size_t> find_bit(std::string_view value, const BitSpan& span, bool wanted) {
  const std::size_t end = span.first + span.count;
  // Whole bytes of the other bit are passed over at once.
  const unsigned nothing = wanted ? 0 : 0xff;
  for (std::size_t bit = span.first; bit < end; ++bit) {
    if (bit % 8 == 0) {
      while (bit + 8 <= end && byte_at(value, bit / 8) == nothing) bit += 8;
      if (bit >= end) break;
    }
    if (get_bit(value, bit) == wanted) return bit;
  }
  return std::nullopt;
}

enum class BitOperation { kAnd, kOr, kXor, kNot };

std::optional<BitOperation> bit_operation(std::string_view word) {
  if (same_word(word, "and")) return BitOperation::kAnd;
  if (same_word(word, "or")) return BitOperation::kOr;
  if (same_word(word, "xor")) return BitOperation::kXor;
  if (same_word(word, "not")) return BitOperation::kNot;
  return std::nullopt;
}

// Into the beginning of `result`, which is no shorter than `other`.
void combine(BitOperation operation, std::string_view other, std::string& result) {
  const auto apply = [&](auto change) {
    std::ranges::transform(other, std::string_view(result), result.begin(), change);
  };
  switch (operation) {
    case BitOperation::kAnd:
      apply(std::bit_and<char>());
      // Behind its end `other` counts as zeros.
      std::fill(result.begin() + static_cast<std::ptrdiff_t>(other.size()), result.end(), '\0');
      return;
    case BitOperation::kOr:
      return apply(std::bit_or<char>());
    case BitOperation::kXor:
      return apply(std::bit_xor<char>());
    case BitOperation::kNot:
      return apply([](char byte, char) { return static_cast<char>(~byte); });
  }
}

// Shorter ones are continued with zeros.
std::string combine(BitOperation operation, const std::vector<std::string_view>& sources) {
  std::string result(std::ranges::max(sources, {}, &std::string_view::size).size(), '\0');
  std::ranges::copy(sources[0], result.begin());
  if (operation == BitOperation::kNot) combine(operation, sources[0], result);
  for (std::size_t i = 1; i < sources.size(); ++i) combine(operation, sources[i], result);
  return result;
}

}  // namespace

std::optional<std::uint64_t> parse_bit_offset(std::string_view text, std::uint64_t bytes_max) {
  const auto offset = parse_integer(text);
  if (!offset || *offset < 0) return std::nullopt;
  const auto bit = static_cast<std::uint64_t>(*offset);
  return bit / 8 < bytes_max ? std::optional(bit) : std::nullopt;
}

Reply do_bitcount(const Keyspace& keyspace, Args args) {
  const Entry* entry = keyspace.find(args[1]);
  // Redis looks at nothing else then.
  if (entry == nullptr) return Reply::integer(0);
  // An end is not left out here.
  if (args.size() == 3) return syntax_error();
  const auto span = parse_bit_span(args.subspan(2), entry->view(), SpanOf::kBitcount);
  return span ? size_reply(count_ones(entry->view(), *span)) : span.error();
}

Reply do_bitpos(const Keyspace& keyspace, Args args) {
  const auto wanted = parse_integer(args[2]);
  if (!wanted) return not_an_integer();
  if (*wanted != 0 && *wanted != 1) {
    return Reply::error("ERR The bit argument must be 1 or 0.");
  }
  const Entry* entry = keyspace.find(args[1]);
  if (entry == nullptr) return Reply::integer(*wanted == 1 ? -1 : 0);
  const auto span = parse_bit_span(args.subspan(3), entry->view(), SpanOf::kBitpos);
  if (!span) return span.error();
  if (const auto at = find_bit(entry->view(), *span, *wanted == 1)) return size_reply(*at);
  // Behind a value whose end the client didn't name there are zeros.
  const bool goes_on = *wanted == 0 && !span->has_end && span->count != 0;
  return goes_on ? size_reply(span->first + span->count) : Reply::integer(-1);
}

Reply do_getbit(const Keyspace& keyspace, Args args) {
  const auto offset = parse_bit_offset(args[2], kBitBytesMax);
  if (!offset) return no_bit_offset();
  const std::string_view value = view_or_empty(keyspace.find(args[1]));
  return flag_reply(*offset / 8 < value.size() && get_bit(value, *offset));
}

Reply do_setbit(Execution& at, Args args) {
  const auto offset = parse_bit_offset(args[2], at.value_bytes_max);
  if (!offset) return no_bit_offset();
  const auto bit = parse_integer(args[3]);
  if (!bit || (*bit != 0 && *bit != 1)) {
    return Reply::error("ERR bit is not an integer or out of range");
  }
  const auto value = at.keyspace.edit(args[1], *offset / 8 + 1);
  const bool old = get_bit({value.data(), value.size()}, *offset);
  set_bit(value, *offset, *bit == 1);
  return flag_reply(old);
}

Reply do_bitop(Execution& at, Args args) {
  const auto operation = bit_operation(args[1]);
  if (!operation) return syntax_error();
  if (*operation == BitOperation::kNot && args.size() != 4) {
    return Reply::error("ERR BITOP NOT must be called with a single source key.");
  }
  std::vector<std::string_view> sources;
  for (const auto key : args.subspan(3)) sources.push_back(view_or_empty(at.keyspace.find(key)));
  const std::string result = combine(*operation, sources);
  if (result.empty()) {
    at.keyspace.erase(args[2]);
  } else {
    at.keyspace.set(args[2], result);
  }
  return size_reply(result.size());
}

}  // namespace holdfast::kv
