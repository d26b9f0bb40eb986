#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <expected>
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
// SCAN goes through the slots in order, and through the keys of a slot in the order of a hash of
// theirs. A cursor is the place where the next page begins: the slot, and 48 bits of the hash. It
// means the same whatever is added or removed in between and however a table grows, so a key
// that is there all the time is returned, once. Keys whose 48 bits are equal are in one page.

namespace holdfast::kv {
namespace {

constexpr int kHashBits = 48;
constexpr std::uint64_t kPlaces = std::uint64_t{1} << kHashBits;
// A page reads all keys of its slot. So of a slot with very many it has this part at least, and
// the time of a whole scan grows with the keys and not with their square.
constexpr std::size_t kPagesPerSlot = 256;

std::uint64_t place_of(std::string_view key) {
  return checksum(key) >> (64 - kHashBits);
}

struct Found {
  std::uint64_t place;
  std::string_view key;
  auto operator<=>(const Found&) const = default;
};

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
  Page(const Keyspace& keyspace, std::uint64_t cursor, std::size_t count)
      : keyspace_(keyspace), cursor_(cursor), count_(count) {
    while (slot() < kSlotCount && keys_.size() < count_) take_slot();
  }

  const std::vector<std::string_view>& keys() const { return keys_; }
  // Zero: there is no more.
  std::uint64_t next_cursor() const { return slot() < kSlotCount ? cursor_ : 0; }

 private:
  std::uint64_t slot() const { return cursor_ >> kHashBits; }
  void set_cursor(std::uint64_t slot, std::uint64_t place) {
    cursor_ = (slot << kHashBits) + place;
  }

  // Of places that hold about twice the keys that are wanted: those of a slot with very many need
  // not be sorted for each page.
  static std::uint64_t width_of(std::size_t wanted, std::size_t size, std::uint64_t most) {
    if (size / 2 <= wanted) return most;
    return std::min(most, kPlaces / size * 2 * wanted);
  }

  // The rest of the slot, or as much of it as is wanted.
  void take_slot() {
    const std::uint64_t number = slot();
    const std::uint64_t first = cursor_ % kPlaces;
    const std::size_t size = keyspace_.size_of_slot(static_cast<std::uint16_t>(number));
    const std::size_t wanted = std::max(count_ - keys_.size(), size / kPagesPerSlot);
    const std::uint64_t behind = first + width_of(wanted, size, kPlaces - first);
    std::vector<Found> found;
    keyspace_.for_each_in_slot(static_cast<std::uint16_t>(number), [&](const Entry& entry) {
      const std::uint64_t place = place_of(entry.key());
      if (place >= first && place < behind) found.push_back({place, entry.key()});
    });
    set_cursor(number, behind);
    if (found.size() > wanted) {
      const auto middle = found.begin() + static_cast<std::ptrdiff_t>(wanted);
      std::ranges::nth_element(found, middle);
      const std::uint64_t next = middle->place;
      // All of the place before the next page, none of the place where it begins: unless that
      // would be no page at all.
      const bool is_one_place = std::ranges::min(found).place == next;
      const std::uint64_t end = is_one_place ? next + 1 : next;
      std::erase_if(found, [end](const Found& key) { return key.place >= end; });
      set_cursor(number, end);
    }
    std::ranges::sort(found);
    for (const Found& key : found) keys_.push_back(key.key);
  }

  const Keyspace& keyspace_;
  std::uint64_t cursor_;
  std::size_t count_;
  std::vector<std::string_view> keys_;
};

// A key of the slot, drawn, or none if none lives. A copy of the keyspace has another table, so for
// all replicas to draw the same every key of the slot is looked at; else the table's order will do.
const Entry* draw_from(const Keyspace& keyspace, std::uint16_t slot, const Moment& moment,
                       std::uint64_t nth) {
  const Entry* drawn = nullptr;
  std::uint64_t least = 0;
  const auto take_least = [&](const Entry& entry) {
    const std::uint64_t place = checksum(entry.key(), moment.chance);
    if (drawn != nullptr && place >= least) return;
    drawn = &entry;
    least = place;
  };
  if (!moment.is_replicated) drawn = keyspace.nth_of_slot(slot, nth);
  if (drawn == nullptr) keyspace.for_each_in_slot(slot, take_least);
  return drawn;
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
// has.
Reply do_randomkey(const Keyspace& keyspace, const Moment& moment, Args) {
  if (keyspace.size() == 0) return Reply::null();
  const auto [first, nth] = keyspace.slot_of(Prng(moment.chance).below(keyspace.size()));
  for (std::size_t tried = 0; tried < kSlotCount; ++tried) {
    const auto slot = static_cast<std::uint16_t>((first + tried) % kSlotCount);
    const Entry* drawn = draw_from(keyspace, slot, moment, nth);
    if (drawn != nullptr) return Reply::bulk(std::string(drawn->key()));
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
  std::size_t bytes = 0;
  for (const std::string_view key : page.keys()) {
    if (!options->match(key)) continue;
    bytes += key.size();
    if (bytes > kReplyBytesMax) return reply_too_long();
    keys.push_back(Reply::bulk(std::string(key)));
  }
  return Reply::array(
      {Reply::bulk(std::to_string(page.next_cursor())), Reply::array(std::move(keys))});
}

}  // namespace holdfast::kv
