// Verifies an organization's log: recomputes every seal from the rows, and says what differs.
//
// It believes nobody but the public keys that it is given, and the checkpoints that were kept elsewhere. What it finds is told one by
// one, each with its own verdict; what it looked at is in the result, so that "nothing found" can be told from "nothing looked at".

#ifndef DAYBOOK_VERIFIER_HPP
#define DAYBOOK_VERIFIER_HPP

#include <daybook/export.hpp>
#include <daybook/org_id.hpp>
#include <daybook/pool.hpp>
#include <daybook/verification.hpp>

namespace daybook {

/// Verifies the log of `organization` as one snapshot shows it, as the application's role, in bounded memory; `found` hears of each
/// finding. A row of the log that is no event of Daybook's makes a finding too. Throws error (wrong_usage inside a scope on the same
/// pool, cannot_connect, connection_lost, …) if it could not look: then nothing is known. Any thread.
DAYBOOK_EXPORT verification verify_log(pool& connections, const org_id& organization, const verify_options& options,
                                       const finding_sink& found);

}  // namespace daybook

#endif
