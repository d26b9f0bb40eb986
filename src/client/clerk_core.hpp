#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "base/prng.hpp"
#include "base/time.hpp"
#include "resp/value.hpp"

namespace holdfast::client {

struct ClerkOptions {
  Duration deadline = std::chrono::seconds(30);    // of a call, with all its attempts
  Duration try_timeout = std::chrono::seconds(2);  // of one attempt; then another node is asked
  Duration pause_min = std::chrono::milliseconds(5);
  Duration pause_max = std::chrono::milliseconds(500);  // between rounds over all nodes
  std::string password;
  std::uint64_t seed = 0;  // of the jitter and the first node asked; a Clerk draws one for 0
};

struct ClerkError {
  enum class Kind : std::uint8_t {
    kUnknown,         // no answer in time; it may have been executed, once
    kNotExecuted,     // no answer in time; it was not executed
    kSessionExpired,  // the session went while an answer was awaited: as kUnknown
    kRefused,         // the store's answer is an error, and nothing was changed
    kProtocol,        // a server said what makes no sense here
  };

  Kind kind = Kind::kUnknown;
  std::string text;
};

using ClerkResult = std::expected<resp::Value, ClerkError>;

// How a clerk gets a command executed exactly once, whatever happens to nodes and connections: the
// logic alone, without sockets, threads or a clock. One command at a time.
//
// A write goes out as `ONCE <session> <request> ACK <request> <command…>`, in a session of this
// clerk's own, and is repeated with the same number until an answer comes or the deadline. A read
// is just repeated.
//
// Whoever drives it does what an Action says and reports how it ended, which gives the next Action:
//   Connect   drop the connection there is, make one: connected() or disconnected()
//   Send      on the connection: received() with the next reply, or disconnected()
//   Rest      timed_out() at `until`
//   Done      nothing; start() begins the next command
// Nothing happened by `until`: timed_out(). A connection that breaks between commands need not be
// reported: the next Send will fail.
class ClerkCore {
 public:
  struct Connect {
    Address address;
    Instant until;
  };
  struct Send {
    std::vector<std::string> args;
    Instant until;
  };
  struct Rest {
    Instant until;
  };
  struct Done {
    ClerkResult result;
  };
  using Action = std::variant<Connect, Send, Rest, Done>;
  enum class Kind : std::uint8_t { kRead, kWrite };

  // `endpoints`: where nodes of the cluster serve clients; not empty.
  ClerkCore(std::vector<Address> endpoints, ClerkOptions options);

  Action start(Instant now, Kind kind, std::vector<std::string> args);
  Action connected(Instant now);
  Action disconnected(Instant now, const std::string& reason);
  Action received(Instant now, resp::Value reply);
  Action timed_out(Instant now);

  // The session that writes go through, once there was one.
  std::optional<std::int64_t> session() const { return session_; }

 private:
  enum class Stage : std::uint8_t { kIdle, kResting, kConnecting, kAuth, kLocate, kOpen, kRequest };

  Action next(Instant now);
  Action send(Instant now, Stage stage, std::vector<std::string> args);
  Action send_request(Instant now);
  Action request_error(Instant now, const std::string& text);
  Action session_gone(Instant now, const std::string& text);
  Action open_reply(Instant now, const resp::Value& reply);
  Action fail_at_the_door(const std::string& text);
  Action follow(Instant now, const std::string& moved);
  Action try_elsewhere(Instant now, const std::string& reason);
  Action give_up();
  Action finish(ClerkResult result);
  Action fail(ClerkError::Kind kind, std::string text);
  bool may_be_executed() const { return kind_ == Kind::kWrite && may_be_executed_; }
  const Address& target() const { return hint_ ? *hint_ : endpoints_[at_]; }

  std::vector<Address> endpoints_;
  ClerkOptions options_;
  Prng prng_;

  Stage stage_ = Stage::kIdle;
  bool is_connected_ = false;
  bool is_authenticated_ = false;
  bool has_located_ = false;  // asked so that it is told where the leader is
  std::size_t at_;            // the endpoint in use
  std::optional<Address> hint_;
  Instant distrust_until_;    // after a failure, any node may pass commands on to the leader
  std::size_t failures_ = 0;  // attempts in a row without an answer
  Duration pause_;

  std::optional<std::int64_t> session_;
  std::uint64_t request_ = 0;  // the number of the last one in the session

  Kind kind_ = Kind::kRead;
  std::vector<std::string> args_;
  bool awaits_reply_ = false;     // the command went out and nothing came back yet
  bool may_be_executed_ = false;  // by an earlier attempt whose outcome nobody knows
  Instant deadline_;
  std::string last_reason_;
};

}  // namespace holdfast::client
