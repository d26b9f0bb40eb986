#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/codec.hpp"
#include "kv/piece.hpp"

namespace holdfast::kv {

// Reads a copy's pieces in their order, one in memory at a time, without building the state. It
// validates each as StateBuilder does, but notices no key that comes twice.
class CopyReader {
 public:
  // The views end with the call.
  using PairVisitor = std::function<void(const Pair& pair)>;
  explicit CopyReader(PairVisitor visit) : visit_(std::move(visit)) {}

  // False: this is not what next_piece() makes, or not next.
  bool add(std::string_view piece);
  // Whether all that the header announces has come.
  bool is_complete() const {
    return has_header_ && sessions_ == header_.sessions && keys_ == header_.keys;
  }
  // Of what has come so far.
  const CopyHeader& header() const { return header_; }

 private:
  bool add_sessions(Reader& in);
  bool add_keys(Reader& in);

  PairVisitor visit_;
  bool has_header_ = false;
  CopyHeader header_;
  std::uint64_t sessions_ = 0;
  std::uint64_t keys_ = 0;
};

}  // namespace holdfast::kv
