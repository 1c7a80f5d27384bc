// What a verification believes, what it found, and what it looked at.

#ifndef DAYBOOK_VERIFICATION_HPP
#define DAYBOOK_VERIFICATION_HPP

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/checkpoint.hpp>
#include <daybook/export.hpp>
#include <daybook/org_id.hpp>
#include <daybook/seal_key.hpp>
#include <daybook/timestamp.hpp>
#include <daybook/uuid.hpp>

namespace daybook {

enum class verdict : unsigned char {
    content_changed,      ///< a sealed event is not what was sealed
    event_missing,        ///< a sealed event is not in the log, and no sealed record of retention covers it
    event_added,          ///< an event is in the log that nobody committed in the usual way: behind the seal
    event_lost,           ///< an event was committed, and is gone before it was sealed
    event_queued_again,   ///< a sealed event waits to be sealed once more
    leaf_moved,           ///< a leaf of the tree belongs to another place
    leaves_missing,       ///< a part of the tree is not there: in the middle, or its end
    leaves_unsigned,      ///< the tree reaches beyond its last checkpoint
    tree_changed,         ///< the leaves do not give the root that was signed
    tiles_changed,        ///< an upper level of the tree is not what the leaves give
    log_shorter,          ///< a checkpoint that was kept elsewhere is larger than the log
    split_view,           ///< a checkpoint that was kept elsewhere contradicts the log
    bad_signature,        ///< a checkpoint's signature does not hold
    unknown_key,          ///< a checkpoint is signed by nobody who is believed
    key_not_valid_then,   ///< a checkpoint is signed by a key that was not believed at its time
    checkpoint_missing,   ///< a checkpoint that the next one names is not there
    checkpoint_damaged,   ///< a checkpoint that cannot be read, or is not where it belongs
    checkpoint_foreign,   ///< a checkpoint of another organization's log
    facets_changed,       ///< a searchable pair that is not the event's, or is missing
    evidence_damaged,     ///< a file of the evidence is missing, or not what the manifest says
};

/// The name above. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::string_view to_string(verdict found) noexcept;

struct finding {
    verdict what;
    org_id organization;
    std::optional<std::uint64_t> index{};  ///< in the tree, of the leaf or of the first one concerned
    std::optional<uuid> event{};
    std::string expected{};  ///< a hash, a size, a whole checkpoint: whatever the verdict is about
    std::string found{};
    std::string detail{};  ///< for people
};

using finding_sink = std::function<void(const finding& one)>;

struct verify_options {
    std::vector<trusted_key> keys;               ///< whose signatures are believed
    std::vector<signed_checkpoint> anchors{};   ///< that were kept elsewhere, in any order
    std::optional<signed_checkpoint> after{};   ///< everything up to it was verified before: go on from there
};

/// What was looked at, and what was found.
struct verification {
    org_id organization;
    std::uint64_t size = 0;           ///< leaves in the log
    std::uint64_t first = 0;          ///< the first leaf that was looked at
    std::uint64_t checked = 0;        ///< events whose row was read and agrees with its leaf
    std::uint64_t expired = 0;        ///< leaves whose events retention took away, as a sealed record says
    std::uint64_t waiting = 0;        ///< events that are committed and not sealed: nothing is proved about them
    std::optional<timestamp> waiting_since{};
    std::optional<timestamp> from{};   ///< times of the events checked, by their ids
    std::optional<timestamp> until{};
    std::uint64_t checkpoints = 0;    ///< whose root, signature and order were checked
    std::optional<timestamp> sealed_at{};  ///< of the last one, as it says
    std::vector<std::string> signers{};   ///< names of the keys that signed them
    std::uint64_t anchors = 0;        ///< checkpoints kept elsewhere that agree with the log
    std::uint64_t anchors_not_compared = 0;  ///< because evidence does not tell the root at their size
    std::uint64_t findings = 0;

    /// Nothing is newer than the checkpoint to go on from, whose root the log has.
    [[nodiscard]] bool is_unchanged() const noexcept { return findings == 0 && first > 0 && first == size; }

    /// Neither a finding, nor nothing looked at.
    [[nodiscard]] bool is_clean() const noexcept { return (findings == 0 && checked + expired > 0) || is_unchanged(); }
};

// ---------------------------------------------------------------- what verifications have in common

/// Whether the checkpoint is of this log, and signed by a key that is believed for its time; otherwise, `tell` hears why. `which` names
/// it in the message. Its signer goes into the result.
[[nodiscard]] DAYBOOK_EXPORT bool is_believed(const signed_checkpoint& one, const org_id& organization,
                                              const std::vector<trusted_key>& keys, std::string_view which, verification& result,
                                              const finding_sink& tell);

/// `ours` is a checkpoint, or a root, of the size of `anchor`, and another one.
[[nodiscard]] DAYBOOK_EXPORT finding split_view(const signed_checkpoint& anchor, std::string ours);

/// When the event of this id happened; nothing for an id that carries no time. Any thread, as the two above.
[[nodiscard]] DAYBOOK_EXPORT std::optional<timestamp> time_of_id(const uuid& id);

}  // namespace daybook

#endif
