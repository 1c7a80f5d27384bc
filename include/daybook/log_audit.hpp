// Writing events: inside the business transaction, or not at all.

#ifndef DAYBOOK_LOG_AUDIT_HPP
#define DAYBOOK_LOG_AUDIT_HPP

#include <span>
#include <vector>

#include <daybook/event.hpp>
#include <daybook/export.hpp>
#include <daybook/pool.hpp>
#include <daybook/tenant_tx.hpp>

namespace daybook {

/// What an event became. It is in the log once the transaction is committed.
struct receipt {
    event_id id;
    timestamp occurred_at;
};

/// Asks for an event to be sent at once rather than together with the commit.
struct write_now_t {
    explicit write_now_t() = default;
};
inline constexpr write_now_t write_now{};

/// Checks and encodes the event, and queues it: it travels with the commit, in the same round trip. With bind_tenant
/// it is written at once.
///
/// Throws error (invalid_event, event_too_large, invalid_json, invalid_text, scope_ended, wrong_thread); nothing is
/// queued then, so work that catches this and goes on commits without the event: let it leave the scope. The time of an
/// event without one is this machine's clock, now.
DAYBOOK_EXPORT receipt log_audit(tenant_tx& tx, const event& e);

/// All or none: the first event that is refused throws, with its number in the message, and none is queued.
DAYBOOK_EXPORT std::vector<receipt> log_audit(tenant_tx& tx, std::span<const event> events);

/// Sends the event, and all that wait, now: for instance under a savepoint of the host's own. Throws also what the
/// server answers.
DAYBOOK_EXPORT receipt log_audit(tenant_tx& tx, const event& e, write_now_t);

/// What became of an event that may be there already.
enum class write_outcome {
    written,
    already_there,  ///< the same event, from an earlier attempt
    conflict,       ///< an event with this id, but other content; nothing was written
};

/// Writes, now, the events whose id is not in the log yet: for importers, which may read the same source twice.
/// Each event must have an id. One outcome for each event, in order. Throws as log_audit with write_now does.
DAYBOOK_EXPORT std::vector<write_outcome> log_new(tenant_tx& tx, std::span<const event> events);

/// Records a refused or failed attempt in a transaction of its own, on the connection that the pool keeps for this,
/// so that it survives the rollback of the business transaction and waits for none of its locks. Without a
/// correlation_id of its own, it takes that of the last event logged in the scope of `organization` which this thread has
/// open. Writing the same event again does nothing: give it an id of its own, so that it can be retried after
/// commit_unknown. Throws error (event_conflict if the id is there with other content; statement_failed after ten
/// seconds if the surrounding transaction itself has sent an event of the same id). Any thread.
DAYBOOK_EXPORT receipt log_attempt(pool& connections, const org_id& organization, const event& e);

}  // namespace daybook

#endif
