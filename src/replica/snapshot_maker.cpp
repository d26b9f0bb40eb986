#include "replica/snapshot_maker.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace holdfast::replica {

namespace {

// A copy made as fast as it can be would leave little of a node's time for anything else, and all
// nodes make theirs at once, since their logs grow alike. At this rate it takes a tenth at most.
constexpr std::size_t kCopiedPerSecond = 64 << 20;
// What long turns keep it from is made up for, but no more than this.
constexpr Duration kArrearsMax = std::chrono::milliseconds(20);
constexpr Duration kRetryPause = std::chrono::seconds(5);

Duration time_for(std::size_t bytes) {
  return Duration(std::chrono::seconds(1)) * bytes / kCopiedPerSecond;
}

}  // namespace

void SnapshotMaker::ask(RequestKey key) {
  waiting_.push_back({.key = key});
}

bool SnapshotMaker::is_due(Instant now, const raft::Core& core,
                           const kv::StateMachine& machine) const {
  if (making_) return false;
  if (replaces_ && now >= not_before_ && machine.applied_index() >= core.snapshot().index) {
    return true;
  }
  if (machine.applied_index() <= core.snapshot().index) return false;
  if (!waiting_.empty()) return true;
  return now >= not_before_ && log_bytes_ > log_bytes_max(machine);
}

std::size_t SnapshotMaker::log_bytes_max(const kv::StateMachine& machine) const {
  return std::max(config_.snapshot_log_bytes, config_.snapshot_log_states * machine.state_bytes());
}

void SnapshotMaker::step(Instant now, const raft::Core& core, kv::StateMachine& machine,
                         std::vector<SnapshotJob>& jobs) {
  // What was set aside for a copy that failed is of no use.
  if (!making_ && machine.is_copying()) machine.abandon_copy();
  // Nothing happened since the last one.
  if (!making_ && machine.applied_index() <= core.snapshot().index) {
    answer_if(false, kv::Reply::ok());
  }
  if (is_due(now, core, machine)) begin(core, machine, jobs);
  if (!making_ || is_handed_out_) return;
  while (under_way_ < config_.snapshot_window_bytes) {
    if (now < next_piece_ && !hurries(machine)) return;
    std::string piece = machine.next_piece(config_.snapshot_piece_bytes);
    // A small one may have cost as much, by what it passed over.
    const std::size_t bytes = std::max(piece.size(), config_.snapshot_piece_bytes);
    next_piece_ = std::max(next_piece_, now - kArrearsMax) + time_for(bytes);
    if (piece.empty()) {
      is_handed_out_ = true;
      jobs.emplace_back(job::Finish{});
      return;
    }
    under_way_ += piece.size();
    jobs.emplace_back(job::Add{std::move(piece)});
  }
}

// What the copy costs in memory grows, or the log that is kept until there is a snapshot.
bool SnapshotMaker::hurries(const kv::StateMachine& machine) const {
  return machine.copy_bytes_waiting() >= config_.snapshot_window_bytes ||
         log_bytes_ > log_bytes_max(machine) / 2;
}

void SnapshotMaker::begin(const raft::Core& core, kv::StateMachine& machine,
                          std::vector<SnapshotJob>& jobs) {
  making_ = core.meta_at(machine.applied_index());
  is_handed_out_ = false;
  under_way_ = 0;
  next_piece_ = Instant();
  log_bytes_at_begin_ = std::exchange(log_bytes_, 0);
  number_ = prng_.next();
  for (Waiting& waiting : waiting_) waiting.began = true;
  machine.begin_copy();
  jobs.emplace_back(job::Begin{*making_, number_});
}

void SnapshotMaker::abandon(std::vector<SnapshotJob>& jobs) {
  log_bytes_ = 0;
  if (!making_) return;
  making_.reset();
  for (Waiting& waiting : waiting_) waiting.began = false;
  jobs.emplace_back(job::Abandon{});
}

Index SnapshotMaker::on(const result::Made& made) {
  // Else it was abandoned when it was already written.
  if (making_ && making_->last == made.id.last) {
    making_.reset();
    replaces_ = false;
    answer_if(true, kv::Reply::ok());
  }
  return made.id.last.index;
}

void SnapshotMaker::on(Instant now, const result::NotMade& failed) {
  if (!making_ || failed.number != number_) return;
  making_.reset();
  log_bytes_ += log_bytes_at_begin_;
  not_before_ = now + kRetryPause;
  answer_if(true, kv::Reply::error("ERR no snapshot was made: " + failed.reason));
}

// A snapshot that was under way when it was asked for may lack what the asker has seen
// acknowledged: it answers those only who asked before it began.
void SnapshotMaker::answer_if(bool began, const kv::Reply& reply) {
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    if (waiting.began != began) return false;
    completions_.push_back({waiting.key, reply});
    return true;
  });
}

Instant SnapshotMaker::next_deadline() const {
  const bool has_room = under_way_ < config_.snapshot_window_bytes;
  return making_ && !is_handed_out_ && has_room ? next_piece_ : Instant::max();
}

}  // namespace holdfast::replica
