#include "cli/copy_fetch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "client/connection.hpp"
#include "client/node_status.hpp"
#include "storage/snapshot_draft.hpp"

namespace holdfast::cli {

namespace {

using client::Connection;
using client::NodeStatus;
using resp::Value;

constexpr std::uint64_t kPartBytes = 1 << 20;
constexpr std::uint64_t kPartsAhead = 4;
constexpr int kAttempts = 5;
constexpr auto kAnswerTime = std::chrono::seconds(30);
// A node makes a snapshot of what it has in memory: this is for many gigabytes on a slow disk.
constexpr auto kSnapshotTime = std::chrono::hours(1);

// Why this node gives no copy.
struct NoCopy : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// A newer snapshot has taken the place of the one that was being fetched.
struct Overtaken {};

struct Source {
  Address address;
  NodeStatus status;
};

// What RAFT FETCH answers.
struct Part {
  std::uint64_t index = 0;
  std::string number;
  std::uint64_t total = 0;
  std::string bytes;
};

// One number for all of them: bytes fetched, for people who wait.
class Progress {
 public:
  explicit Progress(std::string what)
      : what_(std::move(what)), is_shown_(::isatty(STDERR_FILENO)) {}

  void show(std::uint64_t done, std::uint64_t total) const {
    if (!is_shown_) return;
    std::cerr << fmt::format("\r{}: {} of {} MB", what_, done >> 20, total >> 20)
              << (done == total ? "\n" : "") << std::flush;
  }

 private:
  std::string what_;
  bool is_shown_;
};

template <class T>
T need(std::expected<T, std::string> result) {
  if (!result) throw NoCopy(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

void need_io(const storage::IoResult<void>& done) {
  if (!done) throw std::runtime_error(done.error().message());
}

std::uint64_t number_at(const Value::Array& array, std::size_t at) {
  const auto* number = std::get_if<std::int64_t>(&array.items.at(at).value);
  if (number == nullptr || *number < 0) throw NoCopy("it answers RAFT FETCH with something else");
  return static_cast<std::uint64_t>(*number);
}

std::string bulk_at(Value::Array& array, std::size_t at) {
  auto* bulk = std::get_if<Value::Bulk>(&array.items.at(at).value);
  if (bulk == nullptr) throw NoCopy("it answers RAFT FETCH with something else");
  return std::move(bulk->bytes);
}

// One node, asked for its newest snapshot.
class Fetcher {
 public:
  Fetcher(const Source& source, const std::string& password, storage::Disk& disk,
          const std::string& path)
      : source_(source), password_(password), disk_(disk), path_(path) {}

  CopyInfo run() {
    connect();
    // What was acknowledged anywhere until now, this node has applied when it has answered a read.
    call({"DBSIZE"}, kAnswerTime);
    const auto status = client::ask_status(source_.address, password_);
    const std::uint64_t floor = need(status).number("applied_index");
    for (int attempt = 1; attempt <= kAttempts; ++attempt) {
      call({"RAFT", "SNAPSHOT"}, kSnapshotTime);
      try {
        return fetch(floor);
      } catch (const Overtaken&) {
        std::cerr << "holdfast: a newer snapshot has taken its place: once more\n";
        connect();  // replies to what was asked ahead may be on their way
      }
    }
    throw NoCopy("its snapshots are replaced faster than they can be fetched");
  }

 private:
  void connect() {
    connection_.emplace(
        need(Connection::connect(source_.address, client::Clock::now() + kAnswerTime)));
    if (!password_.empty()) call({"AUTH", password_}, kAnswerTime);
  }

  Value call(const std::vector<std::string>& args, client::Clock::duration time) {
    need(connection_->send(args, client::Clock::now() + kAnswerTime));
    return receive(time);
  }

  Value receive(client::Clock::duration time) {
    Value reply = need(connection_->receive(client::Clock::now() + time));
    const auto* error = std::get_if<Value::Error>(&reply.value);
    if (error == nullptr) return reply;
    if (error->text.starts_with("SNAPSHOTGONE ")) throw Overtaken();
    throw NoCopy(error->text);
  }

  CopyInfo fetch(std::uint64_t floor) {
    auto draft = storage::SnapshotDraft::create(disk_, path_ + ".part");
    if (!draft) throw std::runtime_error(draft.error().message());
    ask_part(0, {});
    const Part first = receive_part();
    if (first.index < floor) throw Overtaken();
    fetch_into(*draft, first);
    auto info = read_copy(disk_, draft->path(), [](const kv::Pair&) {});
    if (!info) throw NoCopy("what it sent is no whole copy: " + info.error().description());
    need_io(draft->publish(path_));
    return std::move(*info);
  }

  void fetch_into(storage::SnapshotDraft& draft, const Part& first) {
    const Progress progress("fetching");
    need_io(draft.append(first.bytes));
    std::uint64_t asked = draft.size();
    while (draft.size() < first.total) {
      while (asked < first.total && asked < draft.size() + kPartsAhead * kPartBytes) {
        ask_part(asked, first.number);
        asked += std::min(kPartBytes, first.total - asked);
      }
      const Part part = receive_part();
      const bool is_next = part.number == first.number && part.total == first.total &&
                           part.bytes.size() == std::min(kPartBytes, first.total - draft.size());
      if (!is_next) throw NoCopy("it sent another part than it was asked for");
      need_io(draft.append(part.bytes));
      progress.show(draft.size(), first.total);
    }
  }

  void ask_part(std::uint64_t offset, const std::string& number) {
    std::vector<std::string> args{"RAFT", "FETCH", std::to_string(offset),
                                  std::to_string(kPartBytes)};
    if (!number.empty()) args.push_back(number);
    need(connection_->send(args, client::Clock::now() + kAnswerTime));
  }

  Part receive_part() {
    Value reply = receive(kAnswerTime);
    auto* array = std::get_if<Value::Array>(&reply.value);
    if (array == nullptr || array->items.size() < 5) {
      throw NoCopy("it answers RAFT FETCH with something else");
    }
    return {number_at(*array, 0), bulk_at(*array, 2), number_at(*array, 3), bulk_at(*array, 4)};
  }

  const Source& source_;
  const std::string& password_;
  storage::Disk& disk_;
  const std::string& path_;
  std::optional<Connection> connection_;
};

// All nodes that can be found and answer, each once.
std::vector<Source> find_sources(const Endpoints& endpoints) {
  std::map<std::uint64_t, Source> by_id;
  std::vector<Address> addresses = endpoints.addresses;
  bool has_members = false;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const Address address = addresses[i];
    auto status = client::ask_status(address, endpoints.password);
    if (!status) {
      std::cerr << "holdfast: " << address.to_string() << ": " << status.error() << "\n";
      continue;
    }
    const std::uint64_t id = status->number("id");
    by_id.try_emplace(id, Source{address, std::move(*status)});
    if (std::exchange(has_members, true)) continue;
    const auto members = client::ask_members(address, endpoints.password);
    for (const NodeStatus& member : members.value_or(std::vector<NodeStatus>())) {
      const auto other = Address::parse(member.text("client_address"));
      const bool is_new = other && std::ranges::find(addresses, *other) == addresses.end();
      if (is_new) addresses.push_back(*other);
    }
  }
  std::vector<Source> sources;
  for (auto& [id, source] : by_id) sources.push_back(std::move(source));
  return sources;
}

}  // namespace

std::expected<FetchedCopy, std::string> fetch_copy(const Endpoints& endpoints, storage::Disk& disk,
                                                   const std::string& path) {
  std::vector<Source> sources = find_sources(endpoints);
  const auto preference = [](const Source& source) {
    const auto applied = source.status.number("applied_index");
    return std::pair(source.status.leads(), UINT64_MAX - applied);
  };
  std::ranges::stable_sort(sources, {}, preference);
  for (const Source& source : sources) {
    const std::string name = fmt::format("node {} at {}, {}", source.status.number("id"),
                                         source.address.to_string(), source.status.text("role"));
    std::cerr << "holdfast: a copy from " << name << "\n";
    try {
      CopyInfo info = Fetcher(source, endpoints.password, disk, path).run();
      return FetchedCopy{source.address, source.status.number("id"), source.status.leads(),
                         std::move(info)};
    } catch (const NoCopy& no) {
      std::cerr << "holdfast: " << name << ": " << no.what() << "\n";
    } catch (const Overtaken&) {
      std::cerr << "holdfast: " << name << ": it has no snapshot\n";
    }
  }
  return std::unexpected(sources.empty() ? "no node answers" : "no node could give a copy");
}

}  // namespace holdfast::cli
