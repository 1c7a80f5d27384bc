// daybook retention, as its users see it.

#include <chrono>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <daybook/daybook.hpp>

#include "program.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;
using json = nlohmann::json;
using Catch::Matchers::ContainsSubstring;

namespace {

// By years since 2020, with an event in 2020 and one in 2023.
struct some_years {
    temporary_database database;
    environment urls{{"DATABASE_URL", database.app_url()}, {"DATABASE_URL_OWNER", database.owner_url()}};

    some_years()
    {
        REQUIRE(daybook({"retention", "partitions", "--by", "year", "--since", "2020-01-01"}).status == 0);
        pqxx::connection connection = database.connect_as_application();
        const org_id acme = database.add("acme");
        for (const char* const time : {"2020-05-01T10:00:00Z", "2023-05-01T10:00:00Z"}) {
            event e = sample();
            e.occurred_at = parse_time(time);
            with_tenant(connection, acme, [&](tenant_tx& tx) { log_audit(tx, e); });
        }
    }

    [[nodiscard]] finished daybook(const std::vector<std::string>& arguments) const { return run_daybook(arguments, urls); }

    // So long ago that 2020 and 2021 go, and 2022 stays.
    [[nodiscard]] static std::string keep()
    {
        const auto ago = std::chrono::system_clock::now() - parse_time("2022-03-01T00:00:00Z");
        return std::to_string(std::chrono::duration_cast<std::chrono::hours>(ago).count() / 24) + "d";
    }

    [[nodiscard]] std::string events() const { return database.ask_superuser("select count(*) from daybook.audit_logs"); }
};

std::vector<json> rows_of(const finished& answer)
{
    INFO(answer.err);
    REQUIRE(answer.status == 0);
    std::vector<json> rows;
    for (const std::string& line : lines_in(answer.out)) {
        rows.push_back(json::parse(line));
    }
    return rows;
}

const std::string year_2020 = "audit_logs_2020_01_01_until_2021_01_01";

}  // namespace

TEST_CASE("retention partitions shows the partitions, and makes them", "[command]")
{
    const some_years log;

    const finished shown = log.daybook({"retention", "partitions"});

    const std::vector<json> rows = rows_of(shown);
    CHECK(rows.front()["from"].is_null());
    CHECK(rows.at(1)["name"] == year_2020);
    CHECK(rows.at(1)["from"] == "2020-01-01T00:00:00.000000Z");
    CHECK(rows.at(1)["state"] == "in the log");
    CHECK(rows.at(1)["bytes"] > 0);
    CHECK(rows.back()["state"] == "default");
    CHECK_THAT(shown.err, ContainsSubstring("one a year, 3 ahead"));
    const finished more = log.daybook({"retention", "partitions", "--ahead", "5", "-o", "table"});
    CHECK_THAT(more.err, ContainsSubstring("2 partitions made"));
    CHECK_THAT(more.out, ContainsSubstring("estimated_events"));
}

TEST_CASE("retention plan says what would go, and changes nothing", "[command]")
{
    const some_years log;

    const finished plan = log.daybook({"retention", "plan", "--keep", some_years::keep()});

    const std::vector<json> rows = rows_of(plan);
    CHECK(rows.at(0)["plan"] == "goes");
    CHECK(rows.at(0)["name"] == year_2020);
    CHECK(rows.at(1)["plan"] == "goes");
    CHECK(rows.at(2)["plan"] == "stays");
    CHECK_THAT(plan.err, ContainsSubstring("2 partitions would be dropped") && ContainsSubstring("one event, audit_log.drop"));
    CHECK(log.events() == "2");
    CHECK_THAT(log.daybook({"retention", "plan", "--keep", "9000d"}).err, ContainsSubstring("nothing would go"));
}

TEST_CASE("retention apply drops what the plan says, and does it once", "[command]")
{
    const some_years log;
    const std::vector<std::string> apply{"retention", "apply", "--unsealed", "--keep", some_years::keep()};

    const std::vector<json> rows = rows_of(log.daybook(apply));

    REQUIRE(rows.size() == 2);
    CHECK(rows[0]["name"] == "retired_" + year_2020);
    CHECK(rows[0]["how"] == "dropped");
    CHECK(rows[0]["events"] == 1);
    CHECK(rows[0]["organizations"] == 1);
    CHECK(rows[1]["events"] == 0);
    CHECK(rows_of(log.daybook({"-t", "acme", "query", "action=audit_log.drop"})).size() == 1);
    const finished again = log.daybook(apply);
    CHECK(rows_of(again).empty());
    CHECK_THAT(again.err, ContainsSubstring("nothing was taken out of the log"));
}

TEST_CASE("retention apply takes nothing away that is not sealed, unless it is told to", "[command]")
{
    const some_years log;

    const finished refused = log.daybook({"retention", "apply", "--keep", some_years::keep()});

    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, ContainsSubstring("error[D0802]") && ContainsSubstring("events that would leave the log are not sealed: 1"));
    CHECK(log.events() == "2");
}

TEST_CASE("retention apply --detach keeps what leaves as tables", "[command]")
{
    const some_years log;

    REQUIRE(rows_of(log.daybook({"retention", "apply", "--unsealed", "--detach", "--keep", some_years::keep()})).size() == 2);

    CHECK(log.database.ask_superuser("select count(*) from daybook.retired_" + year_2020) == "1");
    CHECK_THAT(log.daybook({"retention", "partitions"}).out, ContainsSubstring("\"detached\""));
    CHECK(log.daybook({"migrate", "verify"}).status == 0);
}

TEST_CASE("retention refuses what cannot be meant, and whoever is not the owner", "[command]")
{
    const some_years log;
    const auto status = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "retention");
        return log.daybook(arguments).status;
    };
    REQUIRE(status({"plan", "--keep", "2w"}) == 0);

    CHECK(status({"apply"}) == 2);
    CHECK(status({"apply", "--keep", "23h"}) == 2);
    CHECK(status({"apply", "--keep", "forever"}) == 2);
    CHECK(status({"partitions", "--by", "day"}) == 2);
    CHECK(status({"partitions", "--ahead", "0"}) == 2);
    CHECK(status({"partitions", "--since", "2020-05-01"}) == 0);  // there already
    CHECK_THAT(log.daybook({"retention", "partitions", "--since", "2019-01-01"}).err, ContainsSubstring("made"));
    const finished denied = run_daybook({"retention", "apply", "--keep", "2w"}, {{"DATABASE_URL_OWNER", log.database.app_url()}});
    CHECK(denied.status == 4);
    CHECK_THAT(denied.err, ContainsSubstring("does not own the schema"));
    CHECK(log.events() == "2");
}
