#include "storage/compression.hpp"

#include <zstd.h>

#include <new>

#include "base/check.hpp"

namespace holdfast::storage {

namespace {

// Of zstd's fast levels: they pass over bytes that hardly shrink, such as text without repetitions,
// more than ten times as quickly as level 1, and make of what does shrink up to half as much again.
// It is processor time that a node lacks while clients write.
constexpr int kLevel = -1;

}  // namespace

void Compressor::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

Compressor::Compressor() : context_(ZSTD_createCCtx()) {
  if (!context_) throw std::bad_alloc();
}

void Compressor::append(std::string& out, std::string_view bytes) {
  const std::size_t before = out.size();
  const std::size_t room = before + ZSTD_compressBound(bytes.size());
  std::size_t made = 0;
  out.resize_and_overwrite(room, [&](char* to, std::size_t) {
    made = ZSTD_compressCCtx(context_.get(), to + before, room - before, bytes.data(), bytes.size(),
                             kLevel);
    return ZSTD_isError(made) ? before : before + made;
  });
  CHECK_MSG(!ZSTD_isError(made), ZSTD_getErrorName(made));
}

std::optional<std::string> decompress(std::string_view compressed, std::size_t size) {
  if (ZSTD_getFrameContentSize(compressed.data(), compressed.size()) != size) return {};
  std::string bytes;
  bool whole = false;
  bytes.resize_and_overwrite(size, [&](char* to, std::size_t) {
    whole = ZSTD_decompress(to, size, compressed.data(), compressed.size()) == size;
    return size;
  });
  if (!whole) return {};
  return bytes;
}

}  // namespace holdfast::storage
