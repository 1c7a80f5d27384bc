// What a superuser does to the rows of a sealed log, and the verdict that `verify` has for it.

#include <map>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>

#include <daybook/daybook.hpp>

#include "tampered.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::UnorderedEquals;

namespace {

// The edits of one column that somebody could make, as expressions; the row keeps its id and its organization.
const std::map<std::string, std::vector<std::string>> edits{
    {"recorded_at", {"recorded_at + interval '1 microsecond'", "'infinity'", "'-infinity'", "'0044-03-15 BC'", "null"}},
    {"action", {"'invoice.paid'", "action || ' '", "null"}},
    {"outcome", {"'success'", "null"}},
    {"actor_type", {"'service'", "null"}},
    {"actor_id", {"'u8'", "null"}},
    {"actor_name", {"'Zoe'", "''", "null"}},
    {"on_behalf_of",
     {"'[]'", "(on_behalf_of::text || ' ')::json", "(E'\\n' || on_behalf_of::text)::json",
      "on_behalf_of::jsonb::text::json", "null"}},
    {"targets", {"'[]'", "(targets::text || ' ')::json", "null"}},
    {"target_type", {"'tenant'", "null"}},
    {"target_id", {"'43'", "null"}},
    {"reason", {"'allowed'", "E'not allowed on Sundays\\n'", "null"}},
    {"changes", {"'[]'", "replace(changes::text, '1.50', '1.5')::json", "(changes::text || E'\\r')::json", "null"}},
    {"source_ip", {"'10.0.0.1'", "null"}},
    {"user_agent", {"'curl/9'", "null"}},
    {"request_id", {"'r-2'", "null"}},
    {"correlation_id", {"'c-2'", "null"}},
    {"trace_id", {"'t-2'", "null"}},
    {"source", {"'test'", "null"}},
    {"metadata", {"'{}'", "('{ ' || substr(metadata::text, 2))::json", "'5'", "'\"\\u0000\"'", "null"}},
    {"facets", {"('{ ' || substr(facets::text, 2))::json"}},
    {"shaped_by", {"'catalogue:x'"}},
    {"db_role", {"'postgres'", "null"}},
    {"schema_version", {"2", "null"}},
};

}  // namespace

// ---------------------------------------------------------------- rows

TEST_CASE("attack 75: a change of any column of a sealed event is found", "[database]")
{
    const tampered log;
    const std::string event = log.at(300);
    log.tamper(
        "alter table daybook.audit_logs alter column target_type drop expression, alter column target_id drop expression, "
        "drop constraint audit_logs_row_is_valid; create table public.saved as table daybook.audit_logs");
    for (const auto& [column, values] : edits) {
        log.tamper("alter table daybook.audit_logs alter column " + column + " drop not null");
        for (const std::string& value : values) {
            CAPTURE(column, value);
            log.tamper("update daybook.audit_logs set " + column + " = " + value + " where id = " + event);
            CHECK(log.of_acme() == verdicts{changed_at(300)});

            log.tamper("update daybook.audit_logs a set " + column + " = s." + column +
                       " from public.saved s where s.id = a.id and a.id = " + event);
        }
    }
    CHECK(log.of_acme() == clean);
}

TEST_CASE("attack 75: every column of the log is part of a sealed event", "[database]")
{
    const temporary_database database;
    std::string known = "id,organization_id";
    for (const auto& [column, values] : edits) {
        known += "," + column;
    }
    CHECK(
        database
            .ask_superuser("select coalesce(string_agg(attname, ', '), '') from pg_attribute where attrelid = "
                           "'daybook.audit_logs'::regclass and attnum > 0 and not attisdropped and attname <> all ('{" +
                           known + "}')")
            .empty());
}

TEST_CASE("attack 75: an event whose facets are no pairs any more is one changed event", "[database]")
{
    const tampered log;
    log.tamper("alter table daybook.audit_logs drop constraint audit_logs_row_is_valid");
    for (const std::string value : {"'[1]'", "'5'", "'{\"region\":\"\\u0000\"}'", "'{\"region\":\"\\ud800\"}'"}) {
        CAPTURE(value);
        log.tamper("update daybook.audit_logs set facets = " + value + " where id = " + log.at(300));
        CHECK_THAT(log.of_acme(), UnorderedEquals(verdicts{changed_at(300), "facets_changed", "facets_changed"}));
    }
}

TEST_CASE("attack 75: an event that gets another id is missing, and another was added", "[database]")
{
    const tampered log;
    log.tamper("update daybook.audit_logs set id = daybook.new_id(now()) where id = " + log.at(300));
    CHECK_THAT(log.of_acme(), UnorderedEquals(verdicts{"event_missing 300", "event_added", "facets_changed",
                                                       "facets_changed", "facets_changed", "facets_changed"}));
}

TEST_CASE("attack 76: a sealed event that was deleted is missing", "[database]")
{
    const tampered log;
    log.tamper("delete from daybook.facets where id = " + log.at(300) +
               "; delete from daybook.audit_logs where id = " + log.at(300));

    const verified answer = log.verify(log.acme);

    CHECK(answer.said() == verdicts{"event_missing 300"});
    CHECK(answer.findings.at(0).event == event_id::parse(log.at(300).substr(1, 36)).value());
    CHECK(answer.done.checked == 599);
}

TEST_CASE("attack 77: an event that is deleted before it is sealed is lost, as the queue says", "[database]")
{
    const tampered log;
    log.log_rows(log.acme, 1);
    REQUIRE(log.verify(log.acme).done.waiting == 1);
    log.tamper("delete from daybook.audit_logs a using daybook.seal_queue q where a.id = any (q.ids)");

    CHECK(log.of_acme() == verdicts{"event_lost"});
    log.seal();
    CHECK(log.of_acme() == verdicts{"event_lost"});
}

TEST_CASE("attack 77: the window: what is deleted before it is sealed, with its place in the queue, leaves no trace",
          "[database]")
{
    const tampered log;
    log.log_rows(log.acme, 1);
    REQUIRE(log.verify(log.acme).done.waiting == 1);
    log.tamper(
        "delete from daybook.audit_logs a using daybook.seal_queue q where a.id = any (q.ids); delete from daybook.seal_queue");

    CHECK(log.of_acme() == clean);
}

TEST_CASE("attack 78: two events that exchange their ids are both changed", "[database]")
{
    const tampered log;
    const std::string free = "'01890000-0000-7000-8000-000000000000'";
    for (const auto& [from, to] :
         {std::pair{log.at(10), free}, std::pair{log.at(210), log.at(10)}, std::pair{free, log.at(210)}}) {
        log.tamper("update daybook.audit_logs set id = " + to + " where id = " + from);
    }

    CHECK(log.of_acme() == verdicts{changed_at(10), changed_at(210)});
}

TEST_CASE("attack 78: an event that is put into a partition past the triggers was added", "[database]")
{
    const tampered log;
    const std::string partition =
        log.ask("select tableoid::regclass::text from daybook.audit_logs where id = " + log.at(300));
    log.tamper("insert into " + partition +
               " (organization_id, id, action, actor_type, actor_id) select organization_id, "
               "daybook.new_id(daybook.id_time(id)), 'invoice.paid', 'user', 'u1' from daybook.audit_logs where id = " +
               log.at(300));

    CHECK(log.of_acme() == verdicts{"event_added"});
    log.seal();
    CHECK(log.of_acme() == verdicts{"event_added"});
}

TEST_CASE("attack 78: a sealed event that waits to be sealed again is found", "[database]")
{
    const tampered log;
    log.tamper(
        "insert into daybook.seal_queue select organization_id, id, array[id], now() from daybook.audit_logs where id = " +
        log.at(300));

    const verified answer = log.verify(log.acme);

    CHECK(answer.said() == verdicts{"event_queued_again"});
    CHECK(answer.done.waiting == 0);
}

TEST_CASE("attack 78: an added event and one that is queued again do not make up for each other", "[database]")
{
    const tampered log;
    const std::string partition =
        log.ask("select tableoid::regclass::text from daybook.audit_logs where id = " + log.at(300));
    log.tamper(
        "insert into " + partition +
        " (organization_id, id, action, actor_type, actor_id) select organization_id, "
        "daybook.new_id(daybook.id_time(id)), 'invoice.paid', 'user', 'u1' from daybook.audit_logs where id = " +
        log.at(300) +
        "; insert into daybook.seal_queue select organization_id, id, array[id], now() from daybook.audit_logs where id = " +
        log.at(300));

    CHECK(log.of_acme() == verdicts{"event_queued_again", "event_added"});
}

TEST_CASE("attack 78: an added event and a waiting one that is queued twice do not make up for each other",
          "[database]")
{
    const tampered log;
    log.log_rows(log.acme, 1);
    const std::string partition =
        log.ask("select tableoid::regclass::text from daybook.audit_logs where id = " + log.at(300));
    log.tamper("insert into " + partition +
               " (organization_id, id, action, actor_type, actor_id) select organization_id, "
               "daybook.new_id(daybook.id_time(id)), 'invoice.paid', 'user', 'u1' from daybook.audit_logs where id = " +
               log.at(300) + "; update daybook.seal_queue set ids = ids || ids");

    CHECK(log.of_acme() == verdicts{"event_added"});
}

TEST_CASE("attack 78: a second row of a sealed event was added", "[database]")
{
    const tampered log;
    const std::string partition =
        log.ask("select tableoid::regclass::text from daybook.audit_logs where id = " + log.at(300));
    log.tamper(
        "alter table daybook.audit_logs drop constraint audit_logs_pkey; insert into " + partition +
        " (organization_id, id, action, actor_type, actor_id) select organization_id, id, 'invoice.paid', 'user', 'u1' from "
        "daybook.audit_logs where id = " +
        log.at(300));

    CHECK_THAT(log.of_acme(), holds("event_added"));
}

// ---------------------------------------------------------------- whole tables

TEST_CASE("attack 65: a partition that is exchanged for a forged one shows every difference", "[database]")
{
    const tampered log;
    const std::string victim = log.at(300);
    log.tamper(
        "do $do$ declare v_old regclass := (select tableoid from daybook.audit_logs where id = " + victim +
        ");"
        " v_bound text := (select pg_get_expr(relpartbound, oid) from pg_class where oid = v_old); v_columns text;"
        "begin"
        " execute format('alter table daybook.audit_logs detach partition %s', v_old);"
        " execute format('create table daybook.forged (like %s including all)', v_old);"
        " select string_agg(quote_ident(attname), ', ') into v_columns from pg_attribute"
        "  where attrelid = v_old and attnum > 0 and attgenerated = '';"
        " execute format('insert into daybook.forged (%s) select %1$s from %s', v_columns, v_old);"
        " update daybook.forged set reason = 'forged' where id = " +
        victim +
        ";"
        " delete from daybook.forged where id = " +
        log.at(310) +
        ";"
        " insert into daybook.forged (organization_id, id, action, actor_type, actor_id) values (" +
        log.quoted(log.acme) + ", daybook.new_id(daybook.id_time(" + victim +
        ")), 'a', 'b', 'c');"
        " execute format('alter table daybook.audit_logs attach partition daybook.forged %s', v_bound);"
        "end $do$");

    CHECK_THAT(log.of_acme(), UnorderedEquals(verdicts{changed_at(300), "event_missing 310", "event_added",
                                                       "facets_changed", "facets_changed"}));
}

TEST_CASE("attack 74: a log that is rewritten with the same content is clean", "[database]")
{
    const tampered log;
    const std::string partition =
        log.ask("select tableoid::regclass::text from daybook.audit_logs where id = " + log.at(300));
    log.tamper("update daybook.audit_logs set reason = reason; update daybook.leaves set hashes = hashes");
    {
        pqxx::connection superuser{log.database.superuser_url()};
        for (const std::string& table : {partition, std::string{"daybook.leaves"}}) {
            pqxx::nontransaction{superuser}.exec("vacuum full " + table);
        }
    }
    log.tamper(
        "drop view daybook.events cascade; alter table daybook.audit_logs alter column reason type text collate \"C\" using reason || ''");

    CHECK(log.of_acme() == clean);
}

// ---------------------------------------------------------------- facets

TEST_CASE("facets that are added, taken away or changed are found", "[database]")
{
    const tampered log;
    const std::string one = " where key = 'region' and id = " + log.at(300);
    log.tamper("insert into daybook.facets values (" + log.quoted(log.acme) + ", 'region', 'us', " + log.at(300) + ")");
    CHECK(log.of_acme() == verdicts{"facets_changed"});

    log.tamper("delete from daybook.facets" + one + " and value = 'eu'");
    CHECK(log.of_acme() == verdicts{"facets_changed", "facets_changed"});

    log.tamper("delete from daybook.facets" + one);
    CHECK(log.of_acme() == verdicts{"facets_changed"});

    log.tamper("insert into daybook.facets values (" + log.quoted(log.acme) + ", 'region', 'eu', " + log.at(300) + ")");
    CHECK(log.of_acme() == clean);
}

// ---------------------------------------------------------------- retention

namespace {

// An event of 2020 and one of today, sealed; the records of retention are not yet.
struct retired : verified_log {
    retired()
    {
        make_partitions(database.owner_url(),
                        {.period = partition_period::year, .since = parse_time("2020-01-01T00:00:00Z")});
        event old = sample();
        old.occurred_at = parse_time("2020-05-01T10:00:00Z");
        log(acme, {old, sample()});
        seal();
        REQUIRE(verdicts_of(acme) == clean);
    }

    void retire_2020() const
    {
        apply_retention(database.owner_url(), parse_time("2021-01-01T00:00:00Z"), retire::drop);
    }

    // Of the event of 2020, which is at 0.
    [[nodiscard]] std::string forged_record(const std::string& role) const
    {
        return "insert into daybook.audit_logs (organization_id, action, actor_type, actor_id, metadata, db_role) values (" +
               quoted(acme) +
               ", 'audit_log.drop', 'system', 'daybook', "
               "'{\"events\":1,\"from\":\"2020-01-01T00:00:00Z\",\"until\":\"2021-01-01T00:00:00Z\"}', '" +
               role + "')";
    }
};

}  // namespace

TEST_CASE("what retention took away is expired when its record is sealed, and missing before", "[database]")
{
    const retired log;
    log.retire_2020();
    CHECK(log.verdicts_of(log.acme) == verdicts{"event_missing 0"});

    log.seal();

    const verified answer = log.verify(log.acme);
    CHECK(answer.said() == clean);
    CHECK(answer.done.expired == 1);
    CHECK(answer.done.checked == 2);
}

TEST_CASE("a record of retention that is not the owner's excuses nothing", "[database]")
{
    const retired log;
    log.tamper("delete from daybook.audit_logs where id < daybook.id_floor('2021-01-01Z'); " +
               log.forged_record("postgres"));
    log.seal();

    CHECK(log.verdicts_of(log.acme) == verdicts{"event_missing 0"});
}

TEST_CASE("a record of retention excuses no more events than it counts", "[database]")
{
    const retired log;
    event another = sample();
    another.occurred_at = parse_time("2020-06-01T10:00:00Z");
    log.log(log.acme, {another});
    log.seal();
    REQUIRE(log.verdicts_of(log.acme) == clean);
    log.tamper("delete from daybook.audit_logs where daybook.id_time(id) = '2020-06-01T10:00:00Z'");

    log.retire_2020();  // which finds one event less
    log.seal();

    const verdicts found = log.verdicts_of(log.acme);
    REQUIRE(found.size() == 1);
    CHECK(found.front().starts_with("event_missing"));
}

TEST_CASE("a record of retention that only a row of leaves outside the tree knows excuses nothing", "[database]")
{
    const retired log;
    log.tamper(
        "alter table daybook.leaves drop constraint leaves_first_check, drop constraint leaves_width; "
        "delete from daybook.audit_logs where id < daybook.id_floor('2021-01-01Z'); " +
        log.forged_record("daybook_owner") +
        "; insert into daybook.leaves select organization_id, -1, ids, sha256('')::bytea, id, id from daybook.seal_queue"
        "; delete from daybook.seal_queue");

    CHECK(log.verdicts_of(log.acme) == verdicts{"event_missing 0"});
}

TEST_CASE("a record of retention that was changed is one changed event, whatever it says now", "[database]")
{
    for (const std::string metadata :
         {R"({"events":1,"until":"soon"})", R"({"events":"many","until":"2021-01-01T00:00:00Z"})",
          R"({"events":-1,"until":"\u0000"})", "[]", "5",
          R"({"events":99999999999999999999,"from":"yesterday","until":"infinity"})"}) {
        CAPTURE(metadata);
        const retired log;
        log.retire_2020();
        log.seal();
        REQUIRE(log.verdicts_of(log.acme) == clean);
        log.tamper(
            "alter table daybook.audit_logs drop constraint audit_logs_row_is_valid; update daybook.audit_logs set metadata = $m$" +
            metadata + "$m$ where action = 'audit_log.drop'");

        CHECK(log.verdicts_of(log.acme) == verdicts{"event_missing 0", "content_changed 2"});
    }
}

TEST_CASE("a record of retention that was changed excuses nothing, going on from a checkpoint behind it", "[database]")
{
    const retired log;
    log.retire_2020();
    log.seal();
    log.log(log.acme, 2);
    log.seal();
    verify_options options{.keys = {{.key = log.key.public_half()}}};
    options.after = log.checkpoint_of(log.acme, 3);
    REQUIRE(log.verify(log.acme, options).said() == clean);

    log.tamper(
        "alter table daybook.audit_logs drop constraint audit_logs_row_is_valid; update daybook.audit_logs set metadata = "
        "'{\"events\":9,\"until\":\"9000-01-01T00:00:00Z\"}' where action = 'audit_log.drop'; delete from daybook.facets; "
        "delete from daybook.audit_logs where id = " +
        log.event_at(log.acme, 4));

    CHECK_THAT(log.verify(log.acme, options).said(), holds("event_missing 4"));
}
