#include "cli/child_servers.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace holdfast::cli {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::filesystem::path make_folder() {
  std::error_code error;
  std::string name = std::filesystem::temp_directory_path(error) / "holdfast-XXXXXX";
  if (error) throw std::system_error(error, "there is no temporary folder ($TMPDIR)");
  if (::mkdtemp(name.data()) == nullptr) fail("can't make the folder " + name);
  return name;
}

}  // namespace

// Linux lets the server listen on the port of a socket that is bound with SO_REUSEADDR and does
// not listen, and gives the port to nobody else, also while the server is down.
class ChildServers::ReservedPort {
 public:
  ReservedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const int on = 1;
    if (socket_ < 0 || ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        ::bind(socket_, generic, size) != 0 || ::getsockname(socket_, generic, &size) != 0) {
      fail("can't get a port on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
  }
  ~ReservedPort() { ::close(socket_); }
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;

  Address address() const { return {"127.0.0.1", port_}; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

ChildServers::ChildServers(int count, std::vector<std::string> args, std::string program)
    : args_(std::move(args)), program_(std::move(program)), folder_(make_folder()) {
  for (int id = 1; id <= count; ++id) {
    nodes_[id] = make_node();
    cluster_ += (id == 1 ? "" : ",") + std::to_string(id) + "=" + nodes_[id].peer.to_string();
  }
}

ChildServers::Node ChildServers::make_node() {
  const Address client = ports_.emplace_back(std::make_unique<ReservedPort>())->address();
  const Address peer = ports_.emplace_back(std::make_unique<ReservedPort>())->address();
  return {client, peer, 0};
}

int ChildServers::add() {
  const int id = count() + 1;
  nodes_[id] = make_node();
  return id;
}

ChildServers::~ChildServers() {
  for (const auto& [id, node] : nodes_) kill9(id);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ChildServers::start(int id) {
  start(id, {"--cluster=" + cluster_});
}

void ChildServers::start(int id, const std::vector<std::string>& about_cluster) {
  const std::lock_guard lock(mutex_);
  Node& node = nodes_.at(id);
  std::vector<std::string> args = {"holdfast",
                                   "server",
                                   "--id=" + std::to_string(id),
                                   "--data=" + data_folder(id).string(),
                                   "--listen=" + node.client.to_string(),
                                   "--peer-listen=" + node.peer.to_string(),
                                   "--enable-fault-injection"};
  args.insert(args.end(), about_cluster.begin(), about_cluster.end());
  args.insert(args.end(), args_.begin(), args_.end());
  std::vector<char*> argv;
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  const std::string log = log_file(id);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) fail("can't start a server");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execv(program_.c_str(), argv.data());
    ::_exit(127);
  }
  node.pid = pid;
}

void ChildServers::start_all() {
  for (int id = 1; id <= count(); ++id) start(id);
}

void ChildServers::signal(int id, int number) {
  if (nodes_.at(id).pid != 0) ::kill(nodes_.at(id).pid, number);
}

void ChildServers::kill9(int id) {
  if (nodes_.at(id).pid == 0) return;
  ::kill(nodes_.at(id).pid, SIGKILL);
  wait_for_exit(id);
}

int ChildServers::terminate(int id) {
  if (nodes_.at(id).pid == 0) return -1;
  ::kill(nodes_.at(id).pid, SIGTERM);
  return wait_for_exit(id);
}

int ChildServers::wait_for_exit(int id) {
  Node& node = nodes_.at(id);
  siginfo_t ended;
  while (::waitid(P_PID, static_cast<id_t>(node.pid), &ended, WEXITED | WNOWAIT) < 0 &&
         errno == EINTR) {
  }
  const std::lock_guard lock(mutex_);
  int status = 0;
  ::waitpid(node.pid, &status, 0);
  node.pid = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool ChildServers::is_running(int id) {
  const std::lock_guard lock(mutex_);
  Node& node = nodes_.at(id);
  if (node.pid != 0 && ::waitpid(node.pid, nullptr, WNOHANG) == node.pid) node.pid = 0;
  return node.pid != 0;
}

void ChildServers::abandon() {
  mutex_.lock();
  for (const auto& [id, node] : nodes_) {
    if (node.pid == 0) continue;
    ::kill(node.pid, SIGKILL);
    ::waitpid(node.pid, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<Address> ChildServers::endpoints() const {
  std::vector<Address> endpoints;
  for (const auto& [id, node] : nodes_) endpoints.push_back(node.client);
  return endpoints;
}

std::filesystem::path ChildServers::data_folder(int id) const {
  return folder_ / ("node" + std::to_string(id));
}

std::filesystem::path ChildServers::log_file(int id) const {
  return folder_ / ("node" + std::to_string(id) + ".log");
}

std::string ChildServers::log_tail(int id) const {
  std::ifstream in(log_file(id));
  std::deque<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
    if (lines.size() > 12) lines.pop_front();
  }
  std::string tail;
  for (const std::string& line : lines) tail += "    " + line + "\n";
  return tail;
}

}  // namespace holdfast::cli
