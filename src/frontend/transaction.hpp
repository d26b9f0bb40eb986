#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
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
  // Of the commands and watches so far, in memory.
  std::size_t bytes() const { return bytes_; }
  static std::size_t bytes_of(kv::Args args) {
    std::size_t bytes = sizeof(Words);
    for (const std::string_view arg : args) bytes += sizeof(std::string) + arg.size();
    return bytes;
  }

  // Of a key that is watched the earlier version stays.
  void watch(std::string key, std::uint64_t version) {
    const std::size_t bytes = sizeof(std::string) + key.size();
    if (watches_.try_emplace(std::move(key), version).second) bytes_ += bytes;
  }
  void unwatch() {
    for (const auto& [key, version] : watches_) bytes_ -= sizeof(std::string) + key.size();
    watches_.clear();
    has_lost_a_watch_ = false;
  }
  // A WATCH was refused: who goes on in one pipeline must not go on as if there had been none.
  void lose_a_watch() { has_lost_a_watch_ = true; }
  bool has_lost_a_watch() const { return has_lost_a_watch_; }
  const std::map<std::string, std::uint64_t>& watches() const { return watches_; }

 private:
  bool is_open_ = false;
  bool is_spoilt_ = false;
  std::vector<Words> commands_;
  std::size_t bytes_ = 0;
  std::map<std::string, std::uint64_t> watches_;  // the versions of keys
  bool has_lost_a_watch_ = false;
};

}  // namespace holdfast::frontend
