#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace holdfast::cli {

// Server processes of this very program on loopback, with ports from the kernel and one folder for
// everything they write. They die with us, however we end; the folder is removed with the object.
class ChildServers {
 public:
  explicit ChildServers(int count);
  ~ChildServers();
  ChildServers(const ChildServers&) = delete;
  ChildServers& operator=(const ChildServers&) = delete;

  void start(int id);
  void kill9(int id);
  // SIGTERM; returns the exit code.
  int terminate(int id);
  bool is_running(int id);

  int count() const { return static_cast<int>(nodes_.size()); }
  Address client_address(int id) const { return nodes_.at(id).client; }
  std::vector<Address> endpoints() const;
  std::filesystem::path folder() const { return folder_; }
  std::filesystem::path data_folder(int id) const;
  // The last lines that the node logged, for people to see why it failed.
  std::string log_tail(int id) const;

 private:
  struct Node {
    Address client;
    Address peer;
    pid_t pid = 0;
  };
  std::filesystem::path log_file(int id) const;
  int wait_for_exit(int id);

  std::filesystem::path folder_;
  std::map<int, Node> nodes_;
  std::string cluster_;
};

}  // namespace holdfast::cli
