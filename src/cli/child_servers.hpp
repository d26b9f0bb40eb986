#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace holdfast::cli {

// Server processes on loopback, with ports from the kernel and one folder for everything they
// write. They die with the thread that started them, however it ends; the folder is removed with
// the object. System errors are thrown.
class ChildServers {
 public:
  // `args` are added to each server's command line. `program` is the holdfast binary: this very
  // one if not said otherwise.
  explicit ChildServers(int count, std::vector<std::string> args = {},
                        std::string program = "/proc/self/exe");
  ~ChildServers();
  ChildServers(const ChildServers&) = delete;
  ChildServers& operator=(const ChildServers&) = delete;

  void start(int id);
  // With these words about the cluster, instead of --cluster.
  void start(int id, const std::vector<std::string>& about_cluster);
  // One more, with ports and a folder of its own, of which --cluster knows nothing.
  int add();
  void start_all();
  void kill9(int id);
  void signal(int id, int number);
  // SIGTERM; returns the exit code.
  int terminate(int id);
  // Until it ends by itself; returns the exit code.
  int wait_for_exit(int id);
  bool is_running(int id);
  // From any thread of a process that is about to end: ends all servers and removes the folder.
  // Whoever starts or ends a server from then on waits for ever.
  void abandon();

  int count() const { return static_cast<int>(nodes_.size()); }
  Address client_address(int id) const { return nodes_.at(id).client; }
  Address peer_address(int id) const { return nodes_.at(id).peer; }
  std::vector<Address> endpoints() const;
  std::filesystem::path folder() const { return folder_; }
  std::filesystem::path data_folder(int id) const;
  // What the node wrote to stdout and stderr, in all of its lives.
  std::filesystem::path log_file(int id) const;
  // The last lines that the node logged, for people to see why it failed.
  std::string log_tail(int id) const;

 private:
  struct Node {
    Address client;
    Address peer;
    pid_t pid = 0;
  };

  class ReservedPort;

  Node make_node();

  std::vector<std::string> args_;
  std::string program_;
  std::filesystem::path folder_;
  std::map<int, Node> nodes_;
  std::string cluster_;
  std::vector<std::unique_ptr<ReservedPort>> ports_;
  std::mutex mutex_;  // held while a server is started, and while one is reaped
};

}  // namespace holdfast::cli
