#pragma once

#include "sim/dice.hpp"
#include "sim/disk.hpp"
#include "storage/segment.hpp"

namespace holdfast::sim {

enum class RotOutcome : std::uint8_t {
  kRefused,   // the damage was found: the node does not start
  kHarmless,  // nothing of the log was hit
  kLooksTorn  // the end was hit, which a crash may have left just so: it would be cut
};

// Flips a bit in the log of a node that is down. Damage before the place that the log itself proves
// to be durable must be found; throws Monitor::Violation if it is not.
RotOutcome flip_a_bit(VirtualDisk& disk, const storage::Identity& identity, Dice& dice);

}  // namespace holdfast::sim
