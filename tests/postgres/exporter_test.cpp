#include <catch2/catch_test_macros.hpp>

#include <algorithm>

#include <daybook/daybook.hpp>

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

// A few events of every kind, and as many of another organization.
struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    pqxx::connection connection = database.connect_as_application();

    fixture()
    {
        for (const org_id& organization : {acme, globex}) {
            with_tenant(connection, organization, [&](tenant_tx& tx) {
                event full = full_sample();
                full.source = to_string(organization);
                log_audit(tx, full);
                for (int i = 5; i-- > 0;) {
                    event e = sample(i % 2 == 0 ? "invoice.paid" : "invoice.sent", "u1", std::to_string(i));
                    e.occurred_at = at(i + 1);
                    log_audit(tx, e);
                }
            });
        }
    }

    void add(std::size_t count)
    {
        event e = full_sample();
        with_tenant(connection, acme, [&](tenant_tx& tx) { log_audit(tx, std::vector<event>(count, e)); });
    }

    std::string exported(const org_id& organization, const filter& f = {}, const export_options& options = {})
    {
        std::string all;
        with_tenant(connection, organization, [&](tenant_tx& tx) {
            export_events(tx, f, options, [&](std::string_view lines, const export_summary&) { all += lines; });
        });
        return all;
    }

    // What the same events are as objects, in the same order.
    std::string listed(const org_id& organization, const filter& f = {})
    {
        std::string all;
        with_tenant(connection, organization, [&](tenant_tx& tx) {
            for_each_event(tx, f, reading_order::oldest_first, [&](const stored_event& e) {
                all += to_json(e) + "\n";
                return true;
            });
        });
        return all;
    }
};

auto lines_in(const std::string& text)
{
    return std::count(text.begin(), text.end(), '\n');
}

const auto discard = [](std::string_view, const export_summary&) {};

}  // namespace

TEST_CASE("an export is the organization's events, oldest first, and nobody else's", "[database]")
{
    fixture f;

    const std::string acme = f.exported(f.acme);
    const std::string globex = f.exported(f.globex);

    CHECK(lines_in(acme) == 6);
    CHECK(acme == f.listed(f.acme));
    CHECK(acme.find(to_string(f.globex)) == std::string::npos);
    CHECK(globex.find(to_string(f.globex)) != std::string::npos);
    CHECK(globex.find(to_string(f.acme)) == std::string::npos);
}

TEST_CASE("an export goes by the filter, and a time range is half open", "[database]")
{
    fixture f;
    filter wanted;
    wanted.since = at(2);
    wanted.until = at(5);

    CHECK(lines_in(f.exported(f.acme, wanted)) == 3);
    CHECK(f.exported(f.acme, wanted) == f.listed(f.acme, wanted));
    add_to_filter(wanted, "action=invoice.paid");
    CHECK(lines_in(f.exported(f.acme, wanted)) == 1);
    add_to_filter(wanted, "actor=nobody");
    CHECK(f.exported(f.acme, wanted).empty());
}

TEST_CASE("an export is in order across months", "[database]")
{
    fixture f;
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        for (const char* const time : {"2026-06-01T00:00:00Z", "2026-01-31T23:59:59.999999Z", "2026-05-31T23:59:59Z", "2026-02-01T00:00:00Z"}) {
            event e = sample("over.months");
            e.occurred_at = parse_time(time);
            log_audit(tx, e);
        }
    });

    std::vector<std::string> times;
    const std::string all = f.exported(f.acme);
    for (std::size_t i = all.find("\"occurred_at\":"); i != std::string::npos; i = all.find("\"occurred_at\":", i + 1)) {
        times.push_back(all.substr(i, 42));
    }

    CHECK(times.size() == 10);
    CHECK(std::ranges::is_sorted(times));
}

TEST_CASE("an export says how many events it had, and goes on behind the last", "[database]")
{
    fixture f;
    export_options options;
    export_summary first;
    filter early;
    early.until = at(3);
    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { first = export_events(tx, early, options, discard); });

    options.after = first.last;
    const std::string rest = f.exported(f.acme, {}, options);

    CHECK(first.events == 3);
    CHECK(f.exported(f.acme, early) + rest == f.exported(f.acme));
    CHECK(lines_in(rest) == 3);
}

TEST_CASE("an export of nothing has no cursor, and in CSV the names of the columns", "[database]")
{
    fixture f;
    filter none;
    none.action = {"nothing.like.it"};

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        const export_summary summary = export_events(tx, none, {}, discard);
        CHECK(summary.events == 0);
        CHECK_FALSE(summary.last.has_value());
    });
    CHECK(f.exported(f.acme, none, {.format = export_format::csv}).starts_with("id,occurred_at,"));
    CHECK(lines_in(f.exported(f.acme, none, {.format = export_format::csv})) == 1);
    CHECK(lines_in(f.exported(f.acme, {}, {.format = export_format::ocsf})) == 6);
}

TEST_CASE("an export goes on behind a cursor of the same organization and order only", "[database]")
{
    fixture f;
    export_summary whole;
    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { whole = export_events(tx, {}, {}, discard); });
    REQUIRE(whole.last);
    const auto go_on = [&](const org_id& organization, reading_order order) {
        const cursor position{f.acme, whole.last->last, order};
        return kind_of([&] { f.exported(organization, {}, {.after = position}); });
    };

    CHECK(go_on(f.acme, reading_order::oldest_first) == std::nullopt);
    CHECK(go_on(f.globex, reading_order::oldest_first) == error_kind::invalid_cursor);
    CHECK(go_on(f.acme, reading_order::newest_first) == error_kind::invalid_cursor);
}

TEST_CASE("an export has what its own transaction logged", "[database]")
{
    fixture f;
    std::string all;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        log_audit(tx, sample("just.now"));
        export_events(tx, {}, {}, [&](std::string_view lines, const export_summary&) { all += lines; });
    });

    CHECK(all.find("just.now") != std::string::npos);
}

TEST_CASE("an event that a raw INSERT spelled in its own way has the line that a query gives it", "[database]")
{
    fixture f;
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        tx.sql().exec("insert into daybook.audit_logs (action, actor_type, actor_id, targets, changes, metadata, facets) values "
                      "('a.b', 'user', 'u1', ' [ {\"id\" : \"\\u0041\", \"type\":\"t\", \"name\":null} ] ', "
                      "'[{\"new\": [1,\n2], \"path\":\"/a\"}]', '{\n\"a\": 1.00 }', '{ \"k\" : \"v\" }')");
    });

    const std::string all = f.exported(f.acme);

    CHECK(lines_in(all) == 7);
    CHECK(all == f.listed(f.acme));
    CHECK(all.find(R"("targets":[{"type":"t","id":"A"}],"changes":[{"path":"/a","new":[1, 2]}])") != std::string::npos);
}

TEST_CASE("twenty thousand events come in pieces, in order, none twice", "[database]")
{
    fixture f;
    f.add(20'000);
    std::uint64_t pieces = 0;
    std::uint64_t lines = 0;
    std::size_t largest = 0;
    std::string last;
    bool in_order = true;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        const export_summary summary = export_events(tx, {}, {}, [&](std::string_view piece, const export_summary& so_far) {
            ++pieces;
            largest = std::max(largest, piece.size());
            for (std::size_t i = 0; i < piece.size(); i = piece.find('\n', i) + 1) {
                const std::string id{piece.substr(i + 7, 36)};
                in_order = in_order && last < id;
                last = id;
                ++lines;
            }
            CHECK(so_far.events == lines);
            CHECK(to_string(so_far.last->last) == last);
        });
        CHECK(summary.events == 20'006);
    });

    CHECK(lines == 20'006);
    CHECK(in_order);
    CHECK(pieces > 100);
    CHECK(largest < 100'000);
}

TEST_CASE("a sink that throws ends the export, and the connection can be used again", "[database]")
{
    fixture f;
    f.add(5'000);
    struct full {};

    const auto stopped = [&] {
        with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
            export_events(tx, {}, {}, [](std::string_view, const export_summary&) { throw full{}; });
        });
    };

    CHECK_THROWS_AS(stopped(), full);
    CHECK(lines_in(f.exported(f.acme)) == 5'006);
}

TEST_CASE("an export that was stopped cannot be followed by a commit that looks fine", "[database]")
{
    fixture f;
    f.add(20'000);

    const auto swallowed = [&] {
        with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
            log_audit(tx, sample("before.it"));
            try {
                export_events(tx, {}, {}, [](std::string_view, const export_summary&) { throw 1; });
            } catch (int) {
            }
        });
    };

    CHECK(kind_of(swallowed) == error_kind::not_committed);
    CHECK(f.exported(f.acme).find("before.it") == std::string::npos);
}

TEST_CASE("a sink cannot use the transaction that it reads from", "[database]")
{
    fixture f;
    f.add(2'000);
    const auto export_with = [&](const std::function<void(tenant_tx&)>& use) {
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            export_events(tx, {}, {}, [&](std::string_view, const export_summary&) { use(tx); });
        });
    };

    CHECK(kind_of([&] { export_with([](tenant_tx& tx) { static_cast<void>(query(tx, {})); }); }) == error_kind::unsuitable_transaction);
    CHECK(kind_of([&] { export_with([](tenant_tx& tx) { log_audit(tx, sample(), write_now); }); }) ==
          error_kind::unsuitable_transaction);
    CHECK_THROWS_AS(export_with([](tenant_tx& tx) { tx.sql().exec("select 1"); }), pqxx::usage_error);
    CHECK(lines_in(f.exported(f.acme)) == 2'006);
}

TEST_CASE("an export whose backend is killed is an error, not a short export", "[database]")
{
    fixture f;
    f.add(20'000);
    std::uint64_t seen = 0;

    const auto cut = [&] {
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            export_events(tx, {}, {}, [&](std::string_view, const export_summary& so_far) {
                if (seen == 0) {
                    f.database.as_superuser("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'daybook_app'");
                }
                seen = so_far.events;
            });
        });
    };

    CHECK(kind_of(cut) == error_kind::connection_lost);
    CHECK(seen > 0);
    CHECK(seen < 20'006);
}

TEST_CASE("an export works in a transaction that the host owns", "[database]")
{
    fixture f;
    std::string all;

    pqxx::work host{f.connection};
    tenant_tx tx = bind_tenant(host, f.acme);
    export_events(tx, {}, {}, [&](std::string_view lines, const export_summary&) { all += lines; });
    host.commit();

    CHECK(lines_in(all) == 6);
}

TEST_CASE("after an export the same scope goes on as before", "[database]")
{
    fixture f;
    f.add(60);

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        export_events(tx, {}, {}, [](std::string_view, const export_summary&) {});
        CHECK(query(tx, filter{}).events.size() == 50);
        export_events(tx, {}, {}, [](std::string_view, const export_summary&) {});
        CHECK(tx.exec("select generate_series(1, 3)").size() == 3);
        CHECK(tx.sql().exec("select generate_series(1, 3)").size() == 3);
    });
}
