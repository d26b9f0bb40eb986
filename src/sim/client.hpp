#pragma once

#include <optional>
#include <string>

namespace holdfast::sim {

// Somebody who uses the cluster until told to stop.
class Client {
 public:
  virtual ~Client() = default;
  virtual void start() = 0;
  // No new operations; those under way go on until they are answered or given up.
  virtual void stop() = 0;
  virtual bool is_idle() const = 0;
  // A key of its own that is gone by itself soon after this client is idle.
  virtual std::optional<std::string> short_lived_key() const { return std::nullopt; }
};

}  // namespace holdfast::sim
