#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace holdfast::kv {

// A value of the store. A short one is copied; the bytes of a long one are shared by the store and
// the replies that carry it, so that a thousand pending GETs of it hold it once. Changing one copy
// leaves the others as they are. One thread.
class Value {
 public:
  static constexpr std::size_t kSharedFrom = 4096;
  using Shared = std::shared_ptr<std::string>;

  Value() = default;
  explicit Value(std::string bytes) {
    if (bytes.size() < kSharedFrom) {
      bytes_ = std::move(bytes);
    } else {
      bytes_ = std::make_shared<std::string>(std::move(bytes));
    }
  }

  explicit Value(Shared bytes) : bytes_(std::move(bytes)) {}

  std::string_view view() const {
    const auto* shared = std::get_if<Shared>(&bytes_);
    return shared != nullptr ? **shared : std::get<std::string>(bytes_);
  }
  std::size_t size() const { return view().size(); }

  // What this copy costs in memory, beyond the object itself and what others share.
  std::size_t own_bytes() const {
    const auto* shared = std::get_if<Shared>(&bytes_);
    return shared != nullptr && shared->use_count() > 1 ? 0 : size();
  }

  bool operator==(const Value& other) const { return view() == other.view(); }

 private:
  std::variant<std::string, Shared> bytes_;
};

}  // namespace holdfast::kv
