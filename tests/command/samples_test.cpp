// The sample events that Daybook ships, imported by its mappings as the README beside them says.

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <nlohmann/json.hpp>

#include "program.hpp"
#include "temporary_database.hpp"

using namespace daybook::testing;

namespace {

struct question {
    const char* tenant;
    std::vector<const char*> filter;
    std::size_t found;
};

struct sample_log {
    const char* mapping;
    std::vector<question> questions;
};

const std::vector<sample_log> samples{
    {"cloudtrail",
     {{"111122223333", {"action=ConsoleLogin", "outcome=failure", "source_ip=198.51.100.77"}, 1},
      {"444455556666", {"actor=AWS Internal", "actor_type=unknown", "target_type=AWS::KMS::Key"}, 1}}},
    {"github",
     {{"example-org", {"action=team.add_member", "actor=1000001", "target=team:example-org/admins"}, 1},
      {"example-org", {"action=IssuesEvent.*", "action=PullRequestEvent.*"}, 2},
      {"example-inc", {"target_type=business"}, 1}}},
    {"google_workspace",
     {{"C0example1", {"action=login_failure", "outcome=failure"}, 1},
      {"C0example1", {"actor_type=KEY", "actor=unknown", "target=mallory@example.com"}, 1}}},
    {"kubernetes",
     {{"prod-eu", {"target=secrets:payment", "outcome=failure", "actor_type=serviceaccount"}, 1},
      {"prod-eu", {"request_id=5d0f6a00-0000-4000-8000-000000000002"}, 2},
      {"lab-master", {"actor_type=system"}, 1},
      {"kubernetes", {"actor=unknown", "actor_type=unknown"}, 1}}},
    {"microsoft365",
     {{"c0111111-0000-4000-8000-00000000000a", {"actor=bob@example.com", "outcome=failure"}, 1},
      {"c0222222-0000-4000-8000-00000000000b", {"source_ip=198.51.100.90"}, 1}}},
    {"wikipedia",
     {{"#en.wikipedia", {"actor_type=anonymous", "target=Talk:Example"}, 1},
      {"#de.wikipedia", {"action=page.create"}, 1}}},
    {"windows_security",
     {{"corp.example.com", {"outcome=failure"}, 2}, {"standalone", {"actor=unknown", "actor_type=unknown"}, 1}}},
};

// What the command says it did.
nlohmann::json import(const std::string& mapping, const std::string& file, const environment& urls)
{
    const finished imported = run_daybook({"import", "--map", mapping, "--create-tenants", "-o", "json", file}, urls);
    INFO(imported.err);
    REQUIRE(imported.status == 0);
    return nlohmann::json::parse(imported.out);
}

std::vector<nlohmann::json> rows(const std::vector<std::string>& arguments, const environment& urls)
{
    const finished listed = run_daybook(arguments, urls);
    INFO(listed.err);
    REQUIRE(listed.status == 0);
    return nlohmann::json::parse(listed.out);
}

}  // namespace

TEST_CASE("a shipped mapping imports every one of its sample events, once", "[command]")
{
    const sample_log& sample = GENERATE(from_range(samples.begin(), samples.end()));
    INFO(sample.mapping);
    const temporary_database database;
    const environment urls{{"DATABASE_URL", database.app_url()},
                           {"DATABASE_URL_OWNER", database.owner_url()},
                           {"DATABASE_URL_AUDITOR", database.auditor_url()},
                           {"DATABASE_URL_READER", database.reader_url()}};
    const std::string file = std::string{DAYBOOK_SOURCE_DIR} + "/examples/events/" + sample.mapping + ".ndjson";
    std::vector<std::string> lines = lines_in(bytes_of(file));

    CHECK(import(sample.mapping, file, urls) ==
          nlohmann::json{{"written", lines.size()}, {"already_there", 0}, {"refused", 0}});
    CHECK(import(sample.mapping, file, urls) ==
          nlohmann::json{{"written", 0}, {"already_there", lines.size()}, {"refused", 0}});

    for (const question& asked : sample.questions) {
        INFO(asked.tenant << " " << asked.filter.front());
        std::vector<std::string> query{"-t", asked.tenant, "-o", "json", "query"};
        query.insert(query.end(), asked.filter.begin(), asked.filter.end());
        CHECK(rows(query, urls).size() == asked.found);
    }

    // Byte for byte: 9007199254740993, 18446744073709551615, 0.0 and 1.50 as they were written.
    std::vector<std::string> stored;
    for (const auto& row : rows({"auditor", "sql", "select metadata::text as line from events", "-o", "json"}, urls)) {
        stored.push_back(row.at("line"));
    }
    std::ranges::sort(stored);
    std::ranges::sort(lines);
    CHECK(stored == lines);
}
