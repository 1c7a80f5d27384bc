// The proof that one event is in a log: small enough to mail, and verified without database or secret.
//
// The text of https://c2sp.org/tlog-proof, with the sealed event as its extra data.

#ifndef DAYBOOK_EVENT_PROOF_HPP
#define DAYBOOK_EVENT_PROOF_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/checkpoint.hpp>
#include <daybook/export.hpp>
#include <daybook/merkle.hpp>
#include <daybook/verification.hpp>

namespace daybook {

struct event_proof {
    std::string sealed;  ///< the event, as append_sealed() writes it
    std::uint64_t index = 0;
    std::vector<tree_hash> hashes;
    signed_checkpoint checkpoint;

    /// Says nothing about whether it holds. Throws error (invalid_proof), naming the line, for anything but the one spelling that
    /// to_string() gives. Any thread.
    [[nodiscard]] DAYBOOK_EXPORT static event_proof parse(std::string_view text);
};

[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const event_proof& proof);

/// Whether the event is where the proof says, under a checkpoint that is believed. `anchors` are compared if they are of the same
/// size; `after` is not used. Any thread.
DAYBOOK_EXPORT verification verify_event(const event_proof& proof, const verify_options& options, const finding_sink& found);

}  // namespace daybook

#endif
