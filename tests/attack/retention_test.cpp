// Taking events out of the log by the way that is meant for it.

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "attack.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

const std::vector<std::string> program_roles{"daybook_app", "daybook_reader", "daybook_sealer", "daybook_auditor"};

// An event of 2020 was retired, and detached; another came after it.
struct retired_log {
    two_organizations f;
    std::string retired = "daybook.retired_audit_logs_2020_01_01_until_2021_01_01";

    retired_log()
    {
        make_partitions(f.database.owner_url(),
                        {.period = partition_period::year, .since = parse_time("2020-01-01T00:00:00Z")});
        log_old_event();
        apply_retention(f.database.owner_url(), parse_time("2021-01-01T00:00:00Z"), retire::detach, unsealed_events::take);
        log_old_event();
    }

    void log_old_event()
    {
        event e = sample("invoice.paid", "secret of globex");
        e.occurred_at = parse_time("2020-05-01T10:00:00Z");
        with_tenant(f.connection, f.globex, [&](tenant_tx& tx) { log_audit(tx, e); });
    }
};

}  // namespace

TEST_CASE("retention refuses to take events that no seal covers", "[database]")
{
    const retired_log log;  // whose second event is not sealed
    pqxx::connection owner{log.f.database.owner_url()};

    CHECK(attempt(owner, "select daybook.retire_partitions('2021-01-01Z', 'drop', false)") == "DB802");

    CHECK(attempt(owner, "select daybook.retire_partitions('2021-01-01Z', 'drop', true)").empty());
}

TEST_CASE("the owner writes retention's records and nothing else", "[database]")
{
    const two_organizations f;
    pqxx::connection owner{f.database.owner_url()};
    const auto insert = [&](const char* action, const char* actor_type, const char* actor_id) {
        return attempt(owner, "insert into daybook.audit_logs (organization_id, action, actor_type, actor_id) values ($1, $2, $3, $4)",
                       pqxx::params{to_string(f.acme), action, actor_type, actor_id});
    };
    CHECK(insert("audit_log.drop", "system", "daybook").empty());
    CHECK(insert("audit_log.detach", "system", "daybook").empty());

    CHECK(insert("invoice.paid", "system", "daybook") == "42501");
    CHECK(insert("audit_log.dropped", "system", "daybook") == "42501");
    CHECK(insert("audit_log.drop", "user", "daybook") == "42501");
    CHECK(insert("audit_log.drop", "system", "u1") == "42501");
}

TEST_CASE("a record that a program forges says which role wrote it", "[database]")
{
    two_organizations f;
    event forged = sample("audit_log.drop", "daybook");
    forged.actor.type = "system";

    const receipt r = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return log_audit(tx, forged); });

    const stored_event found = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return find_event(tx, r.id).value(); });
    CHECK(found.db_role == "daybook_app");
}

TEST_CASE("no program's role divides the log or retires a part of it", "[database]")
{
    const retired_log log;
    pqxx::connection owner{log.f.database.owner_url()};
    {
        // So that there is something to finish.
        pqxx::nontransaction{owner}.exec("select daybook.retire_partitions('2021-01-01Z', 'drop', true)");
    }
    const std::string before = log.f.database.ask_superuser("select count(*) from daybook.partitions");

    for (const std::string statement :
         {"select daybook.make_partitions(p_until => '2100-01-01Z')", "select from daybook.partitions_before('2022-01-01Z')",
          "select daybook.retire_partitions('2022-01-01Z', 'drop', true)",
          "select daybook.finish_retirement('retired_audit_logs_until_2021_01_01')", "call daybook.lock_log()",
          "call daybook.close_partition('daybook.audit_logs_default')", "select daybook.add_default_partitions()",
          "select daybook.change_range('_default', now() + interval '50 years', now() + interval '90 years')",
          "select from daybook.partitions", "select from daybook.partitioning", "select from daybook.retired_partitions",
          "update daybook.partitioning set ahead = 1", "delete from daybook.retired_partitions",
          "alter table daybook.audit_logs detach partition daybook.audit_logs_default", "drop table daybook.audit_logs_default"}) {
        CAPTURE(statement);
        REQUIRE(attempt(owner, statement).empty());
        for (const std::string& role : program_roles) {
            CAPTURE(role);
            pqxx::connection connection{log.f.database.url(role)};
            // The reader's default, which anybody can change.
            pqxx::nontransaction{connection}.exec("set default_transaction_read_only = off");
            CHECK(attempt(connection, statement) == "42501");
        }
    }

    CHECK(log.f.database.ask_superuser("select count(*) from daybook.partitions") == before);
}

TEST_CASE("what retention detached is out of reach, and stays append-only", "[database]")
{
    const retired_log log;
    const std::string select = "select from " + log.retired;
    pqxx::connection superuser{log.f.database.superuser_url()};
    REQUIRE(ask<long>(superuser, "select count(*) from " + log.retired) == 1);
    for (const std::string& role : program_roles) {
        CAPTURE(role);
        pqxx::connection connection{log.f.database.url(role)};
        CHECK(attempt(connection, select) == "42501");
    }

    // With a right given by mistake there is still no policy, and the trigger.
    log.f.database.as_superuser("grant all on " + log.retired + " to daybook_app");
    pqxx::connection application = log.f.database.connect_as_application();
    CHECK(ask<long>(application, log.f.globex, "select count(*) from " + log.retired) == 0);
    CHECK_FALSE(attempt(application, log.f.globex, "delete from " + log.retired).empty());
    CHECK_FALSE(attempt(application, log.f.globex, "truncate " + log.retired).empty());
}

TEST_CASE("what retention detached stays bound for its owner too", "[database]")
{
    const retired_log log;
    const std::string count = "select count(*) from " + log.retired;
    pqxx::connection superuser{log.f.database.superuser_url()};
    pqxx::connection owner{log.f.database.owner_url()};

    CHECK(ask<long>(superuser, count) == 1);
    CHECK(ask<long>(owner, count) == 0);
}

TEST_CASE("a late event of a retired time is one organization's alone", "[database]")
{
    retired_log log;
    const std::string late = "select count(*) from daybook.audit_logs where id < daybook.id_floor('2021-01-01Z')";

    CHECK(ask<long>(log.f.connection, log.f.globex, late) == 1);
    CHECK(ask<long>(log.f.connection, log.f.acme, late) == 0);
    CHECK(ask<long>(log.f.connection, late) == 0);
}
