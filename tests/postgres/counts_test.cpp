#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

timestamp at(const char* time)
{
    return parse_time("2026-03-" + std::string{time} + "Z");
}

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    pqxx::connection connection = database.connect_as_application();

    // In both organizations, so that whoever counts too much is noticed.
    void log(const char* time, event e)
    {
        e.occurred_at = at(time);
        for (const org_id& organization : {acme, globex}) {
            with_tenant(connection, organization, [&](tenant_tx& tx) { log_audit(tx, e); });
        }
    }

    // 2, 0 and 1 events in three hours, one the day after.
    void log_some()
    {
        log("02T10:00:00", sample("invoice.paid", "u1"));
        log("02T10:59:59.999999", sample("invoice.sent", "u1"));
        log("02T12:00:00", sample("invoice.paid", "u2"));
        log("03T12:30:00", full_sample_without_time());
    }

    static event full_sample_without_time()
    {
        event e = full_sample();
        e.occurred_at.reset();
        return e;
    }

    time_counts over_time(const filter& f, bucket_width width, const count_options& options = {})
    {
        return with_tenant(connection, acme, [&](tenant_tx& tx) { return count_by_time(tx, f, width, options); });
    }

    value_counts values(std::string_view field, const filter& f = {}, const count_options& options = {})
    {
        return with_tenant(connection, acme, [&](tenant_tx& tx) { return count_values(tx, f, field, options); });
    }
};

filter between(const char* since, const char* until)
{
    filter f;
    f.since = at(since);
    f.until = at(until);
    return f;
}

}  // namespace

TEST_CASE("buckets of time follow one another, those without events too", "[database]")
{
    fixture f;
    f.log_some();

    const time_counts hours = f.over_time(between("02T09:30:00", "02T13:00:00"), bucket_width::hour);

    CHECK(hours.buckets == std::vector<time_bucket>{{at("02T09:00:00"), 0}, {at("02T10:00:00"), 2}, {at("02T11:00:00"), 0}, {at("02T12:00:00"), 1}});
    CHECK(hours.events == 3);
    CHECK_FALSE(hours.since);
}

TEST_CASE("events outside of the time range are not counted, though their bucket is shown", "[database]")
{
    fixture f;
    f.log_some();

    const time_counts hours = f.over_time(between("02T10:30:00", "02T12:00:00"), bucket_width::hour);

    CHECK(hours.buckets == std::vector<time_bucket>{{at("02T10:00:00"), 1}, {at("02T11:00:00"), 0}});
}

TEST_CASE("without a time range, buckets go from the oldest event to the newest", "[database]")
{
    fixture f;
    f.log_some();

    CHECK(f.over_time({}, bucket_width::day).buckets == std::vector<time_bucket>{{at("02T00:00:00"), 3}, {at("03T00:00:00"), 1}});
    CHECK(f.over_time({}, bucket_width::month).buckets == std::vector<time_bucket>{{at("01T00:00:00"), 4}});
    // 2026-03-02 is a Monday.
    CHECK(f.over_time({}, bucket_width::week).buckets == std::vector<time_bucket>{{at("02T00:00:00"), 4}});
    CHECK(f.over_time(between("01T23:00:00", "09T00:00:00"), bucket_width::week).buckets.front().begin == parse_time("2026-02-23T00:00:00Z"));
    filter nobody;
    nobody.actor = {"nobody"};
    CHECK(f.over_time(nobody, bucket_width::day).buckets.empty());
}

TEST_CASE("the width is chosen from the range", "[database]")
{
    fixture f;
    f.log_some();
    const auto chosen = [&](const char* since, const char* until) {
        return f.over_time(between(since, until), bucket_width::automatic).width;
    };

    CHECK(chosen("02T10:00:00", "02T11:00:00") == bucket_width::minute);
    CHECK(chosen("02T10:00:00", "02T11:01:00") == bucket_width::hour);
    CHECK(chosen("02T10:00:00", "09T10:00:00") == bucket_width::day);
    filter years = between("02T10:00:00", "09T10:00:00");
    years.since = parse_time("2025-12-01T00:00:00Z");
    CHECK(f.over_time(years, bucket_width::automatic).width == bucket_width::week);
    years.since = parse_time("2016-01-01T00:00:00Z");
    CHECK(f.over_time(years, bucket_width::automatic).width == bucket_width::month);
}

TEST_CASE("more buckets than anybody reads are refused", "[database]")
{
    fixture f;
    filter year = between("02T00:00:00", "03T00:00:00");
    year.since = parse_time("2025-01-01T00:00:00Z");

    CHECK(kind_of([&] { f.over_time(year, bucket_width::hour); }) == error_kind::invalid_filter);
    CHECK(kind_of([&] { f.over_time(year, bucket_width::day); }) == std::nullopt);
}

TEST_CASE("each kind of filter is counted as it is found", "[database]")
{
    fixture f;
    f.log_some();
    const char* const assignments[] = {"action=invoice.paid", "action=invoice.*", "action=role.*", "actor=u1",        "actor=user:u1",
                                       "target=42",           "outcome=denied",   "correlation_id=c-1", "facet.region=eu", "facet.region=us",
                                       "source_ip=AWS Internal"};
    for (const char* const assignment : assignments) {
        INFO(assignment);
        filter one;
        add_to_filter(one, assignment);
        const std::size_t found =
            with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return query(tx, one).events.size(); });

        CHECK(f.over_time(one, bucket_width::day).events == found);
        CHECK(f.values("action", one).events == found);
    }
    filter ids;
    for (const stored_event& e : with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return query(tx, {}).events; })) {
        ids.id.push_back(*e.id);
    }
    CHECK(f.over_time(ids, bucket_width::day).events == 4);
}

TEST_CASE("values of a field come with their counts, most frequent first", "[database]")
{
    fixture f;
    f.log_some();

    CHECK(f.values("action").values == std::vector<value_count>{{"invoice.paid", 2}, {"invoice.sent", 1}, {"role.grant", 1}});
    CHECK(f.values("actor").values == std::vector<value_count>{{"user:u1", 2}, {"user:u2", 1}, {"user:u7", 1}});
    CHECK(f.values("actor_id").values == std::vector<value_count>{{"u1", 2}, {"u2", 1}, {"u7", 1}});
    CHECK(f.values("target").values == std::vector<value_count>{{"invoice:42", 3}, {"invoice:admin", 1}});
    CHECK(f.values("outcome").values == std::vector<value_count>{{"success", 3}, {"denied", 1}});
    const value_counts regions = f.values("facet.region");
    CHECK(regions.values == std::vector<value_count>{{"eu", 1}});
    CHECK(regions.without == 3);
    CHECK(regions.events == 4);
}

TEST_CASE("every field of the filter has values, and each value finds as many events as it counts", "[database]")
{
    fixture f;
    f.log_some();
    for (const std::string_view field : filter_fields()) {
        if (field == "id") {
            continue;
        }
        INFO(field);
        const value_counts counted = f.values(field);
        REQUIRE_FALSE(counted.values.empty());
        for (const value_count& one : counted.values) {
            filter wanted;
            add_to_filter(wanted, field, one.value);
            const auto found = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return query(tx, wanted).events.size(); });
            CHECK(found == one.events);
        }
    }
}

TEST_CASE("when there are more events than are counted, the answer says so, and what it counts is exact", "[database]")
{
    fixture f;
    f.log_some();

    const time_counts days = f.over_time({}, bucket_width::day, {.limit_rows = 2});
    CHECK(days.events == 2);
    CHECK(days.since == at("02T12:00:00"));
    CHECK(days.buckets == std::vector<time_bucket>{{at("02T00:00:00"), 1, false}, {at("03T00:00:00"), 1, true}});
    const value_counts actions = f.values("action", {}, {.limit_rows = 2});
    CHECK(actions.events == 2);
    CHECK(actions.since == at("02T12:00:00"));
    CHECK(actions.values == std::vector<value_count>{{"invoice.paid", 1}, {"role.grant", 1}});

    CHECK_FALSE(f.over_time({}, bucket_width::day, {.limit_rows = 4}).since);
    CHECK_FALSE(f.values("action", {}, {.limit_rows = 4}).since);
}

TEST_CASE("when there are more values than are shown, the answer says so", "[database]")
{
    fixture f;
    f.log_some();

    const value_counts two = f.values("action", {}, {.limit_values = 2});
    CHECK(two.values == std::vector<value_count>{{"invoice.paid", 2}, {"invoice.sent", 1}});
    CHECK(two.more_values);
    CHECK(two.events == 4);
    CHECK_FALSE(f.values("action", {}, {.limit_values = 3}).more_values);
    CHECK_FALSE(f.values("facet.region", {}, {.limit_values = 1}).more_values);
}

TEST_CASE("the engine counts its own organization's events when row-level security is gone", "[database]")
{
    fixture f;
    f.log_some();
    f.database.as_superuser("alter table daybook.audit_logs disable row level security; "
                            "alter table daybook.facets disable row level security");
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        REQUIRE(tx.sql().query_value<long>("select count(*) from daybook.audit_logs") == 8);
    });
    filter by_facet;
    by_facet.facets = {{.key = "region", .value = "eu"}};

    CHECK(f.over_time({}, bucket_width::day).events == 4);
    CHECK(f.values("action").events == 4);
    CHECK(f.values("action", by_facet).events == 1);
}

TEST_CASE("counts take known fields and sensible limits", "[database]")
{
    fixture f;

    CHECK(kind_of([&] { f.values("acton"); }) == error_kind::unknown_field);
    CHECK(message_of([&] { f.values("acton"); }).find("action") != std::string::npos);
    CHECK(kind_of([&] { f.values("id"); }) == error_kind::unknown_field);
    CHECK(kind_of([&] { f.values("action", {}, {.limit_rows = 0}); }) == error_kind::invalid_filter);
    CHECK(kind_of([&] { f.values("action", {}, {.limit_values = 10'001}); }) == error_kind::invalid_filter);
    CHECK(kind_of([] { static_cast<void>(parse_bucket_width("7x")); }) == error_kind::wrong_usage);
    CHECK(parse_bucket_width("1h") == bucket_width::hour);
    CHECK(parse_bucket_width(to_string(bucket_width::week)) == bucket_width::week);
}

TEST_CASE("the week of 1970-01-01 is counted, though it begins before all ids", "[database]")
{
    fixture f;
    event old = sample();
    old.occurred_at = parse_time("1970-01-01T00:00:00Z");
    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { log_audit(tx, old); });
    filter until;
    until.until = parse_time("1970-01-10T00:00:00Z");

    const time_counts counts = f.over_time(until, bucket_width::week);

    REQUIRE(counts.buckets.size() == 2);
    CHECK(counts.buckets.front().begin < timestamp{});
    CHECK(counts.buckets.front().events == 1);
    CHECK(counts.buckets.back().events == 0);
}

TEST_CASE("a value finds its events, wherever its type and its id hold separators", "[database]")
{
    fixture f;
    event e = sample();
    e.actor = {.type = "a:b", .id = "c/d:1"};
    f.log("02T10:00:00", e);

    filter found;
    found.actor.push_back(f.values("actor").values.front().value);

    CHECK(found.actor.front() == "a:b:c/d:1");
    CHECK(f.values("actor", found).values.front().events == 1);
}
