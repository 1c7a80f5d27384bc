// How the log is divided, and how partitions come and go.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <thread>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"
#include "wait_until.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    org_id initech = database.add("initech");
    pqxx::connection connection = database.connect_as_application();

    receipt log(const org_id& organization, const std::string& time)
    {
        event e = sample();
        e.occurred_at = parse_time(time);
        e.facets = {{.key = "region", .value = "eu"}};
        return with_tenant(connection, organization, [&](tenant_tx& tx) { return log_audit(tx, e); });
    }

    // Two events of acme's and one of globex's in 2020, two of globex's in 2021, one of initech's in 2023; by years.
    void log_some_years()
    {
        make_partitions(owner_url(), {.period = partition_period::year, .since = parse_time("2020-01-01T00:00:00Z")});
        log(acme, "2020-02-01T10:00:00Z");
        log(acme, "2020-12-31T23:59:59.999999Z");
        log(globex, "2020-05-01T10:00:00Z");
        log(globex, "2021-01-01T00:00:00Z");
        log(globex, "2021-05-01T10:00:00Z");
        log(initech, "2023-05-01T10:00:00Z");
    }

    [[nodiscard]] std::string owner_url() const { return database.owner_url(); }
    [[nodiscard]] std::string ask(const std::string& sql) const { return database.ask_superuser(sql); }
    [[nodiscard]] bool has(const std::string& table) const
    {
        return ask("select to_regclass('daybook." + table + "') is not null") == "t";
    }
    [[nodiscard]] std::string events() const
    {
        return ask("select count(*) from daybook.audit_logs where actor_id <> 'daybook'");
    }
    [[nodiscard]] std::string records() const
    {
        return ask("select count(*) from daybook.audit_logs where actor_id = 'daybook'");
    }

    // What stands where: it is another one for whatever was written again.
    [[nodiscard]] std::string places() const
    {
        return ask("select string_agg(tableoid::oid || ' ' || ctid || ' ' || id, ', ' order by id) from daybook.audit_logs");
    }

    // Nobody made partitions since last month.
    void forget_this_month() const
    {
        database.as_superuser(
            "do $$ declare t text; begin "
            "for t in select name from daybook.partitions "
            "where daybook.id_time(upper) > date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' loop "
            "execute format('drop table daybook.%I', t); end loop; end $$");
    }
};

const timestamp year_2022 = parse_time("2022-01-01T00:00:00Z");

std::vector<partition> named(const std::vector<partition>& all, const std::string& name)
{
    std::vector<partition> found;
    std::ranges::copy_if(all, std::back_inserter(found), [&](const partition& p) { return p.name == name; });
    return found;
}

std::string names_of(const std::vector<partition>& all)
{
    std::string text;
    for (const partition& p : all) {
        text += p.name + " ";
    }
    return text;
}

std::string impatient(const std::string& url)
{
    return url + "&options=-c%20lock_timeout%3D100ms";
}

}  // namespace

// ---------------------------------------------------------------- partitions

TEST_CASE("partitions follow each other without a gap, the default last", "[database]")
{
    const fixture f;

    const std::vector<partition> all = list_partitions(f.owner_url());

    REQUIRE(all.size() >= 8);  // what is older, two months back, this one, three ahead, the default
    CHECK_FALSE(all.front().from);
    for (std::size_t i = 1; i + 1 < all.size(); ++i) {
        CHECK(all[i].from == all[i - 1].until);
        CHECK(all[i].name == "audit_logs_" + to_string(*all[i].from).substr(0, 4) + "_" + to_string(*all[i].from).substr(5, 2));
        CHECK_FALSE(all[i].is_default);
    }
    CHECK(all.back().is_default);
    CHECK_FALSE(all.back().until);
}

TEST_CASE("months are made ahead, with the log's rules, and their facets' with the same bounds", "[database]")
{
    const fixture f;
    const std::size_t before = list_partitions(f.owner_url()).size();

    const std::vector<std::string> made = make_partitions(f.owner_url(), {.ahead = 5});

    REQUIRE(made.size() == 2);
    CHECK(list_partitions(f.owner_url()).size() == before + 2);
    CHECK(make_partitions(f.owner_url()).empty());
    CHECK(read_partitioning(f.owner_url()).ahead == 5);
    for (const std::string& name : made) {
        CAPTURE(name);
        CHECK(f.ask("select count(*) from daybook.partitions a join daybook.partitions f on f.parent = 'facets' "
                    "and f.name = replace(a.name, 'audit_logs', 'facets') and f.lower = a.lower and f.upper = a.upper "
                    "where a.name = '" + name + "'") == "1");
        CHECK(f.ask("select relrowsecurity and relforcerowsecurity "
                    "and not exists (select from aclexplode(relacl) a where a.grantee <> relowner) from pg_class where oid = 'daybook." + name + "'::regclass") == "t");
        CHECK(f.ask("select string_agg(tgname || ' ' || tgenabled::text, ' ' order by tgname) from pg_trigger "
                    "where tgrelid = 'daybook." + name + "'::regclass") == "append_only A");
        CHECK(f.ask("select count(*) from pg_constraint where contype = 'c' and not convalidated "
                    "and conrelid = 'daybook." + name + "'::regclass") == "2");
    }
    CHECK(verify_schema(f.owner_url()).empty());
}

TEST_CASE("a partition that was made later refuses what the log refuses", "[database]")
{
    fixture f;
    make_partitions(f.owner_url(), {.period = partition_period::year, .since = parse_time("2020-01-01T00:00:00Z")});
    const auto insert = [&](const std::string& action) {
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            tx.sql().exec("insert into daybook.audit_logs (id, action, actor_type, actor_id) "
                          "values (daybook.new_id('2020-05-01Z'), $1, 'user', 'u1')",
                          pqxx::params{action});
        });
    };
    REQUIRE_NOTHROW(insert("a.b"));
    REQUIRE(f.ask("select count(*) from only daybook.audit_logs_2020_01_01_until_2021_01_01") == "1");

    CHECK_THROWS_AS(insert(""), pqxx::check_violation);
}

TEST_CASE("the past is divided as far as no event of it is there", "[database]")
{
    fixture f;
    f.log(f.acme, "2020-05-01T10:00:00Z");
    const std::string places = f.places();
    const auto divide = [&](const char* since) {
        return make_partitions(f.owner_url(), {.period = partition_period::year, .since = parse_time(since)});
    };

    CHECK(kind_of([&] { divide("2020-01-01T00:00:00Z"); }) == error_kind::statement_failed);
    CHECK_THAT(message_of([&] { divide("2019-06-01T00:00:00Z"); }), ContainsSubstring("are never moved"));
    CHECK(read_partitioning(f.owner_url()).period == partition_period::month);  // all or nothing

    CHECK(divide("2021-01-01T00:00:00Z").size() >= 6);
    CHECK(f.has("audit_logs_until_2021_01_01"));
    CHECK(f.has("facets_until_2021_01_01"));
    CHECK(f.places() == places);
    f.log(f.acme, "2022-05-01T10:00:00Z");
    CHECK(f.ask("select count(*) from daybook.audit_logs_2022_01_01_until_2023_01_01") == "1");
    CHECK(verify_schema(f.owner_url()).empty());
}

TEST_CASE("partitions begin between 1970 and now", "[database]")
{
    const fixture f;
    const std::size_t before = list_partitions(f.owner_url()).size();
    const auto divide = [&](timestamp since) {
        return kind_of([&] { make_partitions(f.owner_url(), {.since = since}); });
    };

    CHECK(divide(timestamp{} - std::chrono::hours{1}) == error_kind::wrong_usage);
    CHECK(divide(timestamp{std::chrono::system_clock::now().time_since_epoch() / std::chrono::hours{1} * std::chrono::hours{1}} +
                 std::chrono::hours{2}) == error_kind::wrong_usage);
    CHECK(list_partitions(f.owner_url()).size() == before);
}

TEST_CASE("another period begins where the last partition ends", "[database]")
{
    for (const auto& [period, days] :
         {std::pair{partition_period::week, 7}, {partition_period::quarter, 92}, {partition_period::year, 366}}) {
        const fixture f;
        const std::vector<partition> before = list_partitions(f.owner_url());
        CAPTURE(days);

        REQUIRE_FALSE(make_partitions(f.owner_url(), {.period = period, .ahead = 20}).empty());

        const std::vector<partition> after = list_partitions(f.owner_url());
        REQUIRE(after.size() > before.size() + 2);
        CHECK(names_of({after.begin(), after.begin() + static_cast<std::ptrdiff_t>(before.size()) - 1}) + "audit_logs_default " ==
              names_of(before));
        for (std::size_t i = before.size() - 1; i + 1 < after.size(); ++i) {
            CHECK(after[i].from == after[i - 1].until);
            CHECK(*after[i].until - *after[i].from <= std::chrono::days{days});
        }
        CHECK(*after[before.size()].until - *after[before.size()].from >= std::chrono::days{days - 3});  // the first whole one
        CHECK(read_partitioning(f.owner_url()).period == period);
        CHECK(verify_schema(f.owner_url()).empty());
    }
}

TEST_CASE("events in the default partition stop no month, and are not moved", "[database]")
{
    fixture f;
    f.forget_this_month();
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, full_sample()); });
    const receipt waiting = with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        event e = sample();
        e.facets = {{.key = "region", .value = "eu"}};
        return log_audit(tx, e);
    });
    const std::string of_it = " from daybook.audit_logs where id = '" + to_string(waiting.id) + "'";
    REQUIRE(f.ask("select tableoid::regclass" + of_it) == "daybook.audit_logs_default");
    const std::string places = f.places();

    const std::vector<std::string> made = make_partitions(f.owner_url());

    CHECK(made.size() >= 3);
    CHECK(f.places() == places);
    CHECK(f.ask("select tableoid::regclass" + of_it) == "daybook." + made.front());
    CHECK(f.ask("select count(*) from daybook.audit_logs_default") == "0");
    CHECK(f.ask("select count(*) from daybook.facets_default") == "0");
    CHECK(f.ask("select count(*) from daybook.facets") == "3");
    CHECK(make_partitions(f.owner_url()).empty());
    CHECK(verify_schema(f.owner_url()).empty());
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, sample()); });
    CHECK(f.ask("select count(*) from daybook." + made.front()) == "2");
}

// ---------------------------------------------------------------- retention

TEST_CASE("a plan names the partitions that are wholly older, and changes nothing", "[database]")
{
    fixture f;
    f.log_some_years();
    const std::size_t before = list_partitions(f.owner_url()).size();

    const retention_plan plan = plan_retention(f.owner_url(), parse_time("2022-06-01T00:00:00Z"));

    CHECK(names_of(plan.goes) == "audit_logs_2020_01_01_until_2021_01_01 audit_logs_2021_01_01_until_2022_01_01 ");
    CHECK(plan.goes.front().bytes > 0);
    CHECK(plan.goes.size() + plan.stays.size() == before);
    CHECK(list_partitions(f.owner_url()).size() == before);
    CHECK(f.records() == "0");
}

TEST_CASE("a partition's events are an estimate, once the server has one", "[database]")
{
    fixture f;
    f.log_some_years();
    const std::string name = "audit_logs_2020_01_01_until_2021_01_01";
    REQUIRE_FALSE(named(list_partitions(f.owner_url()), name).at(0).estimated_events);

    f.database.as_superuser("analyze daybook.audit_logs");

    CHECK(named(list_partitions(f.owner_url()), name).at(0).estimated_events == 3);
    CHECK(list_partitions(f.owner_url()).front().estimated_events == 0);
}

TEST_CASE("retention drops whole partitions with their facets, and nothing else", "[database]")
{
    fixture f;
    f.log_some_years();
    REQUIRE(f.events() == "6");

    const std::vector<retired_partition> done = apply_retention(f.owner_url(), year_2022, retire::drop, unsealed_events::take);

    REQUIRE(done.size() == 2);
    CHECK(done[0].name == "retired_audit_logs_2020_01_01_until_2021_01_01");
    CHECK(done[0].until == parse_time("2021-01-01T00:00:00Z"));
    CHECK(done[0].events == 3);
    CHECK(done[0].organizations == 2);
    CHECK(done[1].events == 2);
    CHECK(done[1].organizations == 1);
    CHECK(f.events() == "1");
    CHECK(f.ask("select count(*) from daybook.facets") == "1");
    CHECK(f.ask("select count(*) from pg_class where relname ~ 'retired_(audit|facets)'") == "0");
    CHECK(list_partitions(f.owner_url()).front().until == year_2022);
    CHECK(verify_schema(f.owner_url()).empty());
}

TEST_CASE("retention leaves a record in the log of each organization concerned, and in no other", "[database]")
{
    fixture f;
    f.log_some_years();

    apply_retention(f.owner_url(), year_2022, retire::drop, unsealed_events::take);

    const auto records_of = [&](const org_id& organization) {
        return with_tenant(f.connection, organization, [](tenant_tx& tx) {
            return tx.sql().query_value<std::string>(
                "select coalesce(string_agg(concat_ws(' ', action, db_role, target_id, metadata), E'\\n' order by target_id), '') "
                "from daybook.audit_logs where actor_type = 'system' and actor_id = 'daybook'");
        });
    };
    const std::string first = "audit_log.drop daybook_owner retired_audit_logs_2020_01_01_until_2021_01_01 ";
    const std::string bounds = R"(,"from":"2020-01-01T00:00:00Z","until":"2021-01-01T00:00:00Z"})";
    CHECK(records_of(f.acme) == first + R"({"events":2,"unsealed":2)" + bounds);
    CHECK(records_of(f.globex) == first + R"({"events":1,"unsealed":1)" + bounds +
                                      "\naudit_log.drop daybook_owner retired_audit_logs_2021_01_01_until_2022_01_01 "
                                      R"({"events":2,"unsealed":2,"from":"2021-01-01T00:00:00Z","until":"2022-01-01T00:00:00Z"})");
    CHECK(records_of(f.initech).empty());
    // They are events as all others.
    const std::vector<stored_event> found = with_tenant(f.connection, f.acme, [](tenant_tx& tx) { return query(tx, {}).events; });
    REQUIRE(found.size() == 1);
    CHECK(found.front().action == "audit_log.drop");
}

TEST_CASE("a detached partition is a table that no program's role reaches", "[database]")
{
    fixture f;
    f.log_some_years();
    const std::string table = "retired_audit_logs_2020_01_01_until_2021_01_01";

    const std::vector<retired_partition> done = apply_retention(f.owner_url(), year_2022, retire::detach, unsealed_events::take);

    REQUIRE(done.size() == 2);
    CHECK(f.events() == "1");
    CHECK(f.ask("select string_agg(distinct action, ' ') from daybook.audit_logs where actor_id = 'daybook'") == "audit_log.detach");
    CHECK(f.ask("select count(*) from daybook." + table) == "3");
    CHECK(f.ask("select count(*) from daybook.retired_facets_2020_01_01_until_2021_01_01") == "3");
    const std::vector<partition> listed = named(list_partitions(f.owner_url()), table);
    REQUIRE(listed.size() == 1);
    CHECK(listed.front().state == partition_state::detached);
    CHECK(listed.front().estimated_events == 3);
    for (const std::string role : {"daybook_app", "daybook_reader", "daybook_sealer", "daybook_auditor"}) {
        CAPTURE(role);
        pqxx::connection connection{f.database.url(role)};
        pqxx::work work{connection};
        CHECK(work.query_value<bool>("select has_table_privilege(current_user, 'daybook.audit_logs', 'select')"));
        CHECK_THROWS_AS(work.exec("select from daybook." + table), pqxx::insufficient_privilege);
    }
    pqxx::connection owner{f.owner_url()};
    CHECK(pqxx::nontransaction{owner}.query_value<long>("select count(*) from daybook." + table) == 0);  // FORCE
    CHECK(verify_schema(f.owner_url()).empty());
}

TEST_CASE("a detached partition that is opened is drift", "[database]")
{
    fixture f;
    f.log_some_years();
    apply_retention(f.owner_url(), year_2022, retire::detach, unsealed_events::take);
    const std::string table = "daybook.retired_audit_logs_2020_01_01_until_2021_01_01";
    for (const std::string change : {"grant select on % to daybook_app", "alter table % no force row level security",
                                     "alter table % disable trigger append_only"}) {
        CAPTURE(change);
        REQUIRE(verify_schema(f.owner_url()).empty());
        std::string sql = change;
        f.database.as_superuser(sql.replace(sql.find('%'), 1, table));
        CHECK(verify_schema(f.owner_url()).size() == 1);
        f.database.as_superuser("revoke all on " + table + " from daybook_app; alter table " + table +
                                " force row level security; alter table " + table + " enable always trigger append_only");
    }
}

TEST_CASE("retention that runs again changes nothing", "[database]")
{
    fixture f;
    f.log_some_years();
    REQUIRE(apply_retention(f.owner_url(), year_2022, retire::drop, unsealed_events::take).size() == 2);
    const auto state = [&] {
        return f.ask("select string_agg(partition::oid || name, ' ' order by name) from daybook.partitions") + f.places() +
               f.ask("select count(*) from daybook.retired_partitions");
    };
    const std::string before = state();

    CHECK(apply_retention(f.owner_url(), year_2022, retire::drop, unsealed_events::take).empty());

    CHECK(plan_retention(f.owner_url(), year_2022).goes.empty());
    CHECK(state() == before);
}

TEST_CASE("what a crash left between the two steps is finished by the next run", "[database]")
{
    fixture f;
    f.log_some_years();
    {
        pqxx::connection owner{f.owner_url()};
        pqxx::nontransaction{owner}.exec("select daybook.retire_partitions('2021-01-01Z', 'drop', true)");
    }
    const std::string name = "retired_audit_logs_2020_01_01_until_2021_01_01";
    REQUIRE(f.records() == "0");
    REQUIRE(named(list_partitions(f.owner_url()), name).at(0).state == partition_state::leaving);
    REQUIRE(named(plan_retention(f.owner_url(), parse_time("2020-06-01T00:00:00Z")).goes, name).size() == 1);
    CHECK(verify_schema(f.owner_url()).empty());

    const std::vector<retired_partition> done = apply_retention(f.owner_url(), parse_time("2020-06-01T00:00:00Z"), retire::detach, unsealed_events::take);

    REQUIRE(done.size() == 1);
    CHECK(done.front().name == name);
    CHECK(done.front().how == retire::drop);  // as the run that began it wanted
    CHECK(f.records() == "2");
    CHECK_FALSE(f.has(name));
    CHECK(f.events() == "3");
}

TEST_CASE("events of a time that left can still be logged, and leave with the next run", "[database]")
{
    fixture f;
    f.log_some_years();
    REQUIRE(apply_retention(f.owner_url(), year_2022, retire::detach, unsealed_events::take).size() == 2);
    f.log(f.acme, "2020-02-01T10:00:00Z");
    f.log(f.initech, "2021-02-01T10:00:00Z");

    const std::vector<retired_partition> done = apply_retention(f.owner_url(), year_2022, retire::detach, unsealed_events::take);

    REQUIRE(done.size() == 1);
    CHECK(done.front().name == "retired_audit_logs_until_2022_01_01");
    CHECK_FALSE(done.front().from);
    CHECK(done.front().events == 2);
    f.log(f.acme, "2020-02-02T10:00:00Z");
    const std::vector<retired_partition> again = apply_retention(f.owner_url(), year_2022, retire::detach, unsealed_events::take);
    REQUIRE(again.size() == 1);
    CHECK(again.front().name == "retired_audit_logs_until_2022_01_01_2");
    CHECK(again.front().events == 1);
    CHECK(verify_schema(f.owner_url()).empty());
}

TEST_CASE("retention of more than all time takes nothing", "[database]")
{
    fixture f;
    f.log_some_years();

    CHECK(apply_retention(f.owner_url(), timestamp{} - std::chrono::days{3650}, retire::drop, unsealed_events::take).empty());

    CHECK(f.events() == "6");
}

TEST_CASE("retention keeps one day at least", "[database]")
{
    fixture f;
    f.log_some_years();
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());

    CHECK(kind_of([&] { static_cast<void>(plan_retention(f.owner_url(), now - std::chrono::hours{23})); }) == error_kind::wrong_usage);
    CHECK(kind_of([&] { apply_retention(f.owner_url(), now - std::chrono::hours{23}, retire::drop, unsealed_events::take); }) == error_kind::wrong_usage);

    CHECK(f.events() == "6");
    CHECK_NOTHROW(static_cast<void>(plan_retention(f.owner_url(), now - std::chrono::hours{25})));
}

TEST_CASE("retention makes the partitions of the time ahead", "[database]")
{
    fixture f;
    f.forget_this_month();
    const std::size_t before = list_partitions(f.owner_url()).size();

    CHECK(apply_retention(f.owner_url(), year_2022, retire::drop, unsealed_events::take).empty());

    CHECK(list_partitions(f.owner_url()).size() >= before + 4);
}

TEST_CASE("a transaction that stays open makes retention fail, and nothing is changed", "[database]")
{
    fixture f;
    f.log_some_years();
    const std::string partitions = names_of(list_partitions(f.owner_url()));
    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        log_audit(tx, sample(), write_now);
        const auto apply = [&] { apply_retention(impatient(f.owner_url()), year_2022, retire::drop, unsealed_events::take); };
        CHECK(kind_of(apply) == error_kind::transaction_conflict);
        CHECK_THAT(message_of(apply), ContainsSubstring("did not end in time"));
        CHECK(names_of(list_partitions(f.owner_url())) == partitions);
    });

    CHECK(f.events() == "7");
    CHECK(f.records() == "0");
    CHECK(apply_retention(impatient(f.owner_url()), year_2022, retire::drop, unsealed_events::take).size() == 2);
}

TEST_CASE("a writer that retention waits for is not kept from ending", "[database]")
{
    fixture f;
    f.log_some_years();
    std::vector<retired_partition> done;
    std::jthread retention;
    bool waits = false;
    event with_facets = sample();
    with_facets.facets = {{.key = "region", .value = "eu"}};

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        log_audit(tx, sample(), write_now);
        retention = std::jthread{[&] { done = apply_retention(f.owner_url(), year_2022, retire::drop, unsealed_events::take); }};
        waits = wait_until([&] { return f.ask("select count(*) from pg_locks where not granted") != "0"; });
        log_audit(tx, with_facets, write_now);
    });
    retention.join();

    CHECK(waits);
    CHECK(done.size() == 2);
    CHECK(f.events() == "3");
}

TEST_CASE("only the owner divides the log and retires parts of it", "[database]")
{
    const fixture f;

    for (const std::string role : {"daybook_app", "daybook_reader", "daybook_sealer", "daybook_auditor"}) {
        CAPTURE(role);
        const std::string url = f.database.url(role);
        CHECK(kind_of([&] { static_cast<void>(list_partitions(url)); }) == error_kind::permission_denied);
        CHECK(kind_of([&] { make_partitions(url); }) == error_kind::permission_denied);
        CHECK(kind_of([&] { static_cast<void>(plan_retention(url, year_2022)); }) == error_kind::permission_denied);
        CHECK(kind_of([&] { apply_retention(url, year_2022, retire::drop, unsealed_events::take); }) == error_kind::permission_denied);
    }
}

TEST_CASE("retention that cannot leave its records drops nothing", "[database]")
{
    fixture f;
    f.log_some_years();
    f.database.as_superuser("create function public.swallow() returns trigger language plpgsql as "
                            "$$ begin return null; end $$; "
                            "create trigger swallow before insert on daybook.audit_logs for each row "
                            "when (new.action like 'audit_log.%') execute function public.swallow()");

    CHECK(kind_of([&] { apply_retention(f.owner_url(), parse_time("2022-01-01T00:00:00Z"), retire::drop, unsealed_events::take); }) ==
          error_kind::not_stored);

    f.database.as_superuser("drop trigger swallow on daybook.audit_logs");
    apply_retention(f.owner_url(), parse_time("2022-01-01T00:00:00Z"), retire::drop, unsealed_events::take);
    CHECK(f.ask("select sum((metadata ->> 'events')::int) from daybook.audit_logs where actor_id = 'daybook'") == "5");
}

TEST_CASE("the past can be divided after some of it was detached", "[database]")
{
    fixture f;
    const std::string until = f.ask("select name from daybook.partitions where parent = 'audit_logs' and lower is null and not is_default");
    f.log(f.acme, "2020-02-01T10:00:00Z");
    const timestamp end = parse_time(f.ask("select to_char(daybook.id_time(upper) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') "
                                           "from daybook.partitions where name = '" + until + "'"));
    apply_retention(f.owner_url(), end, retire::detach, unsealed_events::take);

    make_partitions(f.owner_url(), {.since = end - std::chrono::hours{24 * 40}});

    CHECK(verify_schema(f.owner_url()).empty());
    CHECK(f.has("retired_" + until));
}

TEST_CASE("a table is not hidden by calling it retired, nor a right by giving it for a column", "[database]")
{
    fixture f;
    const std::string month = f.ask("select name from daybook.partitions where parent = 'audit_logs' and lower is not null limit 1");
    f.database.as_superuser("insert into daybook.retired_partitions (name, facets_name, upper, how) "
                            "values ('leak', 'leak', gen_random_uuid(), 'drop'); "
                            "create table daybook.leak (x int); grant all on daybook.leak to public; "
                            "grant insert (action) on daybook." + month + " to daybook_app");

    std::string reported;
    for (const std::string& line : verify_schema(f.owner_url())) {
        reported += line + "\n";
    }
    CHECK_THAT(reported, ContainsSubstring("leak: SELECT to public"));
    CHECK_THAT(reported, ContainsSubstring("partition " + month + ".action: INSERT to daybook_app"));
}
