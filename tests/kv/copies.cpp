#include "copies.hpp"

#include "base/prng.hpp"
#include "machine.hpp"

namespace holdfast::kv {
namespace {

// So small that sessions are dropped for every reason there is.
constexpr Limits kLimits{.sessions_max = 12,
                         .session_replies_max = 5,
                         .session_reply_bytes_max = 600,
                         .reply_bytes_max = 2000,
                         .session_ttl_ms = 900};

// One client's commands: on keys in a slot of their own each, and on many in one slot.
class RandomHistory {
 public:
  explicit RandomHistory(std::uint64_t seed) : prng_(seed) {}

  std::string next_entry() {
    now_ms_ += prng_.below(8) == 0 ? prng_.below(400) : prng_.below(3);
    BatchText batch(now_ms_);
    if (next_seq_ == 1) batch.open(1, 7);
    std::vector<Words> commands;
    for (auto count = prng_.between(1, 12); count > 0; --count) commands.push_back(command());
    batch.commands(1, 1, next_seq_, commands);
    next_seq_ += commands.size();
    return std::string(batch.bytes());
  }
  // Sessions that were opened are used from then on.
  void learn(const Heard& heard) {
    for (const Reply& reply : heard.replies) {
      const auto* n = std::get_if<std::int64_t>(&reply.value);
      if (n != nullptr && *n >= 1024) sessions_.push_back(std::to_string(*n));
    }
  }
  Prng& prng() { return prng_; }

 private:
  std::string key() {
    return prng_.below(2) == 0 ? "k" + std::to_string(prng_.below(300))
                               : "{t}" + std::to_string(prng_.below(2000));
  }
  std::string value() {
    const bool is_long = prng_.below(20) == 0;
    return std::string(is_long ? Value::kSharedFrom + prng_.below(900) : prng_.below(80),
                       static_cast<char>('a' + prng_.below(26)));
  }
  std::string lifetime() { return std::to_string(prng_.between(1, 2000)); }
  Words write() {
    const Words pool[] = {{"SET", key(), value()},
                          {"SET", key(), value()},
                          {"APPEND", key(), value()},
                          {"APPEND", key(), value()},
                          {"DEL", key(), key()},
                          {"MSET", key(), value(), key(), value()},
                          {"INCR", key()},
                          {"SET", key(), value(), "PX", lifetime()},
                          {"PEXPIRE", key(), lifetime()},
                          {"GETEX", key(), "PX", lifetime()},
                          {"GETEX", key(), "PERSIST"},
                          {"SETRANGE", key(), std::to_string(prng_.below(5000)), "x"}};
    return pool[prng_.below(std::size(pool))];
  }
  Words command() {
    if (prng_.below(600) == 0) return {"FLUSHALL"};
    const auto kind = prng_.below(12);
    if (kind == 0) return {"SESSION", "OPEN"};
    if (kind > 5 || sessions_.empty()) return write();
    const auto recent = std::min<std::size_t>(sessions_.size(), 16);
    const std::string& session = sessions_[sessions_.size() - 1 - prng_.below(recent)];
    if (kind == 1 && prng_.below(4) == 0) return {"SESSION", "CLOSE", session};
    const auto request = ++requests_;
    Words once = {"ONCE", session, std::to_string(request)};
    if (prng_.below(3) == 0) once.insert(once.end(), {"ACK", std::to_string(request / 2 + 1)});
    const Words inner = write();
    once.insert(once.end(), inner.begin(), inner.end());
    return once;
  }

  Prng prng_;
  std::uint64_t now_ms_ = 1000;
  std::uint64_t next_seq_ = 1;
  std::uint64_t requests_ = 0;
  std::vector<std::string> sessions_;
};

// A state, and the copy of it that is under way.
class Copied {
 public:
  void apply(const std::string& entry, RandomHistory& history) {
    Heard heard;
    state_.apply(Index(++index_), entry, heard);
    history.learn(heard);
    later_.push_back({entry, std::move(heard.replies)});
  }
  void begin() {
    digest_ = state_.digest();
    bytes_ = state_.state_bytes();
    index_at_begin_ = index_;
    pieces_.clear();
    later_.clear();
    state_.begin_copy();
  }
  bool is_copying() const { return state_.is_copying(); }
  int completed() const { return completed_; }
  void abandon() { state_.abandon_copy(); }
  // What is wrong, once the copy is complete.
  std::string take_piece(std::size_t bytes) {
    std::string piece = state_.next_piece(bytes);
    if (piece.empty()) {
      ++completed_;
      return check();
    }
    pieces_.push_back(std::move(piece));
    return {};
  }

 private:
  struct Later {
    std::string entry;
    std::vector<Reply> replies;
  };

  std::string check() {
    if (state_.copy_bytes_waiting() != 0) return "memory is kept";
    auto built = built_of(pieces_, kLimits);
    if (!built) return "the pieces make no state";
    if (built->digest() != digest_) return "another state";
    if (built->state_bytes() != bytes_) return "another number of bytes";
    std::uint64_t index = index_at_begin_;
    for (const auto& [entry, replies] : later_) {
      Heard heard;
      built->apply(Index(++index), entry, heard);
      if (heard.replies != replies) return "other replies later";
    }
    if (built->digest() != state_.digest()) return "another state later";
    return {};
  }

  StateMachine state_{kLimits};
  std::uint64_t index_ = 0;
  std::uint64_t digest_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t index_at_begin_ = 0;
  Pieces pieces_;
  std::vector<Later> later_;  // applied since the beginning
  int completed_ = 0;
};

}  // namespace

std::string broken_copy(std::uint64_t seed) {
  RandomHistory history(seed);
  Prng& prng = history.prng();
  Copied copied;
  for (int step = 0; step < 1500; ++step) {
    copied.apply(history.next_entry(), history);
    if (!copied.is_copying()) {
      if (prng.below(20) == 0) copied.begin();
      continue;
    }
    if (prng.below(100) == 0) copied.abandon();
    if (prng.below(100) == 0) copied.begin();
    for (auto pieces = prng.below(4); pieces > 0 && copied.is_copying(); --pieces) {
      const std::string wrong = copied.take_piece(prng.below(prng.below(8) == 0 ? 20'000 : 1500));
      if (!wrong.empty()) return wrong + " at step " + std::to_string(step);
    }
  }
  return copied.completed() < 3 ? "too few copies to tell" : "";
}

}  // namespace holdfast::kv
