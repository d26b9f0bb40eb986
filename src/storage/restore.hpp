#pragma once

#include <expected>
#include <string>

#include "storage/data_folder.hpp"
#include "storage/snapshot_store.hpp"

namespace holdfast::storage {

// Makes DIR, in which there may be nothing yet, the data folder of a node of a new cluster whose
// first snapshot is the copy at `path`: its position and pieces, the new cluster's id, and
// `identity.initial`, its members. Reads and verifies all of the copy; whether its pieces are a
// state is the caller's to know. The error names the place where a copy is damaged.
//
// Interrupted at any step DIR is none that a node starts from with a part of the copy.
[[nodiscard]] std::expected<Snapshot, FolderError> restore_copy(Disk& disk, const std::string& path,
                                                                const std::string& dir,
                                                                const IdentityFile& identity);

}  // namespace holdfast::storage
