#include "frontend/slowlog.hpp"

#include <utility>

namespace holdfast::frontend {

std::string to_string(const TimeSpent& spent) {
  const auto part = [](const char* name, Duration time) {
    return std::string(name) + ' ' + std::to_string(time.count()) + " us";
  };
  return part("waiting", spent.waiting) + ", " + part("disk", spent.disk) + ", " +
         part("quorum", spent.quorum) + ", " + part("apply", spent.applying);
}

void SlowLog::add(Entry entry, std::size_t length_max) {
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  if (entries_.size() > length_max) entries_.resize(length_max);
}

std::vector<std::string> SlowLog::shorten(kv::Args args) {
  constexpr std::size_t kArgsMax = 32;
  constexpr std::size_t kBytesMax = 128;
  std::vector<std::string> shown;
  for (const std::string_view arg : args) {
    if (shown.size() == kArgsMax - 1 && args.size() > kArgsMax) {
      const std::size_t more = args.size() - shown.size();
      shown.push_back("... (" + std::to_string(more) + " more arguments)");
      break;
    }
    shown.emplace_back(arg.substr(0, kBytesMax));
    if (arg.size() > kBytesMax) {
      shown.back() += "... (" + std::to_string(arg.size() - kBytesMax) + " more bytes)";
    }
  }
  return shown;
}

}  // namespace holdfast::frontend
