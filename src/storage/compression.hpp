#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;

namespace holdfast::storage {

// zstd at its fastest regular level: a snapshot is made while the node serves.
class Compressor {
 public:
  Compressor();

  // Appends `bytes`, compressed, to `out`.
  void append(std::string& out, std::string_view bytes);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
};

// Nothing: not what Compressor makes of `size` bytes. Makes room only for bytes that say so
// themselves.
std::optional<std::string> decompress(std::string_view compressed, std::size_t size);

}  // namespace holdfast::storage
