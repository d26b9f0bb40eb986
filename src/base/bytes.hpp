#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace holdfast {

// Immutable bytes that the log, the peers and the state machine share without copying.
// Null stands for no bytes at all and reads as empty.
class Payload {
 public:
  Payload() = default;
  explicit Payload(std::string bytes)
      : bytes_(bytes.empty() ? nullptr : std::make_shared<const std::string>(std::move(bytes))) {}

  std::string_view view() const { return bytes_ ? std::string_view(*bytes_) : std::string_view(); }
  std::size_t size() const { return bytes_ ? bytes_->size() : 0; }
  bool operator==(const Payload& other) const {
    return bytes_ == other.bytes_ || view() == other.view();
  }

 private:
  std::shared_ptr<const std::string> bytes_;
};

}  // namespace holdfast
