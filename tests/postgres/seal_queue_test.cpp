// What waits to be sealed: a row for each statement that wrote, of each organization.

#include <catch2/catch_test_macros.hpp>

#include <vector>

#include <daybook/daybook.hpp>

#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    pqxx::connection connection = database.connect_as_application();

    void log(std::size_t count)
    {
        with_tenant(connection, acme, [&](tenant_tx& tx) { log_audit(tx, std::vector<event>(count, sample())); });
    }
    [[nodiscard]] std::string ask(const std::string& sql) const { return database.ask_superuser(sql); }
    // Of those rows that name exactly the events that are in the log, with the least of them in front, since the oldest of them.
    [[nodiscard]] std::string good_rows() const
    {
        return ask("select count(*) from daybook.seal_queue q where q.id = q.ids[1] and (q.ids, q.recorded_at) = "
                   "(select array_agg(a.id order by a.id), min(a.recorded_at) from daybook.audit_logs a "
                   "where a.organization_id = q.organization_id and a.id = any (q.ids))");
    }
    [[nodiscard]] std::string waiting() const
    {
        return ask("select sum(cardinality(ids)) || ' in ' || count(*) from daybook.seal_queue");
    }
};

}  // namespace

TEST_CASE("one event waits in a row of its own", "[database]")
{
    fixture f;

    f.log(1);

    CHECK(f.waiting() == "1 in 1");
    CHECK(f.good_rows() == "1");
}

TEST_CASE("the events of one statement wait in one row", "[database]")
{
    fixture f;

    f.log(5);

    CHECK(f.waiting() == "5 in 1");
    CHECK(f.good_rows() == "1");
}

TEST_CASE("a statement that writes events of two organizations leaves a row for each", "[database]")
{
    fixture f;

    f.database.as_superuser("insert into daybook.audit_logs (organization_id, action, actor_type, actor_id) "
                            "select o.id, 'invoice.paid', 'user', 'u1' from daybook.organizations o where o.key in ('acme', 'globex')");

    CHECK(f.waiting() == "2 in 2");
    CHECK(f.good_rows() == "2");
}
