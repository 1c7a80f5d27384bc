#include <daybook/organization.hpp>

#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "libpq.hpp"
#include "owner_connection.hpp"
#include "pool_state.hpp"
#include "sql/add_organization.hpp"
#include "sql/list_organizations.hpp"
#include "sql/organization_by_key.hpp"
#include "sql/own_organization.hpp"
#include "transaction.hpp"
#include "unknown_organization.hpp"

namespace daybook {

namespace {

organization organization_row(const pq::result& rows, int row)
{
    return {org_id{rows.id(row, 0)}, rows.text(row, 1), rows.text(row, 2)};
}

// Outside any scope, as the application's role: the one function that turns a key into an id.
org_id id_of_key(pool& connections, std::string_view key)
{
    check_text(key, "the organization's key");
    detail::lease connection = detail::engine(connections).take();
    pq::params values;
    values.add(key);
    const pq::result answer =
        pq::execute(detail::native_handle(connection.connection()), embedded::sql::organization_by_key, values);
    connection.give_back(false);
    if (answer.is_null(0, 0)) {
        throw detail::unknown_organization(key);
    }
    return org_id{answer.id(0, 0)};
}

// `wanted` is how the caller called it.
organization own_organization(tenant_tx& tx, std::string_view wanted)
{
    pq::params values;
    values.add(tx.organization().value());
    const pq::result rows = detail::engine(tx).execute(embedded::sql::own_organization, values);
    if (rows.rows() == 0) {
        throw detail::unknown_organization(wanted);
    }
    return organization_row(rows, 0);
}

}  // namespace

organization find_organization(pool& connections, std::string_view key_or_id)
{
    if (key_or_id.empty()) {
        throw error{error_kind::no_organization, "no organization was chosen"};
    }
    const auto value = parse_uuid(key_or_id);
    const org_id id = value ? org_id{*value} : id_of_key(connections, key_or_id);
    return with_tenant(connections, id, [&](tenant_tx& tx) { return own_organization(tx, key_or_id); });
}

organization find_organization(tenant_tx& tx)
{
    return own_organization(tx, to_string(tx.organization()));
}

organization add_organization(const std::string& owner_url, const std::string& key, const std::string& name,
                              const std::optional<org_id>& id)
{
    check_text(key, "the organization's key");
    check_text(name, "the organization's name");
    const pq::connection_ptr connection = detail::connect_as_owner(owner_url);
    pq::params values;
    values.add(key).add(name);
    values.add(id ? std::optional{id->value()} : std::nullopt, pq::type::uuid);
    try {
        return organization_row(pq::execute(connection.get(), embedded::sql::add_organization, values), 0);
    } catch (const error& e) {
        if (e.sqlstate() == "23505") {
            throw error{error_kind::organization_exists, "there is an organization \"" + key + "\" already", {}, "23505"};
        }
        if (e.sqlstate() == "23514") {
            throw error{error_kind::invalid_text, "\"" + key.substr(0, 200) + "\" cannot be an organization's key",
                        "1 to 200 bytes of printable text, not in the form of a uuid", "23514"};
        }
        throw;
    }
}

std::vector<organization> list_organizations(const std::string& owner_url)
{
    const pq::connection_ptr connection = detail::connect_as_owner(owner_url);
    const pq::result rows = pq::execute(connection.get(), embedded::sql::list_organizations);
    std::vector<organization> result;
    for (int row = 0; row < rows.rows(); ++row) {
        result.push_back(organization_row(rows, row));
    }
    return result;
}

}  // namespace daybook
