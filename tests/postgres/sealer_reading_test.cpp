// Which events a pass reads: those that wait, near each other or not.

#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>
#include <daybook/sealer.hpp>

#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    pqxx::connection connection = database.connect_as_application();
    sealer one{{.url = database.url("daybook_sealer"), .key = signing_key::generate("test")}};

    void log_at(std::initializer_list<int> minutes)
    {
        for (const int minute : minutes) {
            event e = sample();
            e.occurred_at = parse_time("2026-03-02T10:00:00Z") + std::chrono::minutes{minute};
            with_tenant(connection, acme, [&](tenant_tx& tx) { log_audit(tx, e); });
        }
    }

    // Two events that wait, and eight between them that were sealed before.
    void log_far_apart()
    {
        log_at({1, 2, 3, 4, 5, 6, 7, 8});
        one.seal();
        log_at({0, 9});
    }
};

}  // namespace

TEST_CASE("events that wait are sealed, however many others lie between them", "[database]")
{
    fixture f;
    f.log_far_apart();

    const seal_pass pass = f.one.seal();

    CHECK(pass.events == 2);
    CHECK(pass.missed == 0);
}

TEST_CASE("events of one pass are sealed in the order of their ids, however many others lie between them", "[database]")
{
    fixture f;
    f.log_far_apart();
    f.log_at({4});

    f.one.seal();

    CHECK(f.database.ask_superuser("select l.ids = (select array_agg(i order by i) from unnest(l.ids) i) and cardinality(l.ids) = 3 "
                                   "from daybook.leaves l order by l.first desc limit 1") == "t");
}

TEST_CASE("an event that is gone is missed, and those around it are sealed", "[database]")
{
    fixture f;
    f.log_at({0, 1, 2});
    f.database.as_superuser("alter table daybook.audit_logs disable trigger user; "
                            "do $$ declare p regclass; begin "
                            "for p in select partition from daybook.partitions where parent = 'audit_logs' loop "
                            "execute format('alter table %s disable trigger user', p); end loop; end $$; "
                            "delete from daybook.audit_logs "
                            "where id = (select id from daybook.audit_logs order by id offset 1 limit 1)");

    const seal_pass pass = f.one.seal();

    CHECK(pass.events == 2);
    CHECK(pass.missed == 1);
}
