// The stations of a write, one by one, but for consensus (core_bench.cpp) and the state machine
// (bench_commands, bench_keyspace): parsing, batch, peers' frames, log, reply. A batch has as many
// SETs of 100 bytes as the argument says; items are SETs.

#include <benchmark/benchmark.h>
#include <filesystem>

#include "kv/batch.hpp"
#include "raft/effects.hpp"
#include "resp/reply_writer.hpp"
#include "resp/request_parser.hpp"
#include "storage/data_folder.hpp"
#include "storage/posix_disk.hpp"
#include "storage/wal.hpp"
#include "wire/frame.hpp"

namespace holdfast {
namespace {

constexpr std::string_view kKey = "key:000000012345";
const std::string kValue(100, 'v');

void count_items(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void parse_requests(benchmark::State& state) {
  std::string bytes;
  for (int i = 0; i < state.range(0); ++i) {
    resp::write_request(std::array<std::string_view, 3>{"SET", kKey, kValue}, bytes);
  }
  resp::RequestParser parser;
  for (auto _ : state) {
    parser.feed(bytes);
    while (parser.next() == resp::RequestParser::Event::kCommand) {
      benchmark::DoNotOptimize(parser.args());
    }
  }
  count_items(state);
}

void write_replies(benchmark::State& state) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    resp::ReplyWriter writer(out, resp::Protocol::kResp2);
    for (int i = 0; i < state.range(0); ++i) writer.bulk(kValue);
    benchmark::DoNotOptimize(out.data());
  }
  count_items(state);
}

std::string make_batch(std::int64_t size) {
  std::string commands, batch;
  Writer inner(commands);
  for (int i = 0; i < size; ++i) {
    kv::put_command(std::array<std::string_view, 3>{"SET", kKey, kValue}, inner);
  }
  Writer outer(batch);
  kv::put_batch_header({1'700'000'000'000}, outer);
  kv::put_section(kv::CommandsSection{NodeId(1), Index(1), 1, 64 << 20,
                                      static_cast<std::uint32_t>(size), commands},
                  outer);
  return batch;
}

void encode_batch(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(make_batch(state.range(0)));
  count_items(state);
}

// As the leader does with what a follower passes on.
void validate_batch(benchmark::State& state) {
  const std::string batch = make_batch(state.range(0));
  for (auto _ : state) {
    Reader in(batch);
    benchmark::DoNotOptimize(kv::get_batch_header(in));
    benchmark::DoNotOptimize(kv::get_section(in));
  }
  count_items(state);
}

raft::Envelope append_request(const Payload& payload) {
  return {NodeId(1), NodeId(2),
          raft::AppendRequest{.term = Term(1),
                              .entries = {{Term(1), raft::EntryKind::kCommand, payload}}}};
}

void frame_to_peer(benchmark::State& state) {
  const Payload payload(make_batch(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(wire::encode(append_request(payload).message));
  count_items(state);
}

void frame_from_peer(benchmark::State& state) {
  const std::string hello = wire::encode(wire::Hello{});
  const std::string bytes =
      wire::encode(append_request(Payload(make_batch(state.range(0)))).message).flatten();
  wire::FrameReader reader(64 << 20);
  reader.feed(hello);
  if (const auto greeted = reader.next(); !greeted || !*greeted) state.SkipWithError("no hello");
  for (auto _ : state) {
    reader.feed(bytes);
    const auto item = reader.next();
    if (!item || !*item) state.SkipWithError("no message");
    benchmark::DoNotOptimize(item);
  }
  count_items(state);
}

raft::Persist persist(std::uint64_t number, const Payload& payload) {
  raft::Persist batch;
  batch.ticket = Ticket(number);
  if (number == 1) batch.hard_state = raft::HardState{.term = Term(1), .voted_for = NodeId(1)};
  batch.first = batch.first_needed = Index(number);
  batch.entries = {{Term(1), raft::EntryKind::kCommand, payload}};
  return batch;
}

// With a disk it is mostly the disk's time; in memory it is the log's own.
void append_and_sync(benchmark::State& state, const std::filesystem::path& place) {
  std::string folder = place / "holdfast-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return state.SkipWithError("no temporary folder");
  storage::PosixDisk disk;
  const storage::Identity identity{1, NodeId(1)};
  const auto made = storage::DataFolder::open(disk, folder, identity);
  auto opened = storage::Wal::open(disk, folder, {identity.cluster, identity.node});
  if (!made || !opened) return state.SkipWithError("the folder can't be used");
  const Payload payload(make_batch(state.range(0)));
  std::uint64_t next = 0;
  for (auto _ : state) {
    if (!opened->wal.append(persist(++next, payload)) || !opened->wal.sync()) {
      state.SkipWithError("the log failed");
    }
  }
  count_items(state);
  std::filesystem::remove_all(folder);
}

BENCHMARK(parse_requests)->Arg(1)->Arg(16);
BENCHMARK(write_replies)->Arg(1)->Arg(16);
BENCHMARK(encode_batch)->Arg(1)->Arg(50)->Arg(800);
BENCHMARK(validate_batch)->Arg(1)->Arg(50)->Arg(800);
BENCHMARK(frame_to_peer)->Arg(1)->Arg(50)->Arg(800);
BENCHMARK(frame_from_peer)->Arg(1)->Arg(50)->Arg(800);
BENCHMARK_CAPTURE(append_and_sync, disk, std::filesystem::temp_directory_path())
    ->Arg(1)
    ->Arg(50)
    ->Arg(800)
    ->UseRealTime();
BENCHMARK_CAPTURE(append_and_sync, memory, "/dev/shm")->Arg(1)->Arg(50)->Arg(800);

}  // namespace
}  // namespace holdfast

BENCHMARK_MAIN();
