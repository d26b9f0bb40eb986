// Reads histories, and checks the small ones in two ways. Input that begins with '{' or white space
// is JSON lines; other bytes are operations, a few bytes each, so that most inputs are histories.

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "lincheck/brute_force.hpp"
#include "lincheck/check.hpp"
#include "lincheck/json_lines.hpp"

namespace holdfast::lincheck {
namespace {

constexpr std::size_t kOperationsTried = 6;  // by brute force
constexpr std::size_t kOperationsChecked = 64;

class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::uint8_t next() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }

 private:
  std::string_view bytes_;
};

std::string value(Bytes& bytes) {
  constexpr const char* kParts[] = {"", "a", "b", "ab", "1", "9", "-", "0"};
  const std::uint8_t byte = bytes.next();
  return std::string(kParts[byte & 7]) + kParts[byte >> 3 & 7] + kParts[byte >> 6 & 3];
}

Output output(Bytes& bytes, Kind kind, std::size_t keys) {
  switch (kind) {
    case Kind::kPut:
    case Kind::kMset:
      return {};
    case Kind::kAppend:
    case Kind::kIncr:
    case Kind::kDel:
    case Kind::kPersist:
      return std::int64_t{bytes.next()} - 8;
    case Kind::kGet:
    case Kind::kMget:
      break;
  }
  std::vector<Found> found;
  for (std::size_t i = 0; i < keys; ++i) {
    found.push_back((bytes.next() & 3) == 0 ? Found() : value(bytes));
  }
  return found;
}

Operation operation(Bytes& bytes) {
  constexpr Kind kKinds[] = {Kind::kPut, Kind::kAppend, Kind::kGet,  Kind::kIncr,
                             Kind::kDel, Kind::kMset,   Kind::kMget, Kind::kGet};
  const std::uint8_t shape = bytes.next();
  const std::uint8_t times = bytes.next();
  Operation operation;
  operation.client = times & 3;
  operation.kind = kKinds[shape & 7];
  operation.call_ns = times >> 4;
  const bool takes_two = operation.kind == Kind::kDel || operation.kind == Kind::kMset ||
                         operation.kind == Kind::kMget;
  operation.keys.push_back((shape & 8) != 0 ? "k" : "l");
  if (takes_two && (shape & 16) != 0) operation.keys.push_back((shape & 32) != 0 ? "k" : "l");
  if (operation.kind == Kind::kPut || operation.kind == Kind::kAppend) {
    operation.values.push_back(value(bytes));
  }
  if (operation.kind == Kind::kMset) {
    for (std::size_t i = 0; i < operation.keys.size(); ++i) {
      operation.values.push_back(value(bytes));
    }
  }
  if (operation.kind == Kind::kIncr) operation.delta = std::int64_t{bytes.next()} - 4;
  if ((shape & 64) == 0) {
    operation.return_ns = operation.call_ns + (times >> 2 & 3);
    if ((shape & 128) == 0) {
      operation.output = output(bytes, operation.kind, operation.keys.size());
    }
  }
  return operation;
}

void check_both_ways(const History& history) {
  Options options;
  options.steps_max = 20'000;
  options.all_partitions = true;
  options.model = ModelKind::kKv;
  const Result result = check(history, options);
  options.model = ModelKind::kMulti;
  const Result as_one = check(history, options);
  CHECK(result.verdict == as_one.verdict || result.verdict == Verdict::kUnknown ||
        as_one.verdict == Verdict::kUnknown);
  CHECK(!result.text(history).empty());
  for (const Partition& partition : result.partitions) {
    if (partition.verdict != Verdict::kLinearizable) continue;
    CHECK(is_order(history, partition.operations, partition.orders.front()));
  }
  if (history.size() > kOperationsTried || result.verdict == Verdict::kUnknown) return;
  CHECK((result.verdict == Verdict::kLinearizable) == has_order(history));
}

void check_json(std::string_view text) {
  std::istringstream in{std::string(text)};
  const auto history = read_history(in);
  if (!history) {
    CHECK(history.error().line > 0 && !history.error().reason.empty());
    return;
  }
  std::stringstream again;
  write_history(*history, again);
  CHECK(read_history(again) == history);
  if (history->size() <= kOperationsChecked) check_both_ways(*history);
}

void check_bytes(std::string_view text) {
  Bytes bytes(text);
  History history;
  while (!bytes.empty() && history.size() < kOperationsTried) history.push_back(operation(bytes));
  check_both_ways(history);
}

}  // namespace
}  // namespace holdfast::lincheck

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::lincheck;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool is_json = !text.empty() && std::string_view("{ \n\r\t").contains(text.front());
  is_json ? check_json(text) : check_bytes(text);
  return 0;
}
