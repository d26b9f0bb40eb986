#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/codec.hpp"
#include "kv/state_machine.hpp"

namespace holdfast::kv {

// Builds a state from the pieces of a copy, in their order. The state equals the one that was
// copied, digest and all. Pieces are validated; memory is taken for what is in them, not for what
// they announce.
class StateBuilder {
 public:
  explicit StateBuilder(Limits limits = {});
  ~StateBuilder();
  StateBuilder(StateBuilder&&) noexcept;
  StateBuilder& operator=(StateBuilder&&) noexcept;

  // False: this is not what next_piece() makes, or not next. Nothing is built from then on.
  bool add(std::string_view piece);
  // Nothing: pieces are missing, or one was not good. Done with in any case.
  std::optional<StateMachine> finish();

 private:
  bool add_header(Reader& in);
  bool add_sessions(Reader& in);
  bool add_keys(Reader& in);
  bool add_run(std::uint32_t count, Reader& in);

  std::unique_ptr<State> state_;  // null: a piece was not good, or it was handed out
  bool has_header_ = false;
  std::uint64_t sessions_expected_ = 0;
  std::uint64_t keys_expected_ = 0;
};

}  // namespace holdfast::kv
