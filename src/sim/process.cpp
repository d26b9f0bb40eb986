#include "sim/process.hpp"

#include <utility>

#include "base/check.hpp"
#include "storage/recovery.hpp"

namespace holdfast::sim {

namespace {

constexpr std::uint64_t kTurn = std::uint64_t{7} << 56;  // of Events::at's `what`
constexpr std::uint64_t kWake = std::uint64_t{8} << 56;
constexpr std::uint64_t kDiskDone = std::uint64_t{9} << 56;
constexpr std::uint64_t kSnapshotJobDone = std::uint64_t{15} << 56;

constexpr std::size_t kFrameBytesMax = 1 << 26;
constexpr std::uint64_t kSegmentBytes = 32 << 10;  // small, so that many are made

}  // namespace

Process::Process(Events& events, Dice dice, NodeId id, Clock clock, const kv::Limits& limits,
                 Host& host)
    : events_(events), dice_(dice), id_(id), clock_(clock), limits_(limits), host_(host) {}

Process::~Process() = default;

void Process::start(const raft::Membership& first) {
  if (program_) return;
  auto folder = storage::DataFolder::open(disk_, kFolder, {kCluster, id_}, first);
  if (!folder) return host_.stopped(*this, folder.error().message);
  folder_.emplace(std::move(*folder));
  auto found = open_stored();
  if (!found) {
    folder_.reset();
    health_ = Health::kRefused;
    return host_.stopped(*this, found.error().message);
  }
  raft::SnapshotMeta& snapshot = found->restored.snapshot;
  if (!snapshot.last.index) snapshot.membership = folder_->initial();
  ++life_;
  health_ = Health::kUp;
  LogPipe::Listener& log_listener = *this;
  log_ = std::make_unique<LogPipe>(events_, dice_, std::move(found->wal), log_listener,
                                   kDiskDone | id_.value());
  SnapshotPipe::Listener& snapshot_listener = *this;
  snapshots_ = std::make_unique<SnapshotPipe>(events_, dice_, std::move(found->snapshots),
                                              snapshot_listener, kSnapshotJobDone | id_.value());
  host_.booted(*this, found->restored, found->notes);
  program_ =
      host_.make_program(id_, std::move(found->restored), std::move(found->kept), local_now());
  turn_is_due_ = false;
  wake_at_ = Instant::max();
  schedule_turn();
}

void Process::replace_disk(const raft::HardState& hard_state) {
  CHECK(!program_);
  disk_ = VirtualDisk();
  const auto folder = storage::DataFolder::open(disk_, kFolder, {kCluster, id_});
  auto opened = storage::Wal::open(disk_, kFolder, {kCluster, id_, kSegmentBytes});
  CHECK(folder && opened);
  raft::Persist batch{.ticket = {}, .hard_state = hard_state, .first = {}, .entries = {}};
  CHECK(opened->wal.append(std::move(batch)) && opened->wal.sync());
}

std::expected<replica::Stored, replica::StoredError> Process::open_stored() {
  const storage::WalOptions options{kCluster, id_, kSegmentBytes};
  auto beside = host_.snapshot_beside(id_);
  if (!beside) return replica::open_stored(disk_, kFolder, options, limits_);
  const auto refuse = [](const auto& error) {
    return std::unexpected(replica::StoredError{error.message()});
  };
  auto opened = storage::Wal::open(disk_, kFolder, options);
  if (!opened) return refuse(opened.error());
  auto store = storage::SnapshotStore::open(disk_, kFolder, kCluster);
  if (!store) return refuse(store.error());
  const auto whole = storage::check_continues(kFolder, beside->last, opened->restored);
  if (!whole) return refuse(whole.error());
  opened->restored.snapshot = std::move(*beside);
  replica::SnapshotWorker worker(disk_, std::move(*store), kCluster, limits_);
  return replica::Stored{std::move(opened->wal), std::move(opened->restored), std::move(worker),
                         replica::Kept(), std::move(opened->notes)};
}

void Process::crash(bool power_lost) {
  if (log_) log_->interrupt(disk_);
  if (snapshots_) snapshots_->interrupt(disk_);
  end(Health::kDown);
  if (power_lost) {
    const auto kept =
        dice_.pick(std::vector{VirtualDisk::Unsynced::kLost, VirtualDisk::Unsynced::kRandom,
                               VirtualDisk::Unsynced::kRandom});
    disk_.power_on(kept, dice_.prng());
  } else {
    disk_.kill_process();
  }
}

void Process::end(Health health) {
  ++life_;
  health_ = health;
  program_.reset();
  log_.reset();
  snapshots_.reset();
  folder_.reset();
  readers_.clear();
  backlog_.clear();
}

void Process::pause() {
  if (health_ == Health::kUp) health_ = Health::kPaused;
}

void Process::resume() {
  if (health_ != Health::kPaused) return;
  health_ = Health::kUp;
  for (auto& waiting : std::exchange(backlog_, {})) {
    if (program_) run(waiting);
  }
  schedule_turn();
}

void Process::jump_clock(Duration ahead) {
  clock_.jump(events_.now(), ahead);
  if (program_ && health_ == Health::kUp) schedule_wake();
}

void Process::input(std::move_only_function<void(Program&, Instant)> input) {
  if (!program_) return;
  if (health_ == Health::kPaused) return backlog_.push_back(std::move(input));
  run(input);
}

void Process::run(std::move_only_function<void(Program&, Instant)>& input) {
  input(*program_, local_now());
  schedule_turn();
}

void Process::frame_arrived(NodeId from, std::string_view bytes) {
  if (!program_) return;
  wire::FrameReader& reader = reader_of(from);
  reader.feed(bytes);
  for (auto item = reader.next();; item = reader.next()) {
    if (!item) {
      readers_.erase(from);
      return host_.frame_refused(*this, from);
    }
    if (!*item) return;
    auto* message = std::get_if<wire::PeerMessage>(&**item);
    if (message == nullptr) continue;  // the hello
    input([from, message = std::move(*message)](Program& program, Instant now) mutable {
      program.receive(now, from, std::move(message));
    });
  }
}

wire::FrameReader& Process::reader_of(NodeId peer) {
  const auto found = readers_.find(peer);
  if (found != readers_.end()) return found->second;
  wire::Hello hello;
  hello.cluster = kCluster;
  hello.from = peer;
  hello.to = id_;
  auto& reader = readers_.emplace(peer, wire::FrameReader(kFrameBytesMax)).first->second;
  reader.feed(wire::encode(hello));
  return reader;
}

void Process::link_was_reset(NodeId peer) {
  readers_.erase(peer);
  input([peer](Program& program, Instant now) { program.link_reset(now, peer); });
}

// The system takes connections for a paused process, too.
bool Process::stream_accepted(StreamId id) {
  if (!program_) return false;
  input([id](Program& program, Instant now) { program.stream_accepted(now, id); });
  return true;
}

void Process::stream_received(StreamId id, std::string_view bytes) {
  input([id, bytes = std::string(bytes)](Program& program, Instant now) {
    program.stream_received(now, id, bytes);
  });
}

void Process::stream_closed(StreamId id) {
  input([id](Program& program, Instant now) { program.stream_closed(now, id); });
}

void Process::schedule_turn() {
  if (turn_is_due_ || !program_) return;
  turn_is_due_ = true;
  const Duration wait = dice_.mostly_low(Duration(1), turn_time_);
  events_.after(wait, kTurn | id_.value(), [this, life = life_] {
    if (life == life_) turn();
  });
}

void Process::turn() {
  turn_is_due_ = false;
  if (health_ == Health::kPaused) return;  // resume() makes up for it
  replica::Output output = program_->end_turn(local_now());
  if (!output.persist.empty()) log_->write(disk_speed_, output.persist);
  snapshots_->run(std::exchange(output.snapshot_jobs, {}));
  const std::uint64_t life = life_;
  host_.turn_ended(*this, output);
  if (life != life_) return;
  if (program_->has_work()) schedule_turn();
  schedule_wake();
}

void Process::schedule_wake() {
  const Instant at = clock_.when(program_->next_deadline());
  if (at <= events_.now()) return schedule_turn();
  if (at >= wake_at_ || at == Instant::max()) return;
  wake_at_ = at;
  events_.at(at, kWake | id_.value(), [this, life = life_, at] {
    if (life != life_ || wake_at_ != at) return;
    wake_at_ = Instant::max();
    if (health_ != Health::kPaused) schedule_wake();
  });
}

void Process::log_persisted(std::vector<raft::Persist> batches) {
  host_.made_durable(*this, batches);
  input([ticket = batches.back().ticket](Program& program, Instant now) {
    program.persisted(now, ticket);
  });
}

void Process::log_stalled(bool stalled) {
  input([stalled](Program& program, Instant) { program.set_storage_stalled(stalled); });
}

// The server exits: nobody knows what is on the disk now.
void Process::log_failed(const std::string& reason) {
  events_.after(Duration(0), kDiskDone | id_.value(), [this, life = life_, reason] {
    if (life != life_) return;
    end(Health::kDown);
    disk_.kill_process();
    host_.stopped(*this, reason);
  });
}

void Process::snapshot_done(replica::SnapshotResult result) {
  input([result = std::move(result)](Program& program, Instant now) mutable {
    program.snapshot_done(now, std::move(result));
  });
}

SeenNode Process::look() const {
  SeenNode seen;
  seen.id = id_;
  seen.health = health_;
  if (!program_) return seen;
  const raft::Core& core = program_->core();
  if (core.is_leader()) seen.role = replica::Role::kLeader;
  if (core.is_candidate()) seen.role = replica::Role::kCandidate;
  if (core.is_pre_candidate()) seen.role = replica::Role::kPreCandidate;
  seen.term = core.term();
  seen.leader = core.leader();
  seen.last = core.log().last_index();
  seen.commit = core.commit_index();
  seen.applied = program_->applied_index();
  return seen;
}

}  // namespace holdfast::sim
