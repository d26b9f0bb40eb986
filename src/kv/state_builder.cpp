#include "kv/state_builder.hpp"

#include <utility>

#include "kv/state.hpp"

namespace holdfast::kv {
namespace {

EntryHandle get_entry(Reader& in) {
  const Pair pair = get_pair(in);
  EntryHandle entry(pair.key, pair.value);
  entry->expires_ms = pair.expires_ms;
  entry->revision = pair.revision;
  return entry;
}

}  // namespace

StateBuilder::StateBuilder(Limits limits) : state_(std::make_unique<State>(limits)) {}
StateBuilder::~StateBuilder() = default;
StateBuilder::StateBuilder(StateBuilder&&) noexcept = default;
StateBuilder& StateBuilder::operator=(StateBuilder&&) noexcept = default;

bool StateBuilder::add(std::string_view piece) {
  if (state_ == nullptr) return false;
  Reader in(piece);
  const auto kind = get_piece_kind(in);
  bool good = kind.has_value() && (kind == PieceKind::kHeader) != has_header_;
  if (good) {
    switch (*kind) {
      case PieceKind::kHeader:
        good = add_header(in);
        break;
      case PieceKind::kSessions:
        good = add_sessions(in);
        break;
      case PieceKind::kKeys:
        good = add_keys(in);
        break;
    }
  }
  if (!good) state_ = nullptr;
  return good;
}

bool StateBuilder::add_header(Reader& in) {
  CopyHeader header = get_header(in);
  if (!in.finished()) return false;
  has_header_ = true;
  sessions_expected_ = header.sessions;
  keys_expected_ = header.keys;
  state_->applied_index = header.applied_index;
  state_->cluster_time_ms = header.cluster_time_ms;
  state_->session_time_ms = header.session_time_ms;
  state_->keyspace.restore_counters(header.cluster_time_ms, header.revision,
                                    std::move(header.removals));
  state_->sessions.restore_last_id(header.last_session_id);
  state_->origins = std::move(header.origins);
  return true;
}

bool StateBuilder::add_sessions(Reader& in) {
  while (!in.at_end()) {
    Session session = get_session(in);
    if (!in.ok() || session.used_ms > state_->session_time_ms) return false;
    if (!state_->sessions.restore(std::move(session))) return false;
  }
  return state_->sessions.size() <= sessions_expected_;
}

bool StateBuilder::add_keys(Reader& in) {
  while (!in.at_end()) {
    const auto count = in.u32();
    if (count == 0 || count > in.remaining() / kPairBytes || !add_run(count, in)) return false;
  }
  return state_->keyspace.size() <= keys_expected_;
}

// A table that grows while it is filled in another one's order is slow: what is there crowds at its
// beginning, wherever the end is at the time. So it has the room before.
bool StateBuilder::add_run(std::uint32_t count, Reader& in) {
  Keyspace& keyspace = state_->keyspace;
  std::optional<std::uint16_t> slot;
  for (std::uint32_t i = 0; i < count; ++i) {
    EntryHandle entry = get_entry(in);
    const std::uint16_t number = key_slot(entry->key());
    if (!in.ok() || slot.value_or(number) != number) return false;
    if (!slot) keyspace.reserve(number, count);
    slot = number;
    if (!keyspace.restore(number, std::move(entry))) return false;
  }
  return true;
}

std::optional<StateMachine> StateBuilder::finish() {
  const bool is_whole = state_ != nullptr && has_header_ &&
                        state_->sessions.size() == sessions_expected_ &&
                        state_->keyspace.size() == keys_expected_;
  auto state = std::exchange(state_, nullptr);
  if (!is_whole) return std::nullopt;
  return StateMachine(std::move(state));
}

}  // namespace holdfast::kv
