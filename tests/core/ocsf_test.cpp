// An event in the terms of OCSF.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <daybook/ocsf.hpp>

#include "expect_error.hpp"
#include "ocsf_schema.hpp"
#include "stored_sample.hpp"

using namespace daybook;
using Catch::Matchers::ContainsSubstring;
using daybook::testing::acme;
using daybook::testing::full_sample;
using daybook::testing::kind_of;
using daybook::testing::message_of;
using daybook::testing::naughty;
using daybook::testing::naughty_sample;
using daybook::testing::ocsf_facts;
using daybook::testing::ocsf_problems;
using daybook::testing::sample;
using daybook::testing::stored;
using nlohmann::json;

namespace {

json ocsf_of(const event_row& row, const ocsf_mapping& as = api_activity)
{
    std::string line;
    append_ocsf(line, row, as);
    CHECK(line.find_first_of("\r\n") == std::string::npos);
    return json::parse(line);
}

ocsf_mapping mapping(std::string_view class_name)
{
    return {&find_ocsf_class(class_name)};
}

ocsf_mapping mapping(std::string_view class_name, std::string_view activity_name)
{
    const ocsf_class& of = find_ocsf_class(class_name);
    return {&of, &find_ocsf_activity(of, activity_name)};
}

json ocsf_of(const event& e, std::string_view class_name, std::string_view activity_name)
{
    return ocsf_of(stored{e}.row(), mapping(class_name, activity_name));
}

event with_targets(std::vector<entity> targets)
{
    event e = sample("thing.done");
    e.targets = std::move(targets);
    return e;
}

// No target, and nothing else that need not be there.
event minimal()
{
    return with_targets({});
}

// Every way to map an event to a class: each activity of it, unknown, other, and by the action's last word.
std::vector<ocsf_mapping> mappings()
{
    std::vector<ocsf_mapping> all;
    for (const ocsf_class& of : ocsf_classes()) {
        all.push_back({&of});
        all.push_back({&of, &find_ocsf_activity(of, 0)});
        all.push_back({&of, &find_ocsf_activity(of, 99)});
        for (const ocsf_activity& one : of.activities) {
            all.push_back({&of, &one});
        }
    }
    return all;
}

// Alone, together, and without a part: targets of each type that a class knows, and of others.
std::vector<event> events()
{
    const std::vector<std::string> types{"user",         "account", "member",   "system",  "unknown",  "group",
                                         "team",         "role",    "policy",   "scope",   "session",  "app",
                                         "service",      "device",  "file",     "folder",  "bucket",   "database",
                                         "organization", "table",   "document", "invoice", "privilege"};
    std::vector<event> all{minimal(), sample(), full_sample(), naughty_sample()};
    event every = full_sample();
    every.targets.clear();
    for (const std::string& type : types) {
        all.push_back(with_targets({{.type = type, .id = "1"}}));
        all.push_back(
            with_targets({{.type = type, .id = "1", .name = "One"}, {.type = type, .id = "2", .name = "Two"}}));
        all.push_back(with_targets({{.type = type, .id = "", .name = "One"}}));
        all.push_back(with_targets({{.type = type, .id = ""}}));
        all.push_back(with_targets({{.type = "invoice", .id = "42"}, {.type = type, .id = "1", .name = ""}}));
        every.targets.push_back({.type = type, .id = "id of " + type, .name = "name of " + type});
    }
    all.push_back(with_targets({{.type = "", .id = "only an id"}}));
    all.push_back(every);
    std::reverse(every.targets.begin(), every.targets.end());
    all.push_back(every);
    for (const outcome ended : {outcome::failure, outcome::denied, outcome::unknown}) {
        all.push_back(sample("user.create"));
        all.back().outcome = ended;
        all.back().reason = "a reason";
    }
    for (const char* const actor : {"system", "unknown", "service"}) {
        all.push_back(minimal());
        all.back().actor = {.type = actor, .id = "unknown"};
    }
    return all;
}

// Of these types the attribute, or its caption, says as much.
bool has_ocsf_word(std::string_view type)
{
    const std::vector<std::string_view> words{"user",         "system", "unknown", "device", "group",
                                              "organization", "policy", "bucket",  "file",   "folder",
                                              "database",     "table",  "session", "service"};
    return std::find(words.begin(), words.end(), type) != words.end();
}

std::string said_of(const ocsf_mapping& as)
{
    return std::string{as.event_class->name} + '.' + (as.activity == nullptr ? "" : std::string{as.activity->name});
}

}  // namespace

TEST_CASE("an OCSF event has what its class and objects require", "[ocsf]")
{
    const auto ocsf = ocsf_of(stored{sample()}.row());

    CHECK(ocsf["class_uid"] == 6003);
    CHECK(ocsf["category_uid"] == 6);
    CHECK(ocsf["activity_id"] == 99);
    CHECK(ocsf["activity_name"] == "invoice.paid");
    CHECK(ocsf["type_uid"] == 600399);
    CHECK(ocsf["time"] == 1'772'445'600'123);
    CHECK(ocsf["severity_id"] == 1);
    CHECK(ocsf["actor"]["user"]["uid"] == "u1");
    CHECK(ocsf["api"]["operation"] == "invoice.paid");
    CHECK(ocsf["src_endpoint"]["name"] == "unknown");
    CHECK(ocsf["metadata"]["version"] == "1.3.0");
    CHECK(ocsf["metadata"]["product"]["vendor_name"] == "Daybook");
    CHECK(ocsf["metadata"]["tenant_uid"] == to_string(acme));
}

TEST_CASE("an OCSF event says everything that the event says", "[ocsf]")
{
    const stored s{full_sample()};

    const auto ocsf = ocsf_of(s.row());

    CHECK(ocsf["status_id"] == 2);
    CHECK(ocsf["status_code"] == "denied");
    CHECK(ocsf["status_detail"] == "not allowed on Sundays");
    CHECK(ocsf["actor"]["user"]["name"] == "Zoë \"Z\" O'Neil");
    CHECK(ocsf["actor"]["user"]["type"] == "user");
    CHECK(ocsf["src_endpoint"]["name"] == "AWS Internal");
    CHECK(ocsf["http_request"]["user_agent"] == "curl/8");
    CHECK(ocsf["api"]["request"]["uid"] == "r-1");
    CHECK(ocsf["resources"] ==
          json::parse(R"([{"uid":"admin","type":"invoice"},{"uid":"u9","type":"user","name":"Bob"}])"));
    CHECK(ocsf["metadata"]["uid"] == to_string(s.id));
    CHECK(ocsf["metadata"]["correlation_uid"] == "c-1");
    CHECK(ocsf["metadata"]["log_provider"] == "tests");
    CHECK(ocsf["metadata"]["original_time"] == "2026-03-02T10:00:00.123457Z");
    CHECK(ocsf["metadata"]["logged_time"] == 1'772'445'601'000);
    CHECK(ocsf["unmapped"]["trace_id"] == "t-1");
    CHECK(ocsf["unmapped"]["on_behalf_of"].size() == 2);
    CHECK(ocsf["unmapped"]["changes"].size() == 2);
    CHECK(ocsf["unmapped"]["metadata"]["zero"] == 0.0);
    CHECK(ocsf["unmapped"]["facets"]["tier"] == "gold");
    CHECK(ocsf["unmapped"]["db_role"] == "daybook_app");
}

TEST_CASE("an OCSF event survives every text", "[ocsf]")
{
    const auto ocsf = ocsf_of(stored{naughty_sample()}.row());

    CHECK(ocsf["api"]["operation"] == naughty);
    CHECK(ocsf["resources"][0]["name"] == naughty);
    CHECK(ocsf["resources"][1] == json::parse(R"({"uid":"t","type":"t","name":""})"));
    CHECK(ocsf["unmapped"]["facets"][naughty] == naughty);
}

TEST_CASE("an OCSF event's resource is known by what the target has", "[ocsf]")
{
    const stored s{sample()};
    event_row row = s.row();
    row.targets = R"([{},{"name":"n"},{"type":"t"}])";

    CHECK(ocsf_of(row)["resources"] == json::parse(R"([{"uid":""},{"uid":"n","name":"n"},{"uid":"t","type":"t"}])"));
}

TEST_CASE("an OCSF event's endpoint has an address only if it is one", "[ocsf]")
{
    const auto endpoint = [](const std::string& source_ip) {
        event e = sample();
        e.source_ip = source_ip;
        return ocsf_of(stored{e}.row())["src_endpoint"].dump();
    };

    CHECK(endpoint("10.0.0.4") == R"({"ip":"10.0.0.4"})");
    CHECK(endpoint("2001:db8::1") == R"({"ip":"2001:db8::1"})");
    CHECK(endpoint("10.0.0") == R"({"name":"10.0.0"})");
    CHECK(endpoint("host.example.org") == R"({"name":"host.example.org"})");
    CHECK(endpoint(std::string(200, '1')) == R"({"name":")" + std::string(200, '1') + R"("})");
}

TEST_CASE("an OCSF event's activity is known for four verbs", "[ocsf]")
{
    const auto activity = [](const std::string& action) {
        event e = sample(action);
        const auto ocsf = ocsf_of(stored{e}.row());
        CHECK(ocsf["type_uid"] == 600300 + ocsf["activity_id"].get<int>());
        return ocsf["activity_id"].get<int>();
    };

    CHECK(activity("doc.create") == 1);
    CHECK(activity("doc.read") == 2);
    CHECK(activity("doc.update") == 3);
    CHECK(activity("doc.delete") == 4);
    CHECK(activity("delete") == 4);
    CHECK(activity("doc.undelete") == 99);
}

TEST_CASE("the OCSF classes are those of the schema, with all of its activities", "[ocsf]")
{
    CHECK(ocsf_classes().size() == ocsf_facts().size());
    for (const ocsf_class& one : ocsf_classes()) {
        CAPTURE(one.uid);
        REQUIRE(ocsf_facts().contains(one.uid));
        const auto& facts = ocsf_facts().at(one.uid);
        CHECK(one.name == facts.name);
        CHECK(one.caption == facts.caption);
        CHECK(one.activities.size() == facts.activities.size());
        for (const ocsf_activity& activity : one.activities) {
            REQUIRE(facts.activities.contains(activity.id));
            CHECK(activity.caption == facts.activities.at(activity.id));
            std::string name{activity.caption};
            std::transform(name.begin(), name.end(), name.begin(),
                           [](char c) { return c == ' ' ? '_' : static_cast<char>(std::tolower(c)); });
            CHECK(activity.name == name);
        }
    }
}

TEST_CASE(
    "every event as every OCSF class and activity has what the schema requires, and nothing that it does not know",
    "[ocsf]")
{
    for (const event& e : events()) {
        const stored s{e};
        for (const ocsf_mapping& as : mappings()) {
            const json ocsf = ocsf_of(s.row(), as);
            CAPTURE(said_of(as), ocsf.dump());
            CHECK(ocsf_problems(ocsf) == std::vector<std::string>{});
            CHECK(ocsf["class_uid"] == as.event_class->uid);
            if (as.activity != nullptr) {
                CHECK(ocsf["activity_id"] == as.activity->id);
                CHECK(ocsf["activity_name"] == (as.activity->id == 99 ? e.action : std::string{as.activity->caption}));
            }
        }
    }
}

TEST_CASE("an OCSF event of any class says everything that the event says", "[ocsf]")
{
    for (const event& e : events()) {
        const stored s{e};
        for (const ocsf_mapping& as : mappings()) {
            const std::string line = ocsf_of(s.row(), as).dump();
            const auto says = [&line](const std::string& text) {
                return line.find(json(text).dump()) != std::string::npos;
            };
            CAPTURE(said_of(as), line);
            for (const std::vector<entity>& list : {e.targets, e.on_behalf_of, {e.actor}}) {
                for (const entity& one : list) {
                    CHECK((one.id.empty() || says(one.id)));
                    CHECK((!one.name || one.name->empty() || says(*one.name)));
                    CHECK((one.type.empty() || has_ocsf_word(one.type) || says(one.type)));
                }
            }
            for (const auto& text :
                 {e.reason, e.source_ip, e.user_agent, e.request_id, e.correlation_id, e.trace_id, e.source}) {
                CHECK((!text || says(*text)));
            }
            const json ocsf = json::parse(line);
            CHECK(ocsf["unmapped"].contains("changes") == !e.changes.empty());
            CHECK(ocsf["unmapped"].contains("metadata") == e.metadata.has_value());
            CHECK(ocsf["unmapped"].contains("facets") == !e.facets.empty());
        }
    }
}

TEST_CASE("the check of OCSF events notices what is wrong with one", "[ocsf]")
{
    const json good = ocsf_of(stored{full_sample()}.row(), mapping("group_management", "add_user"));
    REQUIRE(ocsf_problems(good).empty());
    const auto problem = [&good](auto spoil) {
        json bad = good;
        spoil(bad);
        const auto problems = ocsf_problems(bad);
        return problems.empty() ? std::string{} : problems.front();
    };

    CHECK(problem([](json& e) { e.erase("time"); }) == "time: is required");
    CHECK(problem([](json& e) { e["metadata"]["product"].erase("vendor_name"); }) ==
          "metadata.product.vendor_name: is required");
    CHECK(problem([](json& e) { e["time"] = "now"; }) == "time: is no integer");
    CHECK(problem([](json& e) { e["user"]["uid"] = 1; }) == "user.uid: is no text");
    CHECK(problem([](json& e) { e["user"] = "u9"; }) == "user.: is no object");
    CHECK(problem([](json& e) { e["privileges"] = "admin"; }) == "privileges: is no list");
    CHECK(problem([](json& e) { e["api"] = json::object(); }) == "api: is not in the schema");
    CHECK(problem([](json& e) { e["metadata"].erase("profiles"); }) == "actor: is not in the schema");
    CHECK(problem([](json& e) {
              e["group"] = {{"type", "team"}};
          }) == "group.: has none of those of which it needs one");
    CHECK(problem([](json& e) { e.erase("user"), e.erase("privileges"); }) ==
          ": has none of those of which it needs one");
    CHECK(problem([](json& e) { e["status_id"] = 3; }) == "status_id: is not in the enumeration");
    CHECK(problem([](json& e) { e["user"]["type"] = "Admin"; }) == "user.type_id: has another caption than its number");
    CHECK(problem([](json& e) { e["activity_id"] = 7; }) == "activity_id: is not in the enumeration");
    CHECK(problem([](json& e) { e["activity_name"] = "Create"; }) ==
          "activity_id: has another caption than its number");
    CHECK(problem([](json& e) { e["type_uid"] = 300604; }) == "type_uid: does not agree with class and activity");
    CHECK(problem([](json& e) { e["category_uid"] = 6; }) == "category_uid: is not the class's");
    CHECK(problem([](json& e) { e["class_name"] = "Group"; }) == "class_name: is not the class's caption");
    CHECK(problem([](json& e) { e["class_uid"] = 3007; }) == "class_uid: unknown");
    json session = ocsf_of(sample(), "authorize_session", "assign_groups");
    session["privileges"] = {"admin"};
    CHECK(ocsf_problems(session) == std::vector<std::string>{": has not just one of those of which it needs one"});
}

TEST_CASE("an event that is mapped to API Activity is the one that nobody mapped", "[ocsf]")
{
    for (const event& e : events()) {
        const stored s{e};
        CHECK(ocsf_of(s.row()).dump() == ocsf_of(s.row(), mapping("api_activity")).dump());
    }
}

TEST_CASE("the action's last word names the activity where nobody did", "[ocsf]")
{
    const auto activity = [](const std::string& action, std::string_view class_name) {
        const stored s{sample(action)};
        return ocsf_of(s.row(), mapping(class_name))["activity_name"].get<std::string>();
    };

    CHECK(activity("user.password_reset", "account_change") == "Password Reset");
    CHECK(activity("account.mfa_factor_enable", "account_change") == "MFA Factor Enable");
    CHECK(activity("app.logon", "authentication") == "Logon");
    CHECK(activity("logon", "authentication") == "Logon");
    CHECK(activity("app.sign_in", "authentication") == "app.sign_in");
    CHECK(activity("thing.other", "authentication") == "thing.other");
    CHECK(activity("thing.unknown", "authentication") == "thing.unknown");
    CHECK(activity("share.", "file_hosting") == "share.");
}

TEST_CASE("an account that changed is the target's, and one's own if there is none", "[ocsf]")
{
    const auto user = [](std::vector<entity> targets) {
        return ocsf_of(with_targets(std::move(targets)), "account_change", "password_reset")["user"];
    };
    const entity invoice{.type = "invoice", .id = "42"};
    const entity account{.type = "account", .id = "a-7", .name = "Ann"};

    CHECK(user({account}) == json::parse(R"({"uid":"a-7","name":"Ann","type":"account","type_id":99})"));
    CHECK(user({invoice, {.type = "user", .id = "u9"}}) == json::parse(R"({"uid":"u9","type":"User","type_id":1})"));
    CHECK(user({{.type = "AssumedRole", .id = "r"}, invoice}) ==
          json::parse(R"({"uid":"r","type":"AssumedRole","type_id":99})"));
    CHECK(user({}) == json::parse(R"({"uid":"u1","type":"User","type_id":1})"));
    CHECK(user({{.type = "user", .id = ""}}) == json::parse(R"({"name":"unknown","type":"User","type_id":1})"));
}

TEST_CASE("a policy that was attached is no user", "[ocsf]")
{
    const entity policy{.type = "policy", .id = "p-1", .name = "Readers"};

    const json alone = ocsf_of(with_targets({policy}), "account_change", "attach_policy");
    const json both =
        ocsf_of(with_targets({policy, {.type = "role", .id = "support"}}), "account_change", "attach_policy");

    CHECK(alone["policy"] == json::parse(R"({"uid":"p-1","name":"Readers"})"));
    CHECK(alone["user"] == json::parse(R"({"name":"unknown","type_id":0})"));
    CHECK(both["policy"] == alone["policy"]);
    CHECK(both["user"]["uid"] == "support");
    CHECK_FALSE(both["unmapped"].contains("targets"));
}

TEST_CASE("who authenticates is a target that is a user, else the actor; to what, is a target that is a service",
          "[ocsf]")
{
    const json own =
        ocsf_of(with_targets({{.type = "app", .id = "console", .name = "Console"}, {.type = "session", .id = "s-1"}}),
                "authentication", "logon");
    CHECK(own["user"] == own["actor"]["user"]);
    CHECK(own["service"] == json::parse(R"({"uid":"console","name":"Console"})"));
    CHECK(own["session"] == json::parse(R"({"uid":"s-1"})"));
    // A service has no type.
    CHECK(own["unmapped"]["targets"] == json::parse(R"([{"type":"app","id":"console","name":"Console"}])"));

    const json other = ocsf_of(with_targets({{.type = "service", .id = "api"}, {.type = "user", .id = "u9"}}),
                               "authentication", "logoff");
    CHECK(other["user"]["uid"] == "u9");
    CHECK(other["actor"]["user"]["uid"] == "u1");
    CHECK_FALSE(other["unmapped"].contains("targets"));

    CHECK(ocsf_of(minimal(), "authentication", "logon")["service"] == json::parse(R"({"name":"unknown"})"));
}

TEST_CASE("a session gets privileges or a group, never both", "[ocsf]")
{
    const std::vector<entity> both{
        {.type = "role", .id = "admin"}, {.type = "group", .id = "g"}, {.type = "session", .id = "s"}};

    const json privileges = ocsf_of(with_targets(both), "authorize_session", "assign_privileges");
    CHECK(privileges["privileges"] == json::parse(R"(["admin"])"));
    CHECK(privileges["session"]["uid"] == "s");
    CHECK(privileges["unmapped"]["targets"] ==
          json::parse(R"([{"type":"role","id":"admin"},{"type":"group","id":"g"}])"));
    const json group = ocsf_of(with_targets(both), "authorize_session", "assign_groups");
    CHECK(group["group"] == json::parse(R"({"uid":"g","type":"group"})"));
    CHECK(ocsf_of(with_targets({{.type = "team", .id = "t"}}), "authorize_session", "other")["group"]["uid"] == "t");
    CHECK(ocsf_of(minimal(), "authorize_session", "other")["privileges"] == json::parse(R"(["unknown"])"));
    CHECK(ocsf_of(minimal(), "authorize_session", "assign_groups")["group"] == json::parse(R"({"name":"unknown"})"));
}

TEST_CASE("a managed entity is the first target, and of a known type has that attribute too", "[ocsf]")
{
    const auto entity_of = [](std::vector<entity> targets) {
        return ocsf_of(with_targets(std::move(targets)), "entity_management", "update")["entity"];
    };

    CHECK(
        entity_of({{.type = "device", .id = "d", .name = "Laptop"}}) ==
        json::parse(
            R"({"uid":"d","name":"Laptop","type":"Device","type_id":1,"device":{"type_id":0,"uid":"d","name":"Laptop"}})"));
    CHECK(entity_of({{.type = "organization", .id = "o"}, {.type = "user", .id = "u9"}}) ==
          json::parse(R"({"uid":"o","type":"Organization","type_id":4,"org":{"uid":"o"}})"));
    CHECK(entity_of({{.type = "webhook", .id = "w"}}) == json::parse(R"({"uid":"w","type":"webhook","type_id":99})"));
    CHECK(entity_of({{.type = "", .id = "w"}}) == json::parse(R"({"uid":"w","type_id":0})"));
    CHECK(entity_of({}) == json::parse(R"({"name":"unknown","type_id":0})"));
}

TEST_CASE("privileges are targets that are some, else the texts that a change put in place or took away", "[ocsf]")
{
    event e = with_targets({{.type = "user", .id = "u9"}, {.type = "invoice", .id = "42"}});
    e.changes = {{.path = "/members/u9/role", .old_value = R"("member")", .new_value = R"("admin \"\u00e9\"")"},
                 {.path = "/scopes", .old_value = R"(["a"])", .new_value = R"(["a","b"])"},
                 {.path = "/title", .old_value = R"("Dr")", .new_value = R"("Prof")"}};

    const json assigned = ocsf_of(e, "user_access", "assign_privileges");
    CHECK(assigned["privileges"] == json::parse(R"(["admin \"é\""])"));
    CHECK(assigned["user"]["uid"] == "u9");
    CHECK(assigned["resource"] == json::parse(R"({"uid":"42","type":"invoice"})"));
    CHECK_FALSE(assigned["unmapped"].contains("targets"));
    CHECK(ocsf_of(e, "user_access", "revoke_privileges")["privileges"] == json::parse(R"(["member"])"));

    e.targets.push_back({.type = "permission", .id = "p", .name = "Pay"});
    e.targets.push_back({.type = "scope", .id = "", .name = "all"});
    const json named = ocsf_of(e, "user_access", "assign_privileges");
    CHECK(named["privileges"] == json::parse(R"(["p","all"])"));
    CHECK(named["unmapped"]["targets"].size() == 2);  // their types have no place

    CHECK(ocsf_of(minimal(), "user_access", "assign_privileges")["privileges"] == json::parse(R"(["unknown"])"));
    CHECK(ocsf_of(minimal(), "user_access", "assign_privileges")["user"] ==
          json::parse(R"({"name":"unknown","type_id":0})"));
    CHECK(ocsf_of(with_targets({{.type = "role", .id = "admin"}}), "user_access",
                  "assign_privileges")["user"]["name"] == "unknown");
    CHECK(ocsf_of(with_targets({{.type = "robot", .id = "r2"}}), "user_access", "assign_privileges")["user"]["uid"] ==
          "r2");
}

TEST_CASE("a group has a user or privileges, which of them the activity says if the event does not", "[ocsf]")
{
    const json joined =
        ocsf_of(with_targets({{.type = "user", .id = "u9"}, {.type = "team", .id = "t", .name = "Pay"}}),
                "group_management", "add_user");
    CHECK(joined["group"] == json::parse(R"({"uid":"t","name":"Pay","type":"team"})"));
    CHECK(joined["user"]["uid"] == "u9");
    CHECK_FALSE(joined.contains("privileges"));
    CHECK(joined["metadata"]["profiles"] == json::parse(R"(["host"])"));

    const json created = ocsf_of(with_targets({{.type = "department", .id = "d"}, {.type = "site", .id = "s"}}),
                                 "group_management", "create");
    CHECK(created["group"] == json::parse(R"({"uid":"d","type":"department"})"));
    CHECK(created["privileges"] == json::parse(R"(["unknown"])"));
    CHECK(created["resource"]["uid"] == "s");
    CHECK_FALSE(created.contains("user"));

    const json unsaid = ocsf_of(minimal(), "group_management", "remove_user");
    CHECK(unsaid["group"] == json::parse(R"({"name":"unknown"})"));
    CHECK(unsaid["user"] == json::parse(R"({"name":"unknown","type_id":0})"));
    CHECK_FALSE(unsaid.contains("privileges"));
}

TEST_CASE("web resources are all targets", "[ocsf]")
{
    CHECK(ocsf_of(with_targets({{.type = "page", .id = "/a"}, {.type = "page", .id = "", .name = "B"}}),
                  "web_resources_activity", "read")["web_resources"] ==
          json::parse(R"([{"uid":"/a","type":"page"},{"name":"B","type":"page"}])"));
    CHECK(ocsf_of(minimal(), "web_resources_activity", "search")["web_resources"] ==
          json::parse(R"([{"name":"unknown"}])"));
}

TEST_CASE("a datastore is a database, a bucket and a table, and what comes first is what it is about", "[ocsf]")
{
    const json both = ocsf_of(with_targets({{.type = "invoice", .id = "42"},
                                            {.type = "table", .id = "invoices"},
                                            {.type = "database", .id = "billing"},
                                            {.type = "table", .id = "lines"}}),
                              "datastore_activity", "query");
    CHECK(both["type_id"] == 3);
    CHECK(both["type"] == "Table");
    CHECK(both["table"] == json::parse(R"({"uid":"invoices"})"));
    CHECK(both["database"] == json::parse(R"({"type_id":0,"uid":"billing"})"));
    CHECK(both["unmapped"]["targets"] ==
          json::parse(R"([{"type":"invoice","id":"42"},{"type":"table","id":"lines"}])"));

    const json unsaid = ocsf_of(sample(), "datastore_activity", "read");
    CHECK(unsaid["type_id"] == 0);
    CHECK(unsaid["database"] == json::parse(R"({"type_id":0,"name":"unknown"})"));
    CHECK(unsaid["src_endpoint"] == json::parse(R"({"name":"unknown"})"));
}

TEST_CASE("a hosted file has a name, and its requests have no place", "[ocsf]")
{
    const auto file = [](std::vector<entity> targets) {
        return ocsf_of(with_targets(std::move(targets)), "file_hosting", "share")["file"];
    };

    CHECK(file({{.type = "user", .id = "u9"}, {.type = "file", .id = "f", .name = "a.txt"}}) ==
          json::parse(R"({"name":"a.txt","uid":"f","type":"Regular File","type_id":1})"));
    CHECK(file({{.type = "folder", .id = "f"}}) ==
          json::parse(R"({"name":"f","uid":"f","type":"Folder","type_id":2})"));
    CHECK(file({{.type = "sheet", .id = "", .name = "Plan"}}) ==
          json::parse(R"({"name":"Plan","type":"sheet","type_id":99})"));
    CHECK(file({}) == json::parse(R"({"name":"unknown","type_id":0})"));

    const json full = ocsf_of(full_sample(), "file_hosting", "share");
    CHECK(full["unmapped"]["request_id"] == "r-1");
    CHECK(full["unmapped"]["user_agent"] == "curl/8");
    CHECK_FALSE(full.contains("http_request"));
}

TEST_CASE("a request's id and an address are where the class has them, and left out where they are unknown", "[ocsf]")
{
    const json full = ocsf_of(full_sample(), "account_change", "create");
    CHECK(full["http_request"] == json::parse(R"({"uid":"r-1","user_agent":"curl/8"})"));
    CHECK(full["src_endpoint"] == json::parse(R"({"name":"AWS Internal"})"));

    event e = minimal();
    e.user_agent = "curl/8";
    CHECK(ocsf_of(e, "account_change", "create")["http_request"] == json::parse(R"({"user_agent":"curl/8"})"));
    CHECK_FALSE(ocsf_of(minimal(), "account_change", "create").contains("http_request"));
    CHECK_FALSE(ocsf_of(minimal(), "account_change", "create").contains("src_endpoint"));
}

TEST_CASE("targets in another spelling are found by an OCSF class", "[ocsf]")
{
    const stored s{sample()};
    event_row row = s.row();
    row.targets = R"([ {"id" : "u\u0039", "type":"us\u0065r"}, {} ])";

    const json ocsf = ocsf_of(row, mapping("account_change", "lock"));

    CHECK(ocsf["user"] == json::parse(R"({"uid":"u9","type":"User","type_id":1})"));
    CHECK(ocsf_problems(ocsf).empty());
}

TEST_CASE("an OCSF class or activity that does not exist is refused with the nearest name", "[ocsf]")
{
    const ocsf_class& account = find_ocsf_class(3001);

    CHECK(account.name == "account_change");
    CHECK(&find_ocsf_class("account_change") == &account);
    CHECK(find_ocsf_activity(account, 4).name == "password_reset");
    CHECK(&find_ocsf_activity(account, "password_reset") == &find_ocsf_activity(account, 4));
    CHECK(find_ocsf_activity(account, "other").id == 99);
    CHECK(find_ocsf_activity(account, 0).caption == "Unknown");

    CHECK(kind_of([] { static_cast<void>(find_ocsf_class(3007)); }) == error_kind::invalid_rules);
    CHECK(kind_of([&] { static_cast<void>(find_ocsf_activity(account, 12)); }) == error_kind::invalid_rules);
    CHECK_THAT(message_of([] { static_cast<void>(find_ocsf_class(3007)); }),
               ContainsSubstring("class 3007") && ContainsSubstring("3001 (account_change), 3002"));
    CHECK_THAT(message_of([] { static_cast<void>(find_ocsf_class("acount_change")); }),
               ContainsSubstring("did you mean \"account_change\"?"));
    CHECK_THAT(message_of([] { static_cast<void>(find_ocsf_class("email")); }),
               ContainsSubstring("3001 (account_change), 3002"));
    CHECK_THAT(message_of([&] { static_cast<void>(find_ocsf_activity(account, "pasword_reset")); }),
               ContainsSubstring("3001 (account_change)") && ContainsSubstring("did you mean \"password_reset\"?"));
    CHECK_THAT(message_of([&] { static_cast<void>(find_ocsf_activity(account, 12)); }),
               ContainsSubstring("no activity 12") &&
                   ContainsSubstring("11 (mfa_factor_disable), 0 (unknown), 99 (other)"));
}
