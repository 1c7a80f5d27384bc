// What the attacks share: two organizations with something to steal, and how a statement of the attacker's ends.

#ifndef DAYBOOK_TESTS_ATTACK_HPP
#define DAYBOOK_TESTS_ATTACK_HPP

#include <string>
#include <vector>

#include <daybook/daybook.hpp>

#include "sample.hpp"
#include "temporary_database.hpp"

namespace daybook::testing {

/// Two events of acme's and three of globex's. Each holds, as actor and as facet, a text that only its organization
/// should know: "secret of acme", "secret of globex".
struct two_organizations {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    pqxx::connection connection = database.connect_as_application();
    std::vector<receipt> of_acme = log(acme, "secret of acme", 2);
    std::vector<receipt> of_globex = log(globex, "secret of globex", 3);

    [[nodiscard]] std::string events() const { return database.ask_superuser("select count(*) from daybook.audit_logs"); }

private:
    std::vector<receipt> log(const org_id& organization, const std::string& secret, std::size_t count)
    {
        event e = sample("invoice.paid", secret);
        e.facets = {{.key = "secret", .value = secret}};
        return with_tenant(connection, organization,
                           [&](tenant_tx& tx) { return log_audit(tx, std::vector<event>(count, e)); });
    }
};

/// What the server answers to `work`: empty if it does what it is told, else the SQLSTATE. A statement that the server
/// does not understand proves nothing: its error passes, and the test fails.
template <typename Work>
std::string sqlstate_of(Work&& work)
{
    try {
        work();
        return {};
    } catch (const pqxx::insufficient_privilege&) {
        return "42501";  // libpqxx 7 does not say it itself
    } catch (const pqxx::sql_error& e) {
        if (e.sqlstate().empty() || e.sqlstate() == "42601" || e.sqlstate() == "42703" || e.sqlstate() == "42883") {
            throw;
        }
        return e.sqlstate();
    }
}

/// The same for one statement in a scope, which is rolled back.
inline std::string attempt(pqxx::connection& connection, const org_id& organization, const std::string& sql,
                           const pqxx::params& values = {})
{
    struct rolled_back {};
    std::string answer;
    try {
        with_tenant(connection, organization, [&](tenant_tx& tx) {
            answer = sqlstate_of([&] { tx.sql().exec(sql, values); });
            throw rolled_back{};
        });
    } catch (const rolled_back&) {
    }
    return answer;
}

/// The same outside of any scope.
inline std::string attempt(pqxx::connection& connection, const std::string& sql, const pqxx::params& values = {})
{
    pqxx::work outside{connection};
    return sqlstate_of([&] { outside.exec(sql, values); });
}

/// One value, as a scope sees it.
template <typename T>
T ask(pqxx::connection& connection, const org_id& organization, const std::string& sql, const pqxx::params& values = {})
{
    return with_tenant(connection, organization,
                       [&](tenant_tx& tx) { return tx.sql().exec(sql, values).one_field().template as<T>(); });
}

/// One value, outside of any scope.
template <typename T>
T ask(pqxx::connection& connection, const std::string& sql, const pqxx::params& values = {})
{
    pqxx::work outside{connection};
    return outside.exec(sql, values).one_field().template as<T>();
}

}  // namespace daybook::testing

#endif
