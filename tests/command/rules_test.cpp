// The catalogue and the hooks, as users of the command meet them.

#include <filesystem>
#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <daybook/daybook.hpp>
#include <daybook/digest.hpp>

#include "program.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;
using json = nlohmann::json;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string example_catalogue = DAYBOOK_SOURCE_DIR "/examples/rules/catalogue.lua";
const std::string example_hooks = DAYBOOK_SOURCE_DIR "/examples/rules/hooks.lua";

// acme, with the rules of examples/rules in the environment.
struct with_rules {
    temporary_database database;
    temporary_directory directory;
    environment urls{{"DATABASE_URL", database.app_url()},
                     {"DATABASE_URL_OWNER", database.owner_url()},
                     {"DAYBOOK_TENANT", "acme"},
                     {"DAYBOOK_CATALOGUE", example_catalogue},
                     {"DAYBOOK_HOOKS", example_hooks},
                     {"DAYBOOK_HASH_KEY_FILE", write("hash.key", "0123456789abcdef0123456789abcdef\n")}};

    with_rules()
    {
        database.add("acme");
        std::filesystem::permissions(directory.file("hash.key"), std::filesystem::perms::owner_read);
    }

    std::string write(const std::string& name, const std::string& text) const
    {
        std::ofstream{directory.file(name), std::ios::binary} << text;
        return directory.file(name);
    }

    [[nodiscard]] finished daybook(const std::vector<std::string>& arguments) const { return run_daybook(arguments, urls); }

    // Without the rules.
    [[nodiscard]] finished plain(const std::vector<std::string>& arguments) const
    {
        environment without = urls;
        without.insert(without.end(), {{"DAYBOOK_CATALOGUE", ""}, {"DAYBOOK_HOOKS", ""}, {"DAYBOOK_HASH_KEY_FILE", ""}});
        return run_daybook(arguments, without);
    }

    [[nodiscard]] std::string events() const { return database.ask_superuser("select count(*) from daybook.audit_logs"); }
};

const std::string payment =
    R"({"action":"invoice.paid","actor":{"type":"user","id":"u1","name":"Ann"},"targets":[{"type":"invoice","id":"42"}],)"
    R"("metadata":{ "amount":10.50, "currency":"EUR","email":"ann@acme.test","card":"4111" }})";

json only_event(const finished& answer)
{
    INFO(answer.err);
    REQUIRE(lines_in(answer.out).size() == 1);
    return json::parse(answer.out);
}

}  // namespace

TEST_CASE("the rules of the examples are good, and their examples are as they say", "[database]")
{
    const finished checked = run_daybook({"catalogue", "check", example_catalogue}, {});
    CHECK(checked.status == 0);
    CHECK_THAT(checked.err, ContainsSubstring("4 actions, strict, 6 examples; nothing is wrong with it"));
    const finished tested = run_daybook({"catalogue", "test", example_catalogue, "-o", "csv"}, {});
    CHECK(tested.status == 0);
    CHECK_THAT(tested.err, ContainsSubstring("6 examples, 0 wrong"));
    const finished hooks = run_daybook({"hooks", "check", example_hooks, "-o", "csv"}, {});
    CHECK(hooks.status == 0);
    CHECK_THAT(hooks.err, ContainsSubstring(hex_sha256(bytes_of(example_hooks))));
}

TEST_CASE("an example that is not as it says is told, and ends with 1", "[database]")
{
    const temporary_directory directory;
    const std::string file = directory.file("c.lua");
    std::ofstream{file} << R"(return { strict = true, actions = { a = { targets = "doc" } }, examples = {
        pass = { { action = "b", actor = { type = "u", id = "u" } } },
        fail = { { event = { action = "a", actor = { type = "u", id = "u" }, targets = { { type = "doc", id = "1" } } }, message = "x" },
                 { event = { action = "b", actor = { type = "u", id = "u" } }, message = "something else" } } } })";
    const finished tested = run_daybook({"catalogue", "test", file, "-o", "csv"}, {});
    CHECK(tested.status == 1);
    CHECK_THAT(tested.out, ContainsSubstring("is refused, and should pass") && ContainsSubstring("passes, and should be refused") &&
                               ContainsSubstring("is refused for another reason"));
    CHECK_THAT(tested.err, ContainsSubstring("3 wrong"));
    std::ofstream{file} << "return { actions = { a = true } }";
    CHECK(run_daybook({"catalogue", "test", file}, {}).status == 1);  // nothing to try is not "fine"
    CHECK(run_daybook({"catalogue", "check"}, {}).status == 2);
}

TEST_CASE("log goes through the rules, and what is hashed is found by the value", "[database]")
{
    const with_rules acme;
    REQUIRE(acme.daybook({"log", "--json", payment}).status == 0);
    const json stored = only_event(acme.daybook({"query"}));
    CHECK(stored["metadata"]["card"] == "[redacted]");
    CHECK(stored["facets"]["size"] == "small");
    CHECK(stored["shaped_by"] == "hooks:" + hex_sha256(bytes_of(example_hooks)) + " catalogue:" + hex_sha256(bytes_of(example_catalogue)));
    const std::string hash = lines_in(acme.daybook({"catalogue", "hash", "ann@acme.test"}).out).at(0);
    CHECK(stored["metadata"]["email"] == hash);
    CHECK(only_event(acme.daybook({"query", "facet.email=" + hash}))["id"] == stored["id"]);
    CHECK_THAT(acme.database.ask_superuser("select metadata from daybook.audit_logs"),
               ContainsSubstring(R"({ "amount":10.50, "currency":"EUR","email":"hmac:)") && !ContainsSubstring("ann@"));

    const finished shown = acme.daybook({"show", stored["id"].get<std::string>(), "-o", "line"});
    CHECK_THAT(shown.out, ContainsSubstring("sentence: Ann paid invoice 42: 10.50 EUR\n"));
    CHECK_THAT(acme.daybook({"query", "-o", "csv", "-F", "sentence"}).out, ContainsSubstring("Ann paid invoice 42: 10.50 EUR"));
    CHECK_THAT(acme.plain({"query", "-o", "csv", "-F", "sentence"}).out, ContainsSubstring("Ann: invoice.paid invoice 42"));
}

TEST_CASE("log refuses what the rules refuse, with the code, and writes nothing", "[database]")
{
    const with_rules acme;
    const finished undeclared = acme.daybook({"log", "--action", "invoice.payed", "--actor", "user:u1", "--target", "invoice:1"});
    CHECK(undeclared.status == 1);
    CHECK_THAT(undeclared.err, ContainsSubstring("error[D0119]") && ContainsSubstring("did you mean \"invoice.paid\"?"));
    CHECK(acme.events() == "0");

    const finished refused = acme.daybook({"log", "--action", "invoice.paid", "--actor", "service:till", "--target", "invoice:1",
                                           "--metadata", R"({"amount":5000,"currency":"EUR","email":"x@y.test"})"});
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, ContainsSubstring("error[D0118]") && ContainsSubstring("a service pays up to 1000"));
    const json recorded = only_event(acme.daybook({"query"}));  // the hooks ask for it
    CHECK(recorded["outcome"] == "denied");
    CHECK_FALSE(recorded.contains("metadata"));
}

TEST_CASE("rules that cannot be used stop writing, and no reading", "[database]")
{
    const with_rules acme;
    REQUIRE(acme.daybook({"log", "--json", payment}).status == 0);
    environment broken = acme.urls;
    broken.emplace_back("DAYBOOK_CATALOGUE", acme.write("broken.lua", "return { actions = { a = { targts = 'x' } } }"));
    const finished written = run_daybook({"log", "--json", payment}, broken);
    CHECK(written.status == 1);
    CHECK_THAT(written.err, ContainsSubstring("error[D0117]") && ContainsSubstring("did you mean \"targets\"?"));
    CHECK(acme.events() == "1");
    const finished read = run_daybook({"query", "-o", "csv", "-F", "sentence"}, broken);
    CHECK(read.status == 0);
    CHECK_THAT(read.err, ContainsSubstring("warning: without the sentences of the catalogue"));
    CHECK_THAT(read.out, ContainsSubstring("invoice.paid"));
}

TEST_CASE("import goes through the rules, and a dry run shows it", "[database]")
{
    const with_rules acme;
    std::string wrong = payment;
    wrong.replace(wrong.find("10.50"), 5, "\"x\"");
    const std::string time = R"({"occurred_at":"2026-01-02T03:04:05Z",)";
    const std::string file = acme.write("events.ndjson", time + payment.substr(1) + "\n" + time + wrong.substr(1) + "\n");
    const finished dry = acme.daybook({"import", "--dry-run", "--keep-going", file});
    CHECK_THAT(dry.out, ContainsSubstring("[redacted]") && !ContainsSubstring("4111"));
    CHECK_THAT(dry.err, ContainsSubstring("1 would be imported, 1 refused"));
    const finished first = acme.daybook({"import", "--keep-going", "--refused", acme.directory.file("refused"), file});
    CHECK(first.status == 7);
    CHECK_THAT(first.err, ContainsSubstring("written 1, already there 0, refused 1") && ContainsSubstring("D0119"));
    CHECK(lines_in(bytes_of(acme.directory.file("refused"))).size() == 1);
    CHECK_THAT(acme.daybook({"import", "--keep-going", file}).err, ContainsSubstring("written 0, already there 1, refused 1"));
    // An export of what was redacted is imported again, and is the same.
    const std::string exported = acme.directory.file("exported");
    REQUIRE(acme.daybook({"export", "--output-file", exported, "-U", "2026-02-01"}).status == 0);
    CHECK_THAT(acme.daybook({"import", exported}).err, ContainsSubstring("written 0, already there 1, refused 0"));
}

TEST_CASE("scripts go through the rules: run, with the environment or the flags", "[database]")
{
    const with_rules acme;
    const std::string script = acme.write("s.lua", R"(
        local daybook = require "daybook"
        daybook.with_tenant("acme", function(tx)
          tx:log_audit{ action = "document.share", actor = { type = "user", id = "u1" }, targets = { { type = "document", id = "7" } },
                        metadata = { password = "hunter2" } }
        end)
        local ok, e = pcall(daybook.with_tenant, "acme", function(tx)
          tx:log_audit{ action = "documnt.share", actor = { type = "user", id = "u1" } } end)
        assert(not ok and e.code == "D0119", tostring(e)))");
    CHECK(acme.daybook({"run", script}).err.empty());
    CHECK(only_event(acme.daybook({"query"}))["metadata"]["password"] == "[redacted]");
    CHECK(acme.plain({"--catalogue", example_catalogue, "run", script}).err.empty());
    CHECK(acme.events() == "2");
    CHECK(acme.plain({"run", script}).status == 1);
}

TEST_CASE("hooks replay shows what would have changed or been refused, and writes nothing", "[database]")
{
    const with_rules acme;
    const auto log = [&](const std::string& action, const std::string& reason) {
        REQUIRE(acme.plain({"log", "--action", action, "--actor", "user:u1", "--target", "document:7", "--reason", reason}).status == 0);
    };
    log("document.share", "card 4111 1111 1111 1111");
    log("document.read", "because");
    log("document.delete", "because");
    const std::string hooks = acme.write("new.lua", R"(return { rules = {
        { name = "cards", apply = function(e) e.reason = (e.reason:gsub("%d[%d ]+%d", "[card]")) end },
        { name = "no deletes", when = "document.delete", apply = function(e) refuse("not any more") end } } })");
    const finished replayed = acme.plain({"hooks", "replay", hooks, "-o", "ndjson"});
    CHECK(replayed.status == 0);
    CHECK_THAT(replayed.err, ContainsSubstring("1 would have changed, 1 would have been refused, 0 failed, 1 the same; nothing was written"));
    const auto lines = lines_in(replayed.out);
    REQUIRE(lines.size() == 2);
    CHECK(json::parse(lines[0])["result"] == "refused");
    CHECK_THAT(json::parse(lines[0])["reason"].get<std::string>(), ContainsSubstring("not any more"));
    CHECK(json::parse(lines[1])["fields"] == "reason");
    CHECK(json::parse(lines[1])["after"]["reason"] == "card [card]");
    CHECK(acme.events() == "3");
    CHECK(lines_in(acme.plain({"hooks", "replay", hooks, "--all", "-o", "ndjson"}).out).size() == 3);
    CHECK(lines_in(acme.plain({"hooks", "replay", hooks, "action=document.share", "-o", "ndjson"}).out).size() == 1);
    CHECK(lines_in(acme.plain({"hooks", "replay", hooks, "-n", "1", "--all", "-o", "ndjson"}).out).size() == 1);

    const std::string failing = acme.write("failing.lua", "return { rules = { { name = 'n', apply = function(e) e.nothing() end } } }");
    const finished failed = acme.plain({"hooks", "replay", failing, "-o", "ndjson"});
    CHECK(failed.status == 1);
    CHECK_THAT(failed.err, ContainsSubstring("3 failed"));
}

TEST_CASE("an export in OCSF is of the class that the catalogue says", "[database]")
{
    const with_rules acme;
    REQUIRE(acme.daybook({"log", "--action", "user.sign_in", "--actor", "user:u1", "--source-ip", "10.0.0.1"}).status == 0);
    const json one = only_event(acme.daybook({"export", "-o", "ocsf"}));
    CHECK(one["class_uid"] == 3002);
    CHECK(one["activity_id"] == 1);
    CHECK(only_event(acme.plain({"export", "-o", "ocsf"}))["class_uid"] == 6003);
}

TEST_CASE("retention refuses to keep the log for less than its longest class", "[database]")
{
    const with_rules acme;
    for (const char* const what : {"plan", "apply"}) {
        const finished refused = acme.daybook({"retention", what, "--keep", "400d"});
        CHECK(refused.status == 2);
        CHECK_THAT(refused.err, ContainsSubstring("the catalogue keeps \"money\" for 3660 days"));
        CHECK(acme.daybook({"retention", what, "--keep", "3661d"}).status == 0);
    }
    CHECK(acme.plain({"retention", "plan", "--keep", "400d"}).status == 0);
}
