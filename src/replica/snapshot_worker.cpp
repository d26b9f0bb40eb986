#include "replica/snapshot_worker.hpp"

#include <algorithm>
#include <utility>

#include "kv/state_builder.hpp"
#include "storage/snapshot_read.hpp"

namespace holdfast::replica {

namespace {

// A state, of the pieces that a file has.
struct Building {
  explicit Building(const kv::Limits& limits) : builder(limits) {}

  // All pieces were added: do they make what the file stands for?
  bool finish(const raft::SnapshotMeta& meta) {
    state = builder.finish();
    return state && state->applied_index() == meta.last.index;
  }

  kv::StateBuilder builder;
  std::optional<kv::StateMachine> state;
};

}  // namespace

std::optional<SnapshotResult> SnapshotWorker::run(SnapshotJob job) {
  return std::visit([this](const auto& j) { return on(j); }, job);
}

SnapshotWorker::Outcome SnapshotWorker::on(const job::Begin& begin) {
  making_ = begin.number;
  const auto begun = store_.begin(begin.meta, begin.number);
  return begun ? std::nullopt : give_up_making(begun.error());
}

SnapshotWorker::Outcome SnapshotWorker::on(const job::Add& add) {
  if (!store_.is_making()) return std::nullopt;
  if (const auto added = store_.add(add.piece); !added) return give_up_making(added.error());
  return result::Added{making_, add.piece.size()};
}

SnapshotWorker::Outcome SnapshotWorker::on(const job::Finish&) {
  if (!store_.is_making()) return std::nullopt;
  const auto made = store_.finish();
  if (!made) return give_up_making(made.error());
  return result::Made{made->id};
}

SnapshotWorker::Outcome SnapshotWorker::on(const job::Abandon&) {
  store_.abandon();
  return std::nullopt;
}

SnapshotWorker::Outcome SnapshotWorker::give_up_making(const storage::IoError& error) {
  store_.abandon();
  return result::NotMade{making_, error.message()};
}

SnapshotWorker::Outcome SnapshotWorker::on(const job::Read& read) {
  auto bytes = store_.read(read.id, read.offset, read.size);
  result::Chunk chunk{read.peer, read.id, read.offset, Payload()};
  if (bytes) {
    chunk.bytes = Payload(std::move(*bytes));
  } else {
    chunk.bytes = std::unexpected(bytes.error());
  }
  return chunk;
}

SnapshotWorker::Outcome SnapshotWorker::on(const job::Drop& drop) {
  store_.drop(drop.id);
  return std::nullopt;
}

SnapshotWorker::Outcome SnapshotWorker::on(const job::Pin& pin) {
  store_.pin(pin.ids);
  return std::nullopt;
}

SnapshotWorker::Outcome SnapshotWorker::on(const job::BeginReceive& begin) {
  receiving_ = begin.id;
  const auto there = store_.begin_receive(begin.id);
  if (!there) return give_up_receiving(there.error().message());
  return result::Received{receiving_, *there};
}

SnapshotWorker::Outcome SnapshotWorker::on(const job::Receive& receive) {
  if (!store_.is_receiving()) return std::nullopt;
  const auto there = store_.receive(receive.offset, receive.bytes.view());
  if (!there) return give_up_receiving(there.error().message());
  return result::Received{receiving_, *there};
}

SnapshotWorker::Outcome SnapshotWorker::on(const job::FinishReceive&) {
  if (!store_.is_receiving()) return std::nullopt;
  Building building(limits_);
  auto received =
      store_.finish_receive([&](std::string_view piece) { return building.builder.add(piece); },
                            [&](const raft::SnapshotMeta& meta) { return building.finish(meta); });
  if (!received) return give_up_receiving(received.error().message());
  return result::Loaded{received->id, std::move(received->meta), std::move(*building.state)};
}

SnapshotWorker::Outcome SnapshotWorker::on(const job::Fetch& fetch) {
  const FetchRequest& wanted = fetch.wanted;
  const auto& all = store_.snapshots();
  const auto at = wanted.number == 0
                      ? all.end() - (all.empty() ? 0 : 1)
                      : std::ranges::find_if(all, [&](const storage::Snapshot& snapshot) {
                          return snapshot.id.number == wanted.number;
                        });
  if (at == all.end()) return result::Fetched{fetch.key, {}, {}};
  return result::Fetched{fetch.key, at->id, store_.read(at->id, wanted.offset, wanted.size)};
}

SnapshotWorker::Outcome SnapshotWorker::give_up_receiving(const std::string& reason) {
  store_.abandon_receive();
  return result::NotReceived{receiving_, reason};
}

std::expected<std::optional<result::Loaded>, storage::SnapshotError> SnapshotWorker::load_newest() {
  const auto newest = store_.newest();
  if (!newest) return std::nullopt;
  Building building(limits_);
  auto meta = storage::read_snapshot(*disk_, newest->path, cluster_, [&](std::string_view piece) {
    return building.builder.add(piece);
  });
  if (!meta) return std::unexpected(meta.error());
  if (!building.finish(*meta)) return std::unexpected(storage::incomplete_state(newest->path));
  return result::Loaded{newest->id, std::move(*meta), std::move(*building.state)};
}

}  // namespace holdfast::replica
