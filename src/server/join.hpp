#pragma once

#include <cstdint>
#include <expected>
#include <stop_token>
#include <string>

#include "raft/types.hpp"
#include "server/options.hpp"

namespace holdfast::server {

// The number of the cluster to which those of `options.join` belong; asks until one answers, for
// up to a minute. The error is for people.
[[nodiscard]] std::expected<std::uint64_t, std::string> ask_cluster(const Options& options);

// Has the cluster add this node, whose disk is empty, at this address: as a learner that becomes a
// voter by itself when it has caught up, unless --join-as learner. Returns the term and vote with
// which it must begin.
//
// A node of this id whose disk was lost may have voted and acknowledged, and does not know any
// more. So it takes part in nothing before a majority without it has committed that it is gone, and
// then that it is there again as a learner. It begins in the term in which that was committed,
// having voted for that term's leader: who asks for votes of an earlier term, or of this one, gets
// none. Nor does it ever vote for a log that ends in an earlier term, which may lack what it
// acknowledged and forgot.
[[nodiscard]] std::expected<raft::HardState, std::string> be_added(const Options& options,
                                                                   const Address& peer_address);

// Whether this node, which was added at this position (HardState::votes_from), is a member no more.
// Of several seconds at most, less if it is to stop. False, too, if nobody who knows can be asked.
[[nodiscard]] bool was_removed(const Options& options, raft::Position added_at,
                               const std::stop_token& stop);

}  // namespace holdfast::server
