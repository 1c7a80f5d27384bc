#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>
#include <daybook/json.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

timestamp at(int minute)
{
    return parse_time("2026-03-02T10:00:00Z") + std::chrono::minutes{minute};
}

// Ten events a minute apart, of several kinds; and a look-alike of each in another organization.
struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    pqxx::connection connection = database.connect_as_application();

    fixture()
    {
        std::vector<event> events;
        for (int i = 0; i < 10; ++i) {
            event e = sample(i % 2 == 0 ? "invoice.paid" : "invoice.sent", "u" + std::to_string(i % 3), std::to_string(i));
            e.occurred_at = at(i);
            events.push_back(e);
        }
        events[3].outcome = outcome::failure;
        events[4].action = "role.grant";
        events[4].actor = {.type = "arn", .id = "aws:iam::1:user/ann", .name = "Ann"};
        events[4].source_ip = "10.0.0.4";
        events[4].correlation_id = "c4";
        events[5].facets = {{.key = "region", .value = "eu"}, {.key = "tier", .value = "gold"}};
        events[6].facets = {{.key = "region", .value = "us"}};
        for (const org_id& organization : {acme, globex}) {
            with_tenant(connection, organization, [&](tenant_tx& tx) { log_audit(tx, events); });
        }
    }

    // The targets that the filters find, oldest first.
    std::string find(std::initializer_list<const char*> assignments)
    {
        filter f;
        for (const char* const assignment : assignments) {
            add_to_filter(f, assignment);
        }
        return find(f);
    }

    std::string find(const filter& f, reading_order order = reading_order::oldest_first)
    {
        std::string found;
        with_tenant(connection, acme, [&](tenant_tx& tx) {
            for_each_event(tx, f, order, [&](const stored_event& e) {
                CHECK(e.organization == acme);
                found += e.targets.front().id;
                return true;
            });
        });
        return found;
    }
};

}  // namespace

TEST_CASE("each filter finds what it says", "[database]")
{
    fixture f;

    CHECK(f.find({}) == "0123456789");
    CHECK(f.find({"action=invoice.sent"}) == "13579");
    CHECK(f.find({"action=invoice.*"}) == "012356789");
    CHECK(f.find({"action=role.grant", "action=invoice.sent"}) == "134579");
    CHECK(f.find({"action=role.*", "action=invoice.sent"}) == "134579");
    CHECK(f.find({"action=invoice"}).empty());
    CHECK(f.find({"actor=u1"}) == "17");
    CHECK(f.find({"actor=user:u1"}) == "17");
    CHECK(f.find({"actor=user/u1"}) == "17");
    CHECK(f.find({"actor=service:u1"}).empty());
    CHECK(f.find({"actor=aws:iam::1:user/ann"}) == "4");
    CHECK(f.find({"actor=arn:aws:iam::1:user/ann"}) == "4");
    CHECK(f.find({"actor=u1", "actor=u2"}) == "12578");
    CHECK(f.find({"actor_type=arn"}) == "4");
    CHECK(f.find({"actor_name=Ann"}) == "4");
    CHECK(f.find({"target=7"}) == "7");
    CHECK(f.find({"target=invoice:7", "target=8"}) == "78");
    CHECK(f.find({"target_type=invoice"}) == "0123456789");
    CHECK(f.find({"outcome=failure"}) == "3");
    CHECK(f.find({"source_ip=10.0.0.4"}) == "4");
    CHECK(f.find({"correlation_id=c4"}) == "4");
    CHECK(f.find({"facet.region=eu"}) == "5");
    CHECK(f.find({"facet.region=eu", "facet.region=us"}) == "56");
    CHECK(f.find({"facet.region=eu", "facet.tier=gold"}) == "5");
    CHECK(f.find({"facet.region=us", "facet.tier=gold"}).empty());
    CHECK(f.find({"action=invoice.sent", "actor=u1"}) == "17");
}

TEST_CASE("a time range is half open", "[database]")
{
    fixture f;
    filter range;
    range.since = at(3);
    range.until = at(6);

    CHECK(f.find(range) == "345");
    CHECK(f.find(range, reading_order::newest_first) == "543");
    range.since = at(3) + std::chrono::microseconds{1};
    range.until = at(6) + std::chrono::microseconds{1};
    CHECK(f.find(range) == "456");
}

TEST_CASE("pages follow one another without a gap or a repetition, while events arrive", "[database]")
{
    fixture f;
    for (const reading_order order : {reading_order::newest_first, reading_order::oldest_first}) {
        std::string seen;
        query_options options{.limit = 3, .order = order};
        for (int pages = 0;; ++pages) {
            REQUIRE(pages < 10);
            const page one = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return query(tx, {}, options); });
            for (const stored_event& e : one.events) {
                seen += e.targets.front().id;
            }
            if (!one.next) {
                break;
            }
            options.after = cursor::parse(to_string(*one.next));
            if (order == reading_order::newest_first) {
                // Newer than the cursor: none of this list's business.
                with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, sample("late", "u", "x")); });
            }
        }
        CHECK(seen.substr(0, 10) == (order == reading_order::newest_first ? "9876543210" : "0123456789"));
    }
}

TEST_CASE("a cursor is good for its organization and order only", "[database]")
{
    fixture f;
    const page first =
        with_tenant(f.connection, f.acme, [](tenant_tx& tx) { return query(tx, {}, {.limit = 1}); });
    REQUIRE(first.next);
    const auto go_on = [&](const org_id& organization, reading_order order) {
        return kind_of([&] {
            with_tenant(f.connection, organization, [&](tenant_tx& tx) {
                return query(tx, {}, {.limit = 1, .order = order, .after = first.next});
            });
        });
    };

    CHECK(go_on(f.acme, reading_order::newest_first) == std::nullopt);
    CHECK(go_on(f.globex, reading_order::newest_first) == error_kind::invalid_cursor);
    CHECK(go_on(f.acme, reading_order::oldest_first) == error_kind::invalid_cursor);
}

TEST_CASE("a query sees what its own transaction logged", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        const receipt logged = log_audit(tx, sample("just.now"));
        CHECK(find_event(tx, logged.id).has_value());
        filter wanted;
        wanted.action = {"just.now"};
        CHECK(query(tx, wanted).events.size() == 1);
    });
}

TEST_CASE("an event of another organization is not there", "[database]")
{
    fixture f;
    const page theirs = with_tenant(f.connection, f.globex, [](tenant_tx& tx) { return query(tx, {}); });
    const event_id id = *theirs.events.front().id;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { CHECK_FALSE(find_event(tx, id).has_value()); });
    with_tenant(f.connection, f.globex, [&](tenant_tx& tx) { CHECK(find_event(tx, id).has_value()); });
}

TEST_CASE("reading goes through every page, stops when it is told to, and a page has a limit", "[database]")
{
    fixture f;
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, std::vector<event>(1200, sample())); });

    const auto count = [&](int stop_after) {
        int seen = 0;
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            for_each_event(tx, {}, reading_order::newest_first, [&](const stored_event&) { return ++seen != stop_after; });
        });
        return seen;
    };

    CHECK(count(0) == 1210);
    CHECK(count(501) == 501);
    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme,
                          [](tenant_tx& tx) { return query(tx, {}, {.limit = 10'001}); });
          }) == error_kind::invalid_filter);
}

TEST_CASE("the engine's own predicate holds when row-level security is gone", "[database]")
{
    fixture f;
    f.database.as_superuser("alter table daybook.audit_logs disable row level security; "
                            "alter table daybook.facets disable row level security");
    // The database does not filter any more: that is what this test rests on.
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        REQUIRE(tx.sql().query_value<long>("select count(*) from daybook.audit_logs") == 20);
    });

    CHECK(f.find({}) == "0123456789");
    CHECK(f.find({"action=invoice.*"}) == "012356789");
    CHECK(f.find({"facet.region=eu"}) == "5");
    const page theirs = with_tenant(f.connection, f.globex, [](tenant_tx& tx) { return query(tx, {}); });
    with_tenant(f.connection, f.acme,
                [&](tenant_tx& tx) { CHECK_FALSE(find_event(tx, *theirs.events.front().id).has_value()); });
}

TEST_CASE("importing the same events again writes nothing, other content is a conflict", "[database]")
{
    fixture f;
    std::vector<event> events;
    for (int i = 0; i < 3; ++i) {
        event e = full_sample();
        e.id = event_id::derive(*e.occurred_at, "key " + std::to_string(i));
        events.push_back(e);
    }
    events.push_back(events[1]);
    const auto import = [&] {
        return with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return log_new(tx, events); });
    };
    using enum write_outcome;

    CHECK(import() == std::vector{written, written, written, already_there});
    CHECK(import() == std::vector{already_there, already_there, already_there, already_there});
    events[2].metadata = R"({"big": 123456789012345678901234567890, "zero": 0.00})";
    CHECK(import() == std::vector{already_there, already_there, conflict, already_there});
    CHECK(f.database.ask_superuser("select count(*) from daybook.audit_logs where action = 'role.grant' and reason is not null") == "3");
}

TEST_CASE("whatever stands in the log can be read", "[database]")
{
    fixture f;
    // Rows of another version, or of somebody who took the rule away.
    f.database.as_superuser("alter table daybook.audit_logs drop constraint audit_logs_row_is_valid");
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        for (const char* const values :
             {"'[1, {\"type\": 5, \"colour\": {\"a\": [1]}}, []]', '[1, {\"path\": 2, \"more\": 3}]', '{\"k\": 1}'",
              "'[{}]', '[\"\\ud800\"]', '{\"k\": \"v\"}'", "'[{}]', '[{}]', '{}'"}) {
            tx.sql().exec(std::string{"insert into daybook.audit_logs (action, actor_type, actor_id, targets, changes, facets) "
                                      "values ('raw.one', 'user', 'u1', "} + values + ")");
        }
    });

    filter raw;
    raw.action = {"raw.one"};
    raw.facets = {{.key = "k", .value = "1"}};
    const page found = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return query(tx, raw); });
    REQUIRE(found.events.size() == 1);
    CHECK(found.events[0].targets.size() == 3);
    CHECK(found.events[0].targets[0].id == "1");
    CHECK(found.events[0].targets[1].type == "5");
    CHECK(found.events[0].changes[0].new_value == "1");
    raw.facets.clear();
    const page all = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return query(tx, raw); });
    CHECK(all.events.size() == 3);
    for (const stored_event& e : all.events) {
        CHECK_NOTHROW(check_json(to_json(e), "the line"));
    }
}
