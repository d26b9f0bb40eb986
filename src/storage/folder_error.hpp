#pragma once

#include <cstdint>
#include <string>

#include "storage/disk.hpp"

namespace holdfast::storage {

// Why a data folder can't be used; the message says what to do.
struct FolderError {
  enum class Kind : std::uint8_t {
    kIo,
    kPermission,
    kLocked,      // another server runs on it
    kForeign,     // of another cluster, node or format version
    kDamaged,     // its identity can't be read
    kNoIdentity,  // a log whose owner nothing tells
    kNotEmpty,    // where a new one was to be made
  };

  Kind kind = Kind::kIo;
  std::string message;
};

FolderError as_folder_error(const std::string& dir, const IoError& error);

}  // namespace holdfast::storage
