// Two sealed logs, somebody who may do anything to them, and what verify says then.

#ifndef DAYBOOK_TESTS_VERIFIED_LOG_HPP
#define DAYBOOK_TESTS_VERIFIED_LOG_HPP

#include <cstdint>
#include <string>
#include <vector>

#include <daybook/daybook.hpp>
#include <daybook/sealer.hpp>
#include <daybook/verifier.hpp>

#include "sample.hpp"
#include "temporary_database.hpp"

namespace daybook::testing {

using verdicts = std::vector<std::string>;

struct verified {
    verification done;
    std::vector<finding> findings;

    /// A line for each finding: the verdict, and the leaf if it has one; "clean", or "nothing verified".
    [[nodiscard]] verdicts said() const
    {
        if (findings.empty()) {
            return {done.is_clean() ? "clean" : "nothing verified"};
        }
        verdicts lines;
        for (const finding& one : findings) {
            lines.push_back(std::string{to_string(one.what)} + (one.index ? " " + std::to_string(*one.index) : ""));
        }
        return lines;
    }
};

inline const verdicts clean{"clean"};

/// Connects for each thing it does, so that the database can be copied in between.
struct verified_log {
    temporary_database database;
    std::string name = database.name();  ///< of the database that is verified
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    signing_key key = signing_key::generate("audit.example.com");

    void log(const org_id& organization, std::size_t count) const
    {
        event e = full_sample();
        e.occurred_at.reset();
        log(organization, std::vector<event>(count, e));
    }

    void log(const org_id& organization, const std::vector<event>& events) const
    {
        pqxx::connection connection{cluster().url("daybook_app", name)};
        with_tenant(connection, organization, [&](tenant_tx& tx) { log_audit(tx, events); });
    }

    /// Cheaper than events, and as good for the tree.
    void log_rows(const org_id& organization, std::size_t count) const
    {
        pqxx::connection connection{cluster().url("daybook_app", name)};
        with_tenant(connection, organization, [&](tenant_tx& tx) {
            tx.sql().exec(
                "insert into daybook.audit_logs (action, actor_type, actor_id) select 'a.b', 'user', 'u' from generate_series(1, $1)",
                pqxx::params{static_cast<int>(count)});
        });
    }

    seal_pass seal(std::size_t batch = 4096) const { return seal_with(key, {}, batch); }

    seal_pass seal_with(const signing_key& signer, const std::vector<trusted_key>& trusted,
                        std::size_t batch = 4096) const
    {
        return sealer{{.url = cluster().url("daybook_sealer", name), .key = signer, .trusted = trusted, .batch = batch}}
            .seal();
    }

    /// Believes the key above if `options` names none.
    [[nodiscard]] verified verify(const org_id& organization, verify_options options = {}) const
    {
        if (options.keys.empty()) {
            options.keys = {{.key = key.public_half()}};
        }
        pool connections{cluster().url("daybook_app", name)};
        std::vector<finding> findings;
        const verification done = verify_log(connections, organization, options,
                                             [&findings](const finding& one) { findings.push_back(one); });
        return {done, std::move(findings)};
    }

    [[nodiscard]] verdicts verdicts_of(const org_id& organization,
                                       const std::vector<signed_checkpoint>& anchors = {}) const
    {
        return verify(organization, {.keys = {}, .anchors = anchors}).said();
    }

    /// The stored checkpoint of so many events.
    [[nodiscard]] signed_checkpoint checkpoint_of(const org_id& organization, std::uint64_t size) const
    {
        return signed_checkpoint::parse(ask("select note from daybook.checkpoints where size = " +
                                            std::to_string(size) + " and organization_id = " + quoted(organization)));
    }

    /// The event of a leaf, quoted for a statement.
    [[nodiscard]] std::string event_at(const org_id& organization, std::uint64_t index) const
    {
        const std::string at = std::to_string(index);
        return "'" +
               ask("select ids[" + at + " - first + 1] from daybook.leaves where organization_id = " +
                   quoted(organization) + " and first <= " + at + " order by first desc limit 1") +
               "'";
    }

    [[nodiscard]] static std::string quoted(const org_id& organization) { return "'" + to_string(organization) + "'"; }

    [[nodiscard]] std::string ask(const std::string& sql) const
    {
        pqxx::connection connection{cluster().url("postgres", name)};
        return pqxx::nontransaction{connection}.query_value<std::string>(sql);
    }

    /// What a superuser can do: nothing is append-only while the statements run.
    void tamper(const std::string& sql) const
    {
        std::string disabled;
        std::string enabled;
        for (const std::string table : {"audit_logs", "facets", "leaves", "tiles", "checkpoints", "seal_queue"}) {
            disabled += "alter table daybook." + table + " disable trigger append_only; ";
            enabled += "; alter table daybook." + table + " enable always trigger append_only";
        }
        pqxx::connection connection{cluster().url("postgres", name)};
        pqxx::nontransaction{connection}.exec(disabled + sql + enabled);
    }
};

}  // namespace daybook::testing

#endif
