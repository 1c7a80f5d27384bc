// Events in the order in which they were sealed, and what proves them.
//
// That order is an organization's one and only: an event that was committed late has a later place in it, and no event ever gets a
// place before one that was read. So a reader that remembers the last index misses nothing, on every kind of server.

#ifndef DAYBOOK_SEALED_LOG_HPP
#define DAYBOOK_SEALED_LOG_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/checkpoint.hpp>
#include <daybook/event.hpp>
#include <daybook/event_id.hpp>
#include <daybook/event_proof.hpp>
#include <daybook/export.hpp>
#include <daybook/filter.hpp>
#include <daybook/pool.hpp>
#include <daybook/seal_key.hpp>
#include <daybook/tenant_tx.hpp>

namespace daybook {

/// The newest checkpoint of the organization's log, as it is stored: not verified. Nothing before the first. Throws error
/// (broken_seal if it was damaged, connection_lost, …).
[[nodiscard]] DAYBOOK_EXPORT std::optional<signed_checkpoint> latest_checkpoint(tenant_tx& tx);

/// All of them that are larger than `behind`, smallest first, at most `limit`. Throws as latest_checkpoint() does.
[[nodiscard]] DAYBOOK_EXPORT std::vector<signed_checkpoint> list_checkpoints(tenant_tx& tx, std::uint64_t behind, std::size_t limit);

/// The root that the stored tree has at `size`: what a checkpoint of that size must say. Throws error (invalid_proof if the log has not
/// so many leaves).
[[nodiscard]] DAYBOOK_EXPORT tree_hash stored_root(tenant_tx& tx, std::uint64_t size);

/// The event, and what proves it to be in the log, under the newest checkpoint. Throws error (unknown_event, not_sealed, and
/// broken_seal if what is stored proves nothing).
[[nodiscard]] DAYBOOK_EXPORT event_proof prove_event(tenant_tx& tx, const event_id& id);

struct sealed_event {
    std::uint64_t index;
    stored_event event;
};

struct sealed_events {
    std::vector<sealed_event> events;
    std::uint64_t next = 0;  ///< where to go on: behind what was looked at
    std::uint64_t size = 0;  ///< leaves in the log, at least
};

/// Goes through the log from leaf `first` on, over at most `leaves` leaves, and gives those that `f` asks for; of events that
/// retention took away, nothing. Throws error (invalid_cursor if `first` is beyond the log: it was shortened, or is another one;
/// invalid_filter, …).
[[nodiscard]] DAYBOOK_EXPORT sealed_events read_sealed(tenant_tx& tx, std::uint64_t first, std::size_t leaves, const filter& f);

struct evidence_request {
    filter wanted{};
    std::string description{};            ///< of `wanted`, for people; empty: everything
    std::vector<trusted_key> keys{};      ///< to be laid beside, for comparison
    std::string key{};                    ///< of the organization, for the manifest
    std::string name{};
};

struct evidence_summary {
    std::uint64_t events = 0;
    std::uint64_t size = 0;  ///< leaves of the checkpoint
};

/// Writes evidence into `folder`, which must not be there or be empty: as one snapshot shows the log, in bounded memory. What is not sealed
/// yet is not in it. It is written beside it, as `folder`.partial, and put in
/// its place when it is whole. Throws error (not_sealed if the log has no
/// checkpoint, unwritable_output, wrong_usage inside a scope on the same pool, …). Any thread.
DAYBOOK_EXPORT evidence_summary write_evidence(pool& connections, const org_id& organization, const evidence_request& request,
                                               const std::filesystem::path& folder);

}  // namespace daybook

#endif
