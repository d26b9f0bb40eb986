#pragma once

namespace holdfast::sim {

// Somebody who uses the cluster until told to stop.
class Client {
 public:
  virtual ~Client() = default;
  virtual void start() = 0;
  // No new operations; those under way go on until they are answered or given up.
  virtual void stop() = 0;
  virtual bool is_idle() const = 0;
};

}  // namespace holdfast::sim
