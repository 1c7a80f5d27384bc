// hist and values, as their users see them.

#include <string>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <daybook/daybook.hpp>

#include "program.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;
using json = nlohmann::json;

namespace {

struct counted_log {
    temporary_database database;
    environment urls{{"DATABASE_URL", database.app_url()}};

    // Four events of acme on two days, and one of somebody else.
    counted_log()
    {
        pqxx::connection connection = database.connect_as_application();
        const org_id acme = database.add("acme");
        const auto log = [&](const org_id& organization, const char* time, const char* action) {
            event e = sample(action);
            e.occurred_at = parse_time(time);
            with_tenant(connection, organization, [&](tenant_tx& tx) { log_audit(tx, e); });
        };
        log(acme, "2026-03-02T10:00:00Z", "invoice.paid");
        log(acme, "2026-03-02T10:20:00Z", "invoice.sent");
        log(acme, "2026-03-02T12:00:00Z", "invoice.paid");
        log(acme, "2026-03-03T00:00:00Z", "role.grant");
        log(database.add("globex"), "2026-03-02T10:00:00Z", "invoice.paid");
    }

    [[nodiscard]] finished ask(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), {"-t", "acme"});
        return run_daybook(arguments, urls);
    }
};

}  // namespace

TEST_CASE("hist shows times without events too, in every format", "[command]")
{
    const counted_log log;
    const std::vector<std::string> morning{"hist", "--by", "1h", "-S", "2026-03-02T10:00:00Z", "-U", "2026-03-02T13:00:00Z"};
    const auto in = [&](const char* format) {
        std::vector<std::string> arguments = morning;
        arguments.insert(arguments.end(), {"-o", format});
        const finished answer = log.ask(arguments);
        INFO(answer.err);
        REQUIRE(answer.status == 0);
        return answer.out;
    };

    CHECK(in("csv") == "time,events,complete\r\n2026-03-02T10:00:00.000000Z,2,true\r\n2026-03-02T11:00:00.000000Z,0,true\r\n"
                       "2026-03-02T12:00:00.000000Z,1,true\r\n");
    CHECK(json::parse(in("json")).at(1) == json{{"time", "2026-03-02T11:00:00.000000Z"}, {"events", 0}, {"complete", true}});
    CHECK(lines_in(in("ndjson")).size() == 3);
    CHECK(lines_in(in("table")).at(3).find("2026-03-02 11:00:00Z       0") == 0);
    CHECK(lines_in(in("markdown")).size() == 5);
}

TEST_CASE("hist and values take the filters of query", "[command]")
{
    const counted_log log;

    CHECK(json::parse(log.ask({"hist", "--by", "1d", "-o", "json", "action=invoice.*"}).out) ==
          json::parse(R"([{"time":"2026-03-02T00:00:00.000000Z","events":3,"complete":true}])"));
    CHECK(json::parse(log.ask({"values", "action", "-o", "json", "action=invoice.*"}).out) ==
          json::parse(R"([{"value":"invoice.paid","events":2,"complete":true},{"value":"invoice.sent","events":1,"complete":true}])"));
}

TEST_CASE("counts that are not all say so in the answer and on standard error, even with -q", "[command]")
{
    const counted_log log;

    const finished days = log.ask({"-q", "hist", "--by", "1d", "--limit-rows", "2", "-o", "json"});
    CHECK(json::parse(days.out).at(0) == json::parse(R"({"time":"2026-03-02T00:00:00.000000Z","events":1,"complete":false})"));
    CHECK(days.err.find("more than 2 events") != std::string::npos);
    CHECK(days.err.find("2026-03-02T12:00:00") != std::string::npos);
    const finished values = log.ask({"-q", "values", "action", "--limit-rows", "2", "-o", "json"});
    CHECK(json::parse(values.out).at(0).at("complete") == false);
    CHECK(values.err.find("more than 2 events") != std::string::npos);
    CHECK(log.ask({"-q", "values", "action"}).err.empty());
}

TEST_CASE("values of an unknown field are a usage error that names the nearest", "[command]")
{
    const counted_log log;

    const finished answer = log.ask({"values", "acton"});
    CHECK(answer.status == 2);
    CHECK(answer.err.find("did you mean \"action\"") != std::string::npos);
    CHECK(log.ask({"hist", "--by", "7x"}).status == 2);
}
