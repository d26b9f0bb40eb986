#pragma once

#include <expected>
#include <string>

#include "replica/stored.hpp"
#include "server/options.hpp"
#include "server/server.hpp"
#include "storage/data_folder.hpp"

namespace holdfast::server {

// A node's data folder, opened, and what is in it.
struct NodeData {
  storage::DataFolder folder;
  replica::Stored stored;
};

struct StartError {
  Exit code = Exit::kFailed;
  std::string message;
};

// Opens the node's folder, or makes it. What it knows of the cluster goes into `options`, so that a
// node needs to be told of it at its first start only. A node that joins is added to the cluster
// first; with --repair a damaged folder is put aside and the node joins anew.
[[nodiscard]] std::expected<NodeData, StartError> open_node_data(storage::Disk& disk,
                                                                 Options& options);

}  // namespace holdfast::server
