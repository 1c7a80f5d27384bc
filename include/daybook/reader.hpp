// SQL that people type, inside one organization.
//
// The reader's role sees the organization that a signed, expiring token names, and can set nothing that shows it
// another one. What it types runs as one cursor in a read-only transaction.

#ifndef DAYBOOK_READER_HPP
#define DAYBOOK_READER_HPP

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <daybook/export.hpp>
#include <daybook/org_id.hpp>
#include <daybook/pool.hpp>
#include <daybook/sql_query.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

/// One connection as the reader's role, bound to one organization; a ticket is redeemed again when another one's
/// withdrawal made the token worthless. One thread at a time. It needs a server connection of its own for as long as it
/// lives (with PgBouncer: session pooling); a query that finds itself on another one throws unsuitable_database.
class DAYBOOK_EXPORT reader {
public:
    /// Presents a ticket (ticket.hpp). `reader_url` logs in as the reader's role. Throws error (invalid_ticket;
    /// unsafe_role if that role could do more than read; permission_denied if it is another one; cannot_connect; …).
    reader(const std::string& reader_url, std::string_view ticket);

    /// On behalf of a program that may open a scope of `organization` itself: the application's role vouches for it,
    /// for a quarter of an hour at a time. Throws the same, and what with_tenant throws. `application` must outlive this.
    reader(const std::string& reader_url, pool& application, const org_id& organization);

    ~reader();
    reader(reader&&) noexcept;
    reader& operator=(reader&&) noexcept;
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;

    [[nodiscard]] const org_id& organization() const noexcept;

    /// When the ticket expires; nothing if the application vouches.
    [[nodiscard]] std::optional<timestamp> expires_at() const noexcept;

    /// Runs `sql`, one query, in a read-only transaction, with the tables `events` and `organizations`. It runs as a
    /// cursor, by the extended protocol, so that EXPLAIN, SET, DO, COPY and data-changing statements cannot be said; rows
    /// are fetched some hundred at a time, so that memory does not grow with their number. Nothing that a query sets
    /// outlives it, and no notice of the server's is shown.
    ///
    /// Throws error (not_one_query; undefined_name; statement_failed with the place marked; invalid_ticket when the ticket
    /// has expired or was withdrawn; connection_lost; …).
    void query(const std::string& sql, const result_sink& sink, const sql_query_options& options = {});

private:
    struct state;
    std::unique_ptr<state> m_state;
};

}  // namespace daybook

#endif
