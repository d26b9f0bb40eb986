#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "load/dialogue.hpp"
#include "server/asio.hpp"

namespace holdfast::bench {

class Load;

// A connection of a load, its requests and its answers. Lives as long as the load.
class Client {
 public:
  Client(Load& load, std::uint64_t index);

  // Asks what is due and has room.
  void pump();
  // How many operations of this client's part of the timetable were asked.
  std::uint64_t asked() const { return asked_; }

 private:
  void wait_to_read();
  void read();
  void flush();

  Load& load_;
  std::uint64_t index_;
  server::tcp::socket socket_;
  std::unique_ptr<Dialogue> dialogue_;
  std::string out_;
  std::size_t sent_ = 0;  // of out_
  bool waits_to_write_ = false;
  std::uint64_t asked_ = 0;
  std::uint64_t awaited_ = 0;
};

}  // namespace holdfast::bench
