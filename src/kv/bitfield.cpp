#include <algorithm>
#include <expected>
#include <optional>
#include <vector>

#include "kv/answers.hpp"
#include "kv/bits.hpp"
#include "kv/integer.hpp"
#include "kv/text.hpp"

// BITFIELD: integers of 1 to 64 bits anywhere in a value.

namespace holdfast::kv {
namespace {

using Wide = __int128;

struct Field {
  bool is_signed = false;
  unsigned bits = 0;
  std::uint64_t offset = 0;

  std::uint64_t end() const { return offset + bits; }
  Wide min() const { return is_signed ? -(Wide(1) << (bits - 1)) : Wide(0); }
  Wide max() const { return (Wide(1) << (is_signed ? bits - 1 : bits)) - 1; }
};

enum class Overflow { kWrap, kSaturate, kFail };

struct FieldOperation {
  enum class Kind { kGet, kSet, kIncrease };
  Kind kind;
  Field field;
  std::int64_t number = 0;  // to set, or to add
  Overflow overflow = Overflow::kWrap;
};

using FieldOperations = std::vector<FieldOperation>;

Wide read_field(std::string_view value, const Field& field) {
  std::uint64_t number = 0;
  for (std::uint64_t at = field.offset; at < field.end(); ++at) {
    number = number << 1 | (at / 8 < value.size() && get_bit(value, at) ? 1 : 0);
  }
  const bool is_negative = field.is_signed && (number >> (field.bits - 1) & 1) != 0;
  return Wide(number) - (is_negative ? Wide(1) << field.bits : Wide(0));
}

void write_field(std::span<char> value, const Field& field, Wide number) {
  for (unsigned i = 0; i < field.bits; ++i) {
    set_bit(value, field.offset + i, (number >> (field.bits - 1 - i) & 1) != 0);
  }
}

// What the field holds then; nothing: it must stay as it is.
std::optional<Wide> fitted(const FieldOperation& operation, Wide number) {
  const Field& field = operation.field;
  if (number >= field.min() && number <= field.max()) return number;
  switch (operation.overflow) {
    case Overflow::kFail:
      return std::nullopt;
    case Overflow::kSaturate:
      return number < field.min() ? field.min() : field.max();
    case Overflow::kWrap:
      break;
  }
  const Wide range = Wide(1) << field.bits;
  const Wide low = (number % range + range) % range;
  return low > field.max() ? low - range : low;
}

// i1 to i64, u1 to u63: u64 could not be answered.
bool parse_type(std::string_view text, Field& field) {
  if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return false;
  field.is_signed = text[0] == 'i';
  const auto bits = parse_integer(text.substr(1));
  if (!bits || *bits < 1 || *bits > (field.is_signed ? 64 : 63)) return false;
  field.bits = static_cast<unsigned>(*bits);
  return true;
}

// "#3" is the fourth of a row of such fields.
bool parse_field_offset(std::string_view text, Field& field, std::uint64_t bytes_max) {
  const bool counts_fields = text.starts_with('#');
  const auto number = parse_integer(text.substr(counts_fields ? 1 : 0));
  std::int64_t offset = 0;
  const std::int64_t unit = counts_fields ? field.bits : 1;
  if (!number || __builtin_mul_overflow(*number, unit, &offset) || offset < 0) return false;
  field.offset = static_cast<std::uint64_t>(offset);
  return field.offset / 8 < bytes_max;
}

std::optional<Overflow> parse_overflow(std::string_view word) {
  if (same_word(word, "wrap")) return Overflow::kWrap;
  if (same_word(word, "sat")) return Overflow::kSaturate;
  if (same_word(word, "fail")) return Overflow::kFail;
  return std::nullopt;
}

class FieldParser {
 public:
  FieldParser(Args words, std::uint64_t bytes_max) : words_(words), bytes_max_(bytes_max) {}

  std::expected<FieldOperations, Reply> parse() {
    FieldOperations operations;
    while (!words_.empty()) {
      if (auto error = take(operations)) return std::unexpected(std::move(*error));
    }
    return operations;
  }

 private:
  using Kind = FieldOperation::Kind;

  bool at(std::string_view word, std::size_t size) const {
    return words_.size() >= size && same_word(words_[0], word);
  }

  std::optional<Reply> take(FieldOperations& out) {
    if (at("get", 3)) return take_operation(Kind::kGet, 3, out);
    if (at("set", 4)) return take_operation(Kind::kSet, 4, out);
    if (at("incrby", 4)) return take_operation(Kind::kIncrease, 4, out);
    if (!at("overflow", 2)) return syntax_error();
    const auto overflow = parse_overflow(words_[1]);
    if (!overflow) return Reply::error("ERR Invalid OVERFLOW type specified");
    overflow_ = *overflow;
    words_ = words_.subspan(2);
    return std::nullopt;
  }

  std::optional<Reply> take_operation(Kind kind, std::size_t size, FieldOperations& out) {
    FieldOperation operation{.kind = kind, .field = {}, .overflow = overflow_};
    if (!parse_type(words_[1], operation.field)) {
      return Reply::error(
          "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported "
          "but i64 is.");
    }
    if (!parse_field_offset(words_[2], operation.field, bytes_max_)) {
      return Reply::error("ERR bit offset is not an integer or out of range");
    }
    if (kind != Kind::kGet) {
      const auto number = parse_integer(words_[3]);
      if (!number) return not_an_integer();
      operation.number = *number;
    }
    out.push_back(operation);
    words_ = words_.subspan(size);
    return std::nullopt;
  }

  Args words_;
  std::uint64_t bytes_max_;
  Overflow overflow_ = Overflow::kWrap;
};

Reply wide_reply(Wide number) {
  return Reply::integer(static_cast<std::int64_t>(number));
}

Reply change(const FieldOperation& operation, std::span<char> value) {
  const Wide old = read_field({value.data(), value.size()}, operation.field);
  const bool adds = operation.kind == FieldOperation::Kind::kIncrease;
  // A negative number for an unsigned field counts as its 64 bits, which are too many.
  const Wide wanted = adds ? old + operation.number
                      : operation.field.is_signed
                          ? Wide(operation.number)
                          : Wide(static_cast<std::uint64_t>(operation.number));
  const auto fits = fitted(operation, wanted);
  if (!fits) return Reply::null();
  write_field(value, operation.field, *fits);
  return wide_reply(adds ? *fits : old);
}

bool is_change(const FieldOperation& operation) {
  return operation.kind != FieldOperation::Kind::kGet;
}

Reply read_all(std::string_view value, const FieldOperations& operations) {
  Reply::Array replies;
  for (const auto& operation : operations) {
    replies.push_back(wide_reply(read_field(value, operation.field)));
  }
  return Reply::array(std::move(replies));
}

}  // namespace

Reply do_bitfield_ro(const Keyspace& keyspace, Args args) {
  const auto operations = FieldParser(args.subspan(2), kBitBytesMax).parse();
  if (!operations) return operations.error();
  if (std::ranges::any_of(*operations, is_change)) {
    return Reply::error("ERR BITFIELD_RO only supports the GET subcommand");
  }
  return read_all(view_or_empty(keyspace.find(args[1])), *operations);
}

Reply do_bitfield(Execution& at, Args args) {
  const auto operations = FieldParser(args.subspan(2), at.value_bytes_max).parse();
  if (!operations) return operations.error();
  std::uint64_t bits = 0;
  for (const auto& operation : *operations) {
    if (is_change(operation)) bits = std::max(bits, operation.field.end());
  }
  const std::string_view old = view_or_empty(at.keyspace.find(args[1]));
  if (bits == 0) return read_all(old, *operations);
  const std::size_t size = std::max<std::size_t>((bits + 7) / 8, old.size());
  if (size > at.value_bytes_max) return too_long(at);
  const auto value = at.keyspace.edit(args[1], size);
  Reply::Array replies;
  for (const auto& operation : *operations) {
    replies.push_back(is_change(operation)
                          ? change(operation, value)
                          : wide_reply(read_field({value.data(), value.size()}, operation.field)));
  }
  return Reply::array(std::move(replies));
}

}  // namespace holdfast::kv
