#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kv/batch.hpp"

namespace holdfast::frontend {

// What a client has said between MULTI and EXEC, and what it watches.
class Transaction {
 public:
  using Words = std::vector<std::string>;

  bool is_open() const { return is_open_; }
  void open() { is_open_ = true; }
  // One of its commands was refused: it can't be executed any more.
  void spoil() { is_spoilt_ = is_open_; }
  bool is_spoilt() const { return is_spoilt_; }

  void add(kv::Args args) {
    commands_.emplace_back(args.begin(), args.end());
    bytes_ += bytes_of(args);
  }
  const std::vector<Words>& commands() const { return commands_; }
  // Of the commands so far, in memory.
  std::size_t bytes() const { return bytes_; }
  static std::size_t bytes_of(kv::Args args) {
    std::size_t bytes = sizeof(Words);
    for (const std::string_view arg : args) bytes += sizeof(std::string) + arg.size();
    return bytes;
  }

  // A watch is on top of earlier ones, be it of the same key.
  void watch(std::string key, std::uint64_t version) {
    watches_.emplace_back(std::move(key), version);
  }
  void unwatch() { watches_.clear(); }
  const std::vector<std::pair<std::string, std::uint64_t>>& watches() const { return watches_; }

 private:
  bool is_open_ = false;
  bool is_spoilt_ = false;
  std::vector<Words> commands_;
  std::size_t bytes_ = 0;
  std::vector<std::pair<std::string, std::uint64_t>> watches_;
};

}  // namespace holdfast::frontend
