// Tickets: what lets a person type SQL inside one organization, for some hours.
//
// The owner issues one; who holds it, and the reader's URL, reads that organization (reader.hpp). Every ticket that was
// issued stays on record in the database.

#ifndef DAYBOOK_TICKET_HPP
#define DAYBOOK_TICKET_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/org_id.hpp>
#include <daybook/timestamp.hpp>
#include <daybook/uuid.hpp>

namespace daybook {

/// The record of a ticket, without its secret.
struct ticket {
    uuid id;
    org_id organization;
    timestamp issued_at;
    std::string issued_by;                   ///< the database role that logged in
    std::optional<std::string> issued_from;  ///< who that was, in the words of the program that issued it
    std::optional<std::string> note;
    timestamp expires_at;
    std::optional<timestamp> withdrawn_at;
};

struct issued_ticket {
    ticket record;
    std::string text;  ///< what the reader presents; a secret, and not stored anywhere
};

struct ticket_options {
    std::chrono::seconds life = std::chrono::hours{8};      ///< 1 second to 31 days
    std::optional<std::string> issued_from = std::nullopt;  ///< for instance alice@laptop
    std::optional<std::string> note = std::nullopt;
};

/// Issues a ticket for the organization that `key_or_id` names. `owner_url` logs in as the owner of the schema. Throws
/// error (unknown_organization, wrong_usage for a life out of range, permission_denied, …). Any thread.
[[nodiscard]] DAYBOOK_EXPORT issued_ticket issue_ticket(const std::string& owner_url, std::string_view key_or_id,
                                                        const ticket_options& options = {});

/// Every ticket that was issued, newest first. `owner_url` as above.
[[nodiscard]] DAYBOOK_EXPORT std::vector<ticket> list_tickets(const std::string& owner_url);

/// No transaction that begins from now on reads with this ticket, on open connections either. Its record stays.
/// `owner_url` as above. Throws error (invalid_ticket) if there is none of that id.
DAYBOOK_EXPORT ticket withdraw_ticket(const std::string& owner_url, const uuid& id);

}  // namespace daybook

#endif
