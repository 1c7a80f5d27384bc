// Retention and seals: what leaves the log was sealed, and verification knows why it is gone.

#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

const timestamp year_2022 = parse_time("2022-01-01T00:00:00Z");

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    pqxx::connection connection = database.connect_as_application();
    signing_key key = signing_key::generate("test");

    fixture() { make_partitions(database.owner_url(), {.period = partition_period::year, .since = parse_time("2020-01-01T00:00:00Z")}); }

    void log(const std::vector<std::string>& times)
    {
        std::vector<event> events;
        for (const std::string& time : times) {
            events.push_back(sample());
            events.back().occurred_at = parse_time(time);
        }
        with_tenant(connection, acme, [&](tenant_tx& tx) { log_audit(tx, events); });
    }

    void seal()
    {
        sealer sealing{{.url = database.url("daybook_sealer"), .key = key}};
        REQUIRE(sealing.seal().problems.empty());
    }

    verification verify()
    {
        pool connections{database.app_url()};
        return verify_log(connections, acme, {.keys = {{key.public_half()}}}, [this](const finding& one) { found.push_back(one); });
    }

    void retain(unsealed_events unsealed) { apply_retention(database.owner_url(), year_2022, retire::drop, unsealed); }

    std::vector<finding> found;
};

}  // namespace

TEST_CASE("retention takes nothing away that is not sealed", "[database]")
{
    fixture f;
    f.log({"2020-02-01T10:00:00Z"});

    CHECK(kind_of([&] { f.retain(unsealed_events::refuse); }) == error_kind::not_sealed);

    CHECK(f.database.ask_superuser("select count(*) from daybook.audit_logs") == "1");
    f.seal();
    f.retain(unsealed_events::refuse);
    CHECK(f.database.ask_superuser("select string_agg(action, ' ') from daybook.audit_logs") == "audit_log.drop");
}

TEST_CASE("what retention took is expired, once the record of it is sealed", "[database]")
{
    fixture f;
    f.log({"2020-02-01T10:00:00Z", "2020-03-01T10:00:00Z", "2023-01-01T10:00:00Z"});
    f.seal();
    REQUIRE(f.verify().checked == 3);
    f.retain(unsealed_events::refuse);

    const verification before = f.verify();

    CHECK(before.expired == 0);
    REQUIRE(f.found.size() == 2);
    CHECK(f.found[0].what == verdict::event_missing);
    CHECK(f.found[0].detail.find("is not sealed yet") != std::string::npos);

    f.seal();
    const verification after = f.verify();
    CHECK(after.findings == 0);
    CHECK(after.expired == 2);
    CHECK(after.checked == 2);  // the one that stays, and the record
    CHECK(after.size == 4);
}

TEST_CASE("no more events are expired than the record says", "[database]")
{
    fixture f;
    f.log({"2020-02-01T10:00:00Z"});
    f.seal();
    f.retain(unsealed_events::refuse);
    f.log({"2020-04-01T10:00:00Z"});  // of that time, and later
    f.seal();
    REQUIRE(f.verify().expired == 1);

    f.database.as_superuser("do $$ declare t text; begin "
                            "for t in select name from daybook.partitions where parent = 'audit_logs' loop "
                            "execute format('alter table daybook.%I disable trigger append_only', t); end loop; end $$;"
                            "alter table daybook.audit_logs disable trigger append_only;"
                            "delete from daybook.audit_logs where daybook.id_time(id) = '2020-04-01T10:00:00Z'");

    const verification result = f.verify();
    CHECK(result.expired == 1);
    REQUIRE(f.found.size() == 1);
    CHECK(f.found[0].what == verdict::event_missing);
    CHECK(f.found[0].index == 1);
}

TEST_CASE("what may go unsealed leaves the queue, and the rest of its statement goes on waiting", "[database]")
{
    fixture f;
    f.log({"2020-02-01T10:00:00Z", "2023-01-01T10:00:00Z", "2023-02-01T10:00:00Z"});

    f.retain(unsealed_events::take);

    // Two events and the record.
    const seal_backlog waiting = with_tenant(f.connection, f.acme, [](tenant_tx& tx) { return read_backlog(tx); });
    CHECK(waiting.events == 3);
    f.seal();
    const verification result = f.verify();
    CHECK(result.findings == 0);
    CHECK(result.checked == 3);
    CHECK(result.expired == 0);
}

TEST_CASE("what left goes on being expired when the record of it has left too", "[database]")
{
    fixture f;
    f.log({"2020-02-01T10:00:00Z", "2020-03-01T10:00:00Z", "2023-01-01T10:00:00Z"});
    f.seal();
    f.retain(unsealed_events::refuse);
    f.seal();
    REQUIRE(f.verify().expired == 2);

    // Some years pass: the record is as old as an event of 2023.
    f.database.as_superuser("set session_replication_role = replica;"
                            "do $$ declare t text; begin for t in select name from daybook.partitions where parent = 'audit_logs' loop "
                            "execute format('alter table daybook.%I disable trigger append_only', t); end loop; end $$;"
                            "alter table daybook.audit_logs disable trigger append_only;"
                            "alter table daybook.leaves disable trigger append_only; alter table daybook.checkpoints disable trigger append_only;"
                            "alter table daybook.tiles disable trigger append_only;"
                            "delete from daybook.leaves; delete from daybook.tiles; delete from daybook.checkpoints;"
                            "update daybook.audit_logs set id = daybook.new_id('2023-06-01Z') where action = 'audit_log.drop';"
                            "insert into daybook.seal_queue (organization_id, id, ids, recorded_at) "
                            "select organization_id, id, array[id], recorded_at from daybook.audit_logs");
    f.seal();
    REQUIRE(f.verify().checked == 2);
    apply_retention(f.database.owner_url(), parse_time("2024-01-01T00:00:00Z"), retire::drop, unsealed_events::refuse);
    f.seal();

    CHECK(f.verify().findings == 0);
    CHECK(f.database.ask_superuser("select metadata -> 'earlier' from daybook.audit_logs where action = 'audit_log.drop'") ==
          R"([{"events":2,"from":"2020-01-01T00:00:00Z","until":"2021-01-01T00:00:00Z"}])");
}

TEST_CASE("a record of retention excuses nothing that was sealed after it", "[database]")
{
    fixture f;
    f.log({"2020-02-01T10:00:00Z", "2020-03-01T10:00:00Z"});
    f.retain(unsealed_events::take);  // the record says that no seal covered them
    f.seal();
    f.log({"2020-04-01T10:00:00Z"});
    f.seal();
    REQUIRE(f.verify().findings == 0);

    f.database.as_superuser("do $$ declare t text; begin for t in select name from daybook.partitions where parent = 'audit_logs' loop "
                            "execute format('alter table daybook.%I disable trigger append_only', t); end loop; end $$;"
                            "alter table daybook.audit_logs disable trigger append_only;"
                            "delete from daybook.audit_logs where daybook.id_time(id) = '2020-04-01T10:00:00Z'");

    CHECK(f.verify().expired == 0);
    REQUIRE(f.found.size() == 1);
    CHECK(f.found[0].what == verdict::event_missing);
}

TEST_CASE("an event that was lost before it was sealed can be written anew", "[database]")
{
    fixture f;
    event e = sample();
    e.id = event_id::generate(parse_time("2023-01-01T10:00:00Z"));
    const auto write = [&] { with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { log_audit(tx, e); }); };
    write();
    f.database.as_superuser("do $$ declare t text; begin for t in select name from daybook.partitions where parent = 'audit_logs' loop "
                            "execute format('alter table daybook.%I disable trigger append_only', t); end loop; end $$;"
                            "alter table daybook.audit_logs disable trigger append_only; delete from daybook.audit_logs");
    f.seal();
    REQUIRE(f.database.ask_superuser("select count(*) from daybook.seal_queue where missed_at is not null") == "1");

    write();

    f.seal();
    const verification result = f.verify();
    CHECK(result.checked == 1);
    CHECK(result.findings == 0);
}

TEST_CASE("an event that is kept from being sealed is found", "[database]")
{
    fixture f;
    f.log({"2023-01-01T10:00:00Z"});
    f.seal();
    f.log({"2023-02-01T10:00:00Z"});

    // As the sealer's role can.
    pqxx::connection sealing{f.database.url("daybook_sealer")};
    pqxx::nontransaction{sealing}.exec("with taken as (delete from daybook.seal_queue returning *) "
                                       "insert into daybook.seal_queue select organization_id, id, ids, recorded_at, now() from taken");

    CHECK(f.verify().waiting == 0);
    REQUIRE(f.found.size() == 1);
    CHECK(f.found[0].what == verdict::event_added);
}
