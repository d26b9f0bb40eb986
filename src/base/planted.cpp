#include "base/planted.hpp"

#include <algorithm>
#include <array>

namespace holdfast {

namespace {

constexpr auto kBugs = std::to_array<PlantedBug>({
    {Bug::kVoteNotPersisted, "vote-not-persisted", "a vote is given and never written to disk"},
    {Bug::kVoteBeforeDisk, "vote-before-disk", "a vote leaves before it is on disk"},
    {Bug::kAckBeforeDisk, "ack-before-disk", "entries are acknowledged before they are on disk"},
    {Bug::kOwnDiskNotAwaited, "own-disk-not-awaited",
     "a leader counts its own entries before they are on its disk"},
    {Bug::kCommitOldTerm, "commit-old-term", "entries of an old term commit by counting"},
    {Bug::kReadBeforeNoop, "read-before-noop",
     "a new leader answers reads before it has committed an entry of its term"},
    {Bug::kReadWithoutConfirmation, "read-without-confirmation",
     "a leader answers reads without asking whether it still leads"},
    {Bug::kStaleAppendTruncates, "stale-append-truncates",
     "an AppendRequest truncates what comes after it, conflict or not"},
    {Bug::kCommitBeyondProof, "commit-beyond-proof",
     "a follower commits beyond the last entry that the message proved"},
    {Bug::kHeartbeatCommitBeyondMatch, "heartbeat-commit-beyond-match",
     "heartbeats tell the whole commit index, and followers believe it of whatever they hold"},
    {Bug::kVoteForStaleLog, "vote-for-stale-log", "a vote is given whatever the candidate's log"},
    {Bug::kVoteForgottenOnStepDown, "vote-forgotten-on-step-down",
     "a node that becomes a follower forgets its vote of the term"},
    {Bug::kLateCompletionCounts, "late-completion-counts",
     "the completion of an overwritten write counts for the newer entries"},
    {Bug::kLogsMerged, "logs-merged", "a follower does not compare the previous entry's term"},
    {Bug::kConflictKept, "conflict-kept",
     "a follower keeps entries that conflict with the leader's"},
    {Bug::kCommittedTruncated, "committed-truncated",
     "a follower that refuses an AppendRequest drops what it does not know to be committed"},
    {Bug::kQuorumTooSmall, "quorum-too-small", "half of the nodes count as a majority"},
    {Bug::kLateReadAnswerTaken, "late-read-answer-taken",
     "the answer to an earlier question is taken for a later one's"},
    {Bug::kSnapshotWrongTerm, "snapshot-wrong-term",
     "a snapshot is stamped with the term it is made in"},
    {Bug::kSnapshotWithoutMembership, "snapshot-without-membership",
     "a snapshot does not say who is a member"},
    {Bug::kConflictKeptBehindSnapshot, "conflict-kept-behind-snapshot",
     "a log that conflicts with an installed snapshot is kept"},
    {Bug::kChangeBeforeNoop, "change-before-noop",
     "a leader changes the membership before it has committed an entry of its term"},
    {Bug::kJointIgnoresOld, "joint-ignores-old", "in a joint phase the new voters decide alone"},
    {Bug::kChangeMadeTwice, "change-made-twice",
     "a membership change begins before the one before it is committed"},
    {Bug::kRemovedNodeVotes, "removed-node-votes", "a node that is no voter is counted"},
    {Bug::kEmptyNodeVotes, "empty-node-votes",
     "a node that was added anew without its data votes for any log"},
    {Bug::kLeaseKeptOverPause, "lease-kept-over-pause",
     "a lease begins when an answer is heard, not when it was asked for"},
    {Bug::kSyncSkipped, "sync-skipped", "the log is written and not synced"},
    {Bug::kDirectoryNotSynced, "directory-not-synced", "a new file's directory is not synced"},
    {Bug::kChecksumSkipped, "checksum-skipped", "checksums of the log's records are not compared"},
    {Bug::kRotCutAsTorn, "rot-cut-as-torn",
     "damage in the middle of the log is cut like a torn tail"},
    {Bug::kFailedSyncIgnored, "failed-sync-ignored", "a failed sync is tried again and believed"},
    {Bug::kSnapshotNotSynced, "snapshot-not-synced",
     "a snapshot gets its name before its bytes are on disk"},
    {Bug::kFrameChecksumSkipped, "frame-checksum-skipped",
     "checksums of the peers' frames are not compared"},
    {Bug::kRetryAppliedTwice, "retry-applied-twice", "a repeated request is executed again"},
    {Bug::kResendAppliedTwice, "resend-applied-twice",
     "a write that a node sent twice is executed twice"},
    {Bug::kSessionLostAtRestart, "session-lost-at-restart", "a restarted node has no sessions"},
    {Bug::kSessionLimitsDiffer, "session-limits-differ",
     "nodes disagree on when a session expires"},
    {Bug::kGapIgnored, "gap-ignored",
     "a write is executed though an earlier one of its node is missing"},
    {Bug::kSnapshotSlotChanged, "snapshot-slot-changed",
     "a key that is overwritten before a snapshot has it is in it as it is later"},
    {Bug::kSnapshotWithoutSessions, "snapshot-without-sessions", "a snapshot has no sessions"},
    {Bug::kReadBeforeApplied, "read-before-applied",
     "a read is answered before its index is applied"},
    {Bug::kUnknownCalledFailed, "unknown-called-failed",
     "an outcome that isn't known is reported as a failure"},
    {Bug::kRefusedButKept, "refused-but-kept",
     "a write that was refused at its deadline is sent later"},
    {Bug::kReadOvertakesWrite, "read-overtakes-write",
     "a read behind a write of the same pipeline does not wait for it"},
    {Bug::kRetryUnderNewNumber, "retry-under-new-number",
     "the Clerk repeats a request under a new number"},
});

}  // namespace

std::span<const PlantedBug> planted_bugs() {
  return kBugs;
}

std::optional<Bug> find_planted_bug(std::string_view name) {
  const auto found = std::ranges::find(kBugs, name, &PlantedBug::name);
  return found == kBugs.end() ? std::nullopt : std::optional(found->bug);
}

#ifdef HOLDFAST_PLANTED_BUGS
namespace {
Bug active = Bug::kNone;
}

bool planted(Bug bug) {
  return active == bug;
}

void plant(Bug bug) {
  active = bug;
}
#endif

}  // namespace holdfast
