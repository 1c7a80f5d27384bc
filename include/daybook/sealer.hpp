// Seals committed events: appends them to the Merkle tree of their organization, and signs a checkpoint.
//
// A writer leaves its events' ids in a queue, in its own transaction, and has no other part in it: it is not held up, and no
// order is forced on it. Whatever was committed is sealed once, however late and in whatever order. Any number of sealers may run,
// and be killed at any point. The order in which events are sealed is their order for good: `tail` and the evidence follow it.

#ifndef DAYBOOK_SEALER_HPP
#define DAYBOOK_SEALER_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <daybook/error.hpp>
#include <daybook/export.hpp>
#include <daybook/org_id.hpp>
#include <daybook/seal_key.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

class tenant_tx;

struct sealer_options {
    std::string url;                      ///< logs in as the sealer's role, which serves nothing else
    signing_key key;                      ///< signs
    std::vector<trusted_key> trusted{};  ///< keys that signed before; `key` itself is always trusted
    std::size_t batch = 4096;            ///< events in one transaction, at least 1
};

/// What kept one organization's log from being sealed. The others are sealed all the same.
struct seal_problem {
    org_id organization;
    error why;
};

struct seal_pass {
    std::uint64_t events = 0;
    std::uint64_t checkpoints = 0;
    std::uint64_t missed = 0;  ///< events that were committed, and are gone from the log before they were sealed
    std::vector<seal_problem> problems;
};

/// Committed, and not yet sealed.
struct seal_backlog {
    std::uint64_t events = 0;
    std::optional<timestamp> oldest{};  ///< when the oldest of them was written; none if none waits
    std::uint64_t missed = 0;           ///< as in seal_pass, not counted in `events`
};

/// Used by one thread at a time, which may be one of the host's. Nothing is lost if it is destroyed at any point.
class DAYBOOK_EXPORT sealer {
public:
    /// Connects. Throws error (cannot_connect, schema_missing, unsafe_role, permission_denied if the URL logs in as another
    /// role than the sealer's, …).
    explicit sealer(sealer_options options);
    ~sealer();
    sealer(const sealer&) = delete;
    sealer& operator=(const sealer&) = delete;

    /// Seals until nothing waits of the organizations that had something waiting when this began, each in its turn, or stops between two transactions if `stop` says so. A log whose last checkpoint
    /// does not agree with its tree or with the keys is left alone, with a problem (broken_seal). Throws error (connection_lost,
    /// statement_failed, …) for what stops them all; the next call connects again.
    seal_pass seal(std::stop_token stop = {});

    /// Goes on until `stop` says so: a pass, then a pause of `interval`, then the next. `after` hears of each pass, or of the
    /// error that ended it. What `after` throws passes through.
    void follow(std::stop_token stop, std::chrono::milliseconds interval,
                const std::function<void(const seal_pass& done, const std::optional<error>& failed)>& after);

    /// Of all organizations.
    [[nodiscard]] seal_backlog backlog();

    /// Writes into each sealed organization's log that `next` signs from now on, and seals that with the present key, so that
    /// who believes this key is told of the next one. Returns the number of logs. Run the sealer with the next key after it.
    std::uint64_t announce(const verifying_key& next, const std::string& reason);

private:
    struct state;
    std::unique_ptr<state> m_state;
};

/// Of all organizations, as the sealer's role or the auditor's; no key is needed. Throws error (cannot_connect, permission_denied, …).
/// Any thread.
[[nodiscard]] DAYBOOK_EXPORT seal_backlog read_backlog(const std::string& url);

/// Of the transaction's organization.
[[nodiscard]] DAYBOOK_EXPORT seal_backlog read_backlog(tenant_tx& tx);

/// How much of all logs stands under a checkpoint. What the checkpoints say is not verified: see verify_log().
struct seal_coverage {
    std::uint64_t organizations = 0;    ///< that are registered, or have a checkpoint
    std::uint64_t sealed = 0;           ///< of these, with a checkpoint
    std::uint64_t events = 0;           ///< under the newest checkpoints
    std::optional<timestamp> first{};   ///< the oldest of those checkpoints, as its signer says
    std::optional<timestamp> last{};    ///< the newest
    seal_backlog waiting{};
};

/// Of all organizations, as the sealer's role or the auditor's. Throws as read_backlog() does, and error (broken_seal) for a
/// checkpoint that cannot be read. Any thread.
[[nodiscard]] DAYBOOK_EXPORT seal_coverage read_coverage(const std::string& url);

}  // namespace daybook

#endif
