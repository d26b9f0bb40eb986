#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <expected>
#include <iterator>
#include <optional>
#include <vector>

#include "base/checksum.hpp"
#include "base/prng.hpp"
#include "kv/answers.hpp"
#include "kv/glob.hpp"
#include "kv/integer.hpp"
#include "kv/text.hpp"

// KEYS, RANDOMKEY and SCAN.
//
// SCAN goes through the slots in order, and through the keys of a slot in the order of their
// places. A cursor is where the next page begins: the slot, and the place. It means the same
// whatever is added or removed in between and however a table grows, so a key that is there all the
// time is returned, once. Keys at the same place are in one page.

namespace holdfast::kv {
namespace {

constexpr std::uint64_t kPlaces = std::uint64_t{1} << kPlaceBits;

struct ScanOptions {
  std::optional<std::string_view> pattern;
  std::size_t count = 10;
  bool wants_strings = true;

  bool match(std::string_view key) const {
    return wants_strings && (!pattern || matches_glob(*pattern, key, Case::kExact));
  }
};

std::expected<ScanOptions, Reply> parse_scan_options(Args words) {
  ScanOptions options;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (i + 1 == words.size()) return std::unexpected(syntax_error());
    const std::string_view value = words[i + 1];
    if (same_word(words[i], "count")) {
      const auto count = parse_integer(value);
      if (!count) return std::unexpected(not_an_integer());
      if (*count < 1) return std::unexpected(syntax_error());
      options.count = static_cast<std::size_t>(*count);
    } else if (same_word(words[i], "match")) {
      options.pattern = value;
    } else if (same_word(words[i], "type")) {
      options.wants_strings = same_word(value, "string");
    } else {
      return std::unexpected(syntax_error());
    }
  }
  return options;
}

// As Redis reads it: a sign is allowed.
std::optional<std::uint64_t> parse_cursor(std::string_view text) {
  const std::string copy(text);
  if (std::isspace(static_cast<unsigned char>(*copy.c_str())) != 0) return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const std::uint64_t cursor = std::strtoull(copy.c_str(), &end, 10);
  if (*end != '\0' || errno == ERANGE) return std::nullopt;
  return cursor;
}

class Page {
 public:
  Page(const Keyspace& keyspace, std::uint64_t cursor, std::size_t count) : cursor_(cursor) {
    keys_.reserve(std::min<std::size_t>(count, 32));
    for (std::size_t looked = 0; slot() < kSlotCount && looked < count;) {
      const auto number = static_cast<std::uint16_t>(slot());
      if (keyspace.size_of_slot(number) == 0) {
        cursor_ = (slot() + 1) * kPlaces;
        continue;
      }
      const auto of_slot = keyspace.add_keys(number, cursor_ % kPlaces, count - looked, keys_);
      looked += of_slot.count;
      cursor_ = slot() * kPlaces + of_slot.next.value_or(kPlaces);
    }
  }

  const std::vector<PlacedKey>& keys() const { return keys_; }
  // Zero: there is no more.
  std::uint64_t next_cursor() const { return slot() < kSlotCount ? cursor_ : 0; }

 private:
  std::uint64_t slot() const { return cursor_ / kPlaces; }

  std::uint64_t cursor_;
  std::vector<PlacedKey> keys_;
};

// A key of the slot, of the few that follow a drawn place, or of all if they are few. Nothing: none
// lives.
std::optional<std::string_view> draw_from(const Keyspace& keyspace, std::uint16_t slot,
                                          std::uint64_t place, std::uint64_t chance) {
  constexpr std::size_t kFew = 16;
  const std::size_t size = keyspace.size_of_slot(slot);
  if (size == 0) return std::nullopt;
  if (size <= kFew) place = 0;
  std::vector<PlacedKey> keys = keyspace.keys_from(slot, place, kFew);
  if (keys.size() < kFew && place > 0) {
    std::ranges::move(keyspace.keys_from(slot, 0, kFew - keys.size()), std::back_inserter(keys));
  }
  if (keys.empty()) return std::nullopt;
  const auto number_of = [&](const PlacedKey& key) { return checksum(key.key, chance); };
  return std::ranges::min(keys, {}, number_of).key;
}

}  // namespace

Reply do_keys(const Keyspace& keyspace, Args args) {
  Reply::Array matching;
  std::vector<std::string_view> found;
  std::size_t bytes = 0;
  for (std::uint16_t slot = 0; slot < kSlotCount; ++slot) {
    found.clear();
    keyspace.for_each_in_slot(slot, [&](const Entry& entry) {
      if (matches_glob(args[1], entry.key(), Case::kExact)) found.push_back(entry.key());
    });
    std::ranges::sort(found);
    for (const std::string_view key : found) {
      bytes += key.size();
      if (bytes > kReplyBytesMax) return reply_too_long();
      matching.push_back(Reply::bulk(std::string(key)));
    }
  }
  return Reply::array(std::move(matching));
}

// From a slot that is found by counting keys, or if it has none that lives, from the next one that
// has. If all replicas must draw the same then not by its number there, as tables differ.
Reply do_randomkey(const Keyspace& keyspace, const Moment& moment, Args) {
  if (keyspace.size() == 0) return Reply::null();
  Prng prng(moment.chance);
  const auto [first, nth] = keyspace.slot_of(prng.below(keyspace.size()));
  if (!moment.is_replicated) {
    const Entry* entry = keyspace.nth_of_slot(first, nth);
    if (entry != nullptr) return Reply::bulk(std::string(entry->key()));
  }
  const std::uint64_t place = prng.below(kPlaces);
  for (std::size_t tried = 0; tried < kSlotCount; ++tried) {
    const auto slot = static_cast<std::uint16_t>((first + tried) % kSlotCount);
    if (const auto drawn = draw_from(keyspace, slot, place, moment.chance))
      return Reply::bulk(std::string(*drawn));
  }
  return Reply::null();
}

Reply do_scan(const Keyspace& keyspace, Args args) {
  const auto cursor = parse_cursor(args[1]);
  if (!cursor) return Reply::error("ERR invalid cursor");
  const auto options = parse_scan_options(args.subspan(2));
  if (!options) return options.error();
  const Page page(keyspace, *cursor, options->count);
  Reply::Array keys;
  keys.reserve(page.keys().size());
  std::size_t bytes = 0;
  for (const auto& [place, key, has_expired] : page.keys()) {
    if (!options->match(key)) continue;
    bytes += key.size();
    if (bytes > kReplyBytesMax) return reply_too_long();
    keys.push_back(Reply::bulk(std::string(key)));
  }
  Reply::Array reply;  // by an initializer list the keys would be copied
  reply.reserve(2);
  reply.push_back(Reply::bulk(std::to_string(page.next_cursor())));
  reply.push_back(Reply::array(std::move(keys)));
  return Reply::array(std::move(reply));
}

}  // namespace holdfast::kv
