// A database with two organizations, and a sealer for it.

#ifndef DAYBOOK_TESTS_SEALING_HPP
#define DAYBOOK_TESTS_SEALING_HPP

#include <algorithm>
#include <string>
#include <vector>

#include <daybook/daybook.hpp>
#include <daybook/sealer.hpp>

#include "sample.hpp"
#include "sealed_log.hpp"
#include "temporary_database.hpp"

namespace daybook::testing {

struct sealing {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    pqxx::connection connection = database.connect_as_application();
    signing_key key = signing_key::generate("seal.example/1");

    [[nodiscard]] sealer make_sealer(std::size_t batch = 4096) const
    {
        return sealer{{.url = database.sealer_url(), .key = key, .batch = batch}};
    }

    /// One transaction and one statement; the texts of its ids, in the order in which a pass seals them.
    std::vector<std::string> log(const org_id& organization, std::size_t count = 1)
    {
        std::vector<std::string> ids;
        for (const receipt& one : with_tenant(connection, organization, [&](tenant_tx& tx) {
                 return log_audit(tx, std::vector<event>(count, sample()));
             })) {
            ids.push_back(to_string(one.id));
        }
        std::ranges::sort(ids);
        return ids;
    }

    /// The same with as many as you like.
    void log_many(const org_id& organization, std::size_t count)
    {
        with_tenant(connection, organization, [&](tenant_tx& tx) {
            tx.sql().exec("insert into daybook.audit_logs (action, actor_type, actor_id) "
                          "select 'a.b', 'user', 'u' || n from generate_series(1, $1::int) n",
                          pqxx::params{static_cast<int>(count)});
        });
    }

    [[nodiscard]] sealed_log sealed(const org_id& organization) const
    {
        return read_sealed(database, organization, key);
    }

    /// Of all organizations.
    [[nodiscard]] std::string waiting() const
    {
        return database.ask_superuser(
            "select coalesce(sum(cardinality(ids)) filter (where missed_at is null), 0) from daybook.seal_queue");
    }

    /// What an operator does who owns the machine: triggers off, the statement, triggers on.
    void tamper(const std::string& table, const std::string& sql) const
    {
        database.as_superuser("alter table daybook." + table + " disable trigger append_only; " + sql +
                              "; alter table daybook." + table + " enable always trigger append_only");
    }
};

}  // namespace daybook::testing

#endif
