#include "replica/snapshot_worker.hpp"

#include <algorithm>
#include <utility>

#include "kv/state_builder.hpp"
#include "storage/snapshot_read.hpp"

namespace holdfast::replica {

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
  const auto received = store_.finish_receive();
  if (!received) return give_up_receiving(received.error().message());
  auto loaded = load(*received);
  if (!loaded) return give_up_receiving(loaded.error().message());
  return std::move(*loaded);
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

std::expected<result::Loaded, storage::SnapshotError> SnapshotWorker::load(
    const storage::Snapshot& snapshot) {
  kv::StateBuilder builder(limits_);
  auto meta = storage::read_snapshot(*disk_, snapshot.path, cluster_,
                                     [&](std::string_view piece) { return builder.add(piece); });
  if (!meta) return std::unexpected(meta.error());
  auto state = builder.finish();
  if (!state || state->applied_index() != meta->last.index) {
    return std::unexpected(storage::SnapshotError{.kind = storage::SnapshotError::Kind::kInvalid,
                                                  .path = snapshot.path,
                                                  .reason = "its state is not complete"});
  }
  return result::Loaded{snapshot.id, std::move(*meta), std::move(*state)};
}

std::expected<std::optional<result::Loaded>, storage::SnapshotError> SnapshotWorker::load_newest() {
  const auto newest = store_.newest();
  if (!newest) return std::nullopt;
  auto loaded = load(*newest);
  if (!loaded) return std::unexpected(loaded.error());
  return std::move(*loaded);
}

}  // namespace holdfast::replica
