#include <daybook/ticket.hpp>

#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "owner_connection.hpp"
#include "sql/issue_ticket.hpp"
#include "sql/list_tickets.hpp"
#include "sql/withdraw_ticket.hpp"
#include "unknown_organization.hpp"

namespace daybook {

namespace {

constexpr std::chrono::seconds longest_life = std::chrono::days{31};

ticket ticket_row(const pq::result& rows, int row)
{
    return {.id = rows.id(row, 1),
            .organization = org_id{rows.id(row, 0)},
            .issued_at = rows.time(row, 2),
            .issued_by = rows.text(row, 3),
            .issued_from = rows.optional_text(row, 4),
            .note = rows.optional_text(row, 5),
            .expires_at = rows.time(row, 6),
            .withdrawn_at = rows.is_null(row, 7) ? std::nullopt : std::optional{rows.time(row, 7)}};
}

}  // namespace

issued_ticket issue_ticket(const std::string& owner_url, std::string_view key_or_id, const ticket_options& options)
{
    if (options.life < std::chrono::seconds{1} || options.life > longest_life) {
        throw error{error_kind::wrong_usage, "a ticket lives from one second to 31 days"};
    }
    check_text(key_or_id, "the organization's key");
    check_text(options.issued_from.value_or(""), "issued_from");
    check_text(options.note.value_or(""), "the note");

    const pq::connection_ptr connection = detail::connect_as_owner(owner_url);
    pq::params values;
    const std::optional<uuid> id = parse_uuid(key_or_id);
    values.add(id, pq::type::uuid);
    values.add(static_cast<std::int64_t>(options.life.count()));
    values.add(options.issued_from, pq::type::text).add(options.note, pq::type::text);
    values.add(id ? std::nullopt : std::optional{std::string{key_or_id}}, pq::type::text);
    const pq::result rows = pq::execute(connection.get(), embedded::sql::issue_ticket, values);
    if (rows.rows() == 0) {
        throw detail::unknown_organization(key_or_id);
    }
    return {ticket_row(rows, 0), rows.text(0, 8)};
}

std::vector<ticket> list_tickets(const std::string& owner_url)
{
    const pq::connection_ptr connection = detail::connect_as_owner(owner_url);
    const pq::result rows = pq::execute(connection.get(), embedded::sql::list_tickets);
    std::vector<ticket> result;
    for (int row = 0; row < rows.rows(); ++row) {
        result.push_back(ticket_row(rows, row));
    }
    return result;
}

ticket withdraw_ticket(const std::string& owner_url, const uuid& id)
{
    const pq::connection_ptr connection = detail::connect_as_owner(owner_url);
    pq::params values;
    values.add(id);
    const pq::result rows = pq::execute(connection.get(), embedded::sql::withdraw_ticket, values);
    if (rows.rows() == 0) {
        throw error{error_kind::invalid_ticket, "there is no ticket " + to_string(id), "`daybook tenant token --list` shows them"};
    }
    return ticket_row(rows, 0);
}

}  // namespace daybook
