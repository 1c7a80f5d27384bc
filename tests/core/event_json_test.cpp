// An event as one JSON object, in both directions.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <daybook/event.hpp>

#include "expect_error.hpp"
#include "sample.hpp"

using namespace daybook;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using daybook::testing::full_sample;
using daybook::testing::kind_of;
using daybook::testing::message_of;
using daybook::testing::sample;

namespace {

// An event with `members` beside those that it needs.
std::string json_with(std::string_view members)
{
    return R"({"action":"a","actor":{"type":"user","id":"u1"},)" + std::string{members} + "}";
}

event read_with(std::string_view members)
{
    return event_from_json(json_with(members));
}

std::string levels(std::size_t count)
{
    return std::string(count, '[') + std::string(count, ']');
}

std::string object_levels(std::size_t count)
{
    return R"({"a":)" + levels(count - 1) + "}";
}

}  // namespace

TEST_CASE("an event with every field comes back from its JSON", "[event]")
{
    event e = full_sample();
    e.id = event_id::derive(*e.occurred_at, "key");

    CHECK(event_from_json(to_json(e)) == e);
}

TEST_CASE("an event with only what it needs comes back from its JSON", "[event]")
{
    const event e = sample();

    CHECK(event_from_json(to_json(e)) == e);
}

TEST_CASE("each outcome comes back from its JSON", "[event]")
{
    for (const outcome value : {outcome::success, outcome::failure, outcome::denied, outcome::unknown}) {
        event e = sample();
        e.outcome = value;
        CHECK(event_from_json(to_json(e)).outcome == value);
    }
}

TEST_CASE("an event's JSON has the names and the nesting that are documented", "[event]")
{
    event e = full_sample();
    e.id = event_id::parse("019cadfd-897b-774f-ba78-16bf8f01cfea");

    CHECK(to_json(e) ==
          R"({"id":"019cadfd-897b-774f-ba78-16bf8f01cfea","occurred_at":"2026-03-02T10:00:00.123457Z",)"
          R"("action":"role.grant","outcome":"denied","actor":{"type":"user","id":"u7","name":"Zoë \"Z\" O'Neil"},)"
          R"("on_behalf_of":[{"type":"service","id":"sync"},{"type":"user","id":"u1","name":"Ann"}],)"
          R"("targets":[{"type":"invoice","id":"admin"},{"type":"user","id":"u9","name":"Bob"}],)"
          R"("reason":"not allowed on Sundays","changes":[{"path":"/role","old":null,"new":"admin"},)"
          R"({"path":"/limit","old":1.50,"new":9007199254740993}],"source_ip":"AWS Internal","user_agent":"curl/8",)"
          R"("request_id":"r-1","correlation_id":"c-1","trace_id":"t-1","source":"tests",)"
          R"("metadata":{"big": 123456789012345678901234567890, "zero": 0.0, "list": [], "none": null, "empty": {}},)"
          R"("facets":{"region":"eu","tier":"gold"}})");
}

TEST_CASE("what is absent is left out of an event's JSON", "[event]")
{
    CHECK(to_json(sample()) == R"({"action":"invoice.paid","outcome":"success","actor":{"type":"user","id":"u1"},)"
                               R"("targets":[{"type":"invoice","id":"42"}]})");
}

TEST_CASE("a stored event's JSON also says what the database added", "[event]")
{
    stored_event e{sample(), org_id::parse("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11"), parse_time("2026-03-02T10:00:01Z"),
                   "daybook_app", 1};
    e.occurred_at = parse_time("2026-03-02T10:00:00.123457Z");
    e.id = event_id::derive(*e.occurred_at, "abc");

    const auto read = nlohmann::json::parse(to_json(e));

    CHECK(read["id"] == "019cadfd-897b-774f-ba78-16bf8f01cfea");
    CHECK(read["organization_id"] == "8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11");
    CHECK(read["occurred_at"] == "2026-03-02T10:00:00.123457Z");
    CHECK(read["recorded_at"] == "2026-03-02T10:00:01.000000Z");
    CHECK(read["db_role"] == "daybook_app");
    CHECK(read["schema_version"] == 1);
    CHECK(read["action"] == "invoice.paid");
    CHECK(read.size() == 10);
}

TEST_CASE("metadata is kept byte for byte", "[event]")
{
    for (const std::string_view metadata : {
             R"({})",
             R"({ })",
             R"({"n":1.00,"m":-0,"big":123456789012345678901234567890,"e":1E+05})",
             R"({"a":1,"a":2,"":{"a":[ ]}})",
             R"({"s":"\u00e9\/\ud83d\ude00 é","t" : "\"}"})",
         }) {
        CAPTURE(metadata);
        const event e = read_with(R"("metadata": )" + std::string{metadata} + " ");
        CHECK(e.metadata == metadata);
        CHECK_THAT(to_json(e), ContainsSubstring(R"("metadata":)" + std::string{metadata}));
        CHECK(event_from_json(to_json(e)) == e);
    }
}

TEST_CASE("metadata keeps its line breaks, and an event's JSON is one line all the same", "[event]")
{
    const event e = read_with("\"metadata\":{\n \"a\": \"x\\ny\",\r\n \"b\": 1\n}");

    CHECK(e.metadata == "{\n \"a\": \"x\\ny\",\r\n \"b\": 1\n}");
    CHECK_THAT(to_json(e), ContainsSubstring(R"("metadata":{  "a": "x\ny",   "b": 1 })"));
}

TEST_CASE("an event's JSON is one line, whatever its texts and values hold", "[event]")
{
    event e = full_sample();
    e.reason = "first\nsecond\r\nthird";
    e.facets = {{.key = "a\nb", .value = "c\nd"}};
    e.changes = {{.path = "/a\nb", .old_value = "[1,\n 2]", .new_value = "{\r\n}"}};
    e.metadata = "{\n}";
    const stored_event stored{e, org_id::parse("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11"), {}, "a\nb", 1};
    stored_event with_id = stored;
    with_id.id = event_id::derive(*e.occurred_at, "key");

    CHECK(to_json(e).find_first_of("\r\n") == std::string::npos);
    CHECK(to_json(with_id).find_first_of("\r\n") == std::string::npos);
}

TEST_CASE("the values of a change are kept byte for byte, null apart from absent", "[event]")
{
    const event e =
        read_with(R"("changes":[{"path":"/a","old": 1.50 ,"new":{"b" :[1, 2.0]}},{"path":"/c","new":null}])");

    REQUIRE(e.changes.size() == 2);
    CHECK(e.changes[0] == change{"/a", "1.50", R"({"b" :[1, 2.0]})"});
    CHECK(e.changes[1] == change{"/c", std::nullopt, "null"});
}

TEST_CASE("null means absent", "[event]")
{
    const event absent = event_from_json(R"({"action":"a","actor":{"type":"user","id":"u1"}})");
    for (const std::string_view field :
         {"id", "occurred_at", "on_behalf_of", "targets", "reason", "changes", "source_ip", "user_agent", "request_id",
          "correlation_id", "trace_id", "source", "metadata", "facets"}) {
        CAPTURE(field);
        CHECK(read_with("\"" + std::string{field} + "\":null") == absent);
    }
    CHECK(event_from_json(R"({"action":"a","actor":{"type":"user","id":"u1","name":null}})") == absent);
}

TEST_CASE("null for what every event has is refused, and the message names the field", "[event]")
{
    // An outcome of null is not taken for success.
    for (const std::string_view field : {"action", "outcome", "actor"}) {
        const auto work = [field] { (void)event_from_json("{\"" + std::string{field} + "\":null}"); };
        CHECK(kind_of(work) == error_kind::invalid_event);
        CHECK_THAT(message_of(work), StartsWith(std::string{field} + " is not "));
    }
}

TEST_CASE("an unknown field is refused with the nearest name, never ignored", "[event]")
{
    const auto work = [] { (void)read_with(R"("reasn":"x")"); };

    CHECK(kind_of(work) == error_kind::unknown_field);
    CHECK_THAT(message_of(work), ContainsSubstring("\"reasn\"") && ContainsSubstring("did you mean \"reason\"?"));
}

TEST_CASE("an unknown field that is near to none is refused without a guess", "[event]")
{
    const auto work = [] { (void)read_with(R"("severity":1)"); };

    CHECK(kind_of(work) == error_kind::unknown_field);
    CHECK(message_of(work) == "unknown field \"severity\"");
}

TEST_CASE("what only the database says cannot be said by a caller", "[event]")
{
    for (const std::string_view field :
         {"organization_id", "organization", "recorded_at", "db_role", "schema_version"}) {
        CAPTURE(field);
        CHECK(kind_of([field] { (void)read_with("\"" + std::string{field} + "\":\"x\""); }) ==
              error_kind::unknown_field);
    }
}

TEST_CASE("an unknown member of a part is refused, and the message says where", "[event]")
{
    struct sample_of {
        std::string_view members;
        std::string_view where;
    };
    for (const sample_of& s : {
             sample_of{R"("on_behalf_of":[{"nme":"x"}])", R"("nme" in on_behalf_of[1]; did you mean "name"?)"},
             sample_of{R"("targets":[{"type":"a"},{"tpe":"x"}])", R"("tpe" in targets[2]; did you mean "type"?)"},
             sample_of{R"("changes":[{"pat":"x"}])", R"("pat" in changes[1]; did you mean "path"?)"},
         }) {
        CAPTURE(s.members);
        CHECK(kind_of([&] { (void)read_with(s.members); }) == error_kind::unknown_field);
        CHECK_THAT(message_of([&] { (void)read_with(s.members); }), ContainsSubstring(std::string{s.where}));
    }
    CHECK_THAT(message_of([] { (void)event_from_json(R"({"actor":{"role":"x"}})"); }),
               ContainsSubstring("\"role\" in actor"));
}

TEST_CASE("a field that is given twice is refused, even with the same value or null", "[event]")
{
    for (const std::string_view members : {R"("action":"a")", R"("reason":"x","reason":"x")", R"("id":null,"id":null)",
                                           R"("metadata":{},"\u006detadata":{})", R"("facets":{},"facets":{})"}) {
        CAPTURE(members);
        CHECK(kind_of([members] { (void)read_with(members); }) == error_kind::invalid_event);
        CHECK_THAT(message_of([members] { (void)read_with(members); }), ContainsSubstring(" is given twice"));
    }
}

TEST_CASE("a member of a part that is given twice is refused, and the message names it", "[event]")
{
    struct sample_of {
        std::string_view json;
        std::string_view name;
    };
    for (const sample_of& s : {
             sample_of{R"({"actor":{"id":"u1","type":"user","id":"u2"}})", "actor.id"},
             sample_of{R"({"actor":{"name":null,"name":"x"}})", "actor.name"},
             sample_of{R"({"targets":[{"type":"a"},{"type":"a","type":"a"}]})", "targets[2].type"},
             sample_of{R"({"on_behalf_of":[{"id":"a","id":"b"}]})", "on_behalf_of[1].id"},
             sample_of{R"({"changes":[{"path":"/a","path":"/b"}]})", "changes[1].path"},
             sample_of{R"({"changes":[{"old":1,"old":2}]})", "changes[1].old"},
             sample_of{R"({"changes":[{"new":1,"new":2}]})", "changes[1].new"},
         }) {
        CAPTURE(s.json);
        CHECK(kind_of([&] { (void)event_from_json(s.json); }) == error_kind::invalid_event);
        CHECK(message_of([&] { (void)event_from_json(s.json); }) == std::string{s.name} + " is given twice");
    }
}

TEST_CASE("facets that are given twice are kept, for check_event to refuse", "[event]")
{
    const event e = read_with(R"("facets":{"region":"eu","region":"us"})");

    CHECK(e.facets == std::vector<facet>{{"region", "eu"}, {"region", "us"}});
    CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_event);
}

TEST_CASE("a wrong type is refused, and the message names the field", "[event]")
{
    struct sample_of {
        std::string_view json;
        std::string_view message;
    };
    for (const sample_of& s : {
             sample_of{R"({"id":1})", "id is not a string"},
             sample_of{R"({"occurred_at":1763632800})", "occurred_at is not a string"},
             sample_of{R"({"action":["a"]})", "action is not a string"},
             sample_of{R"({"outcome":true})", "outcome is not a string"},
             sample_of{R"({"actor":"u1"})", "actor is not an object with type and id"},
             sample_of{R"({"actor":[]})", "actor is not an object with type and id"},
             sample_of{R"({"actor":{"type":1}})", "actor.type is not a string"},
             sample_of{R"({"actor":{"id":1}})", "actor.id is not a string"},
             sample_of{R"({"actor":{"name":{}}})", "actor.name is not a string"},
             sample_of{R"({"on_behalf_of":{}})", "on_behalf_of is not an array"},
             sample_of{R"({"on_behalf_of":[1]})", "on_behalf_of[1] is not an object with type and id"},
             sample_of{R"({"on_behalf_of":[null]})", "on_behalf_of[1] is not an object with type and id"},
             sample_of{R"({"targets":"x"})", "targets is not an array"},
             sample_of{R"({"targets":[{"id":"1"},{"id":2}]})", "targets[2].id is not a string"},
             sample_of{R"({"reason":1})", "reason is not a string"},
             sample_of{R"({"changes":{}})", "changes is not an array"},
             sample_of{R"({"changes":["x"]})", "changes[1] is not an object"},
             sample_of{R"({"changes":[{"path":1}]})", "changes[1].path is not a string"},
             sample_of{R"({"source_ip":1})", "source_ip is not a string"},
             sample_of{R"({"user_agent":1})", "user_agent is not a string"},
             sample_of{R"({"request_id":1})", "request_id is not a string"},
             sample_of{R"({"correlation_id":1})", "correlation_id is not a string"},
             sample_of{R"({"trace_id":1})", "trace_id is not a string"},
             sample_of{R"({"source":1})", "source is not a string"},
             sample_of{R"({"facets":[]})", "facets is not an object"},
             sample_of{R"({"facets":{"region":1}})", "facets.region is not a string"},
             sample_of{R"([])", "the event is not an object"},
             sample_of{R"("x")", "the event is not an object"},
             sample_of{R"(null)", "the event is not an object"},
         }) {
        CAPTURE(s.json);
        CHECK(kind_of([&] { (void)event_from_json(s.json); }) == error_kind::invalid_event);
        CHECK(message_of([&] { (void)event_from_json(s.json); }) == s.message);
    }
}

TEST_CASE("a value that a field cannot have is refused, and the message names the field", "[event]")
{
    CHECK(kind_of([] { (void)read_with(R"("id":"42")"); }) == error_kind::invalid_id);
    CHECK_THAT(message_of([] { (void)read_with(R"("id":"42")"); }), StartsWith("id: "));
    CHECK(kind_of([] { (void)read_with(R"("id":"8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11")"); }) == error_kind::invalid_id);
    CHECK(kind_of([] { (void)read_with(R"("occurred_at":"2026-11-20T10:00:00")"); }) == error_kind::invalid_time);
    CHECK_THAT(message_of([] { (void)read_with(R"("occurred_at":"infinity")"); }), StartsWith("occurred_at: "));
    CHECK(kind_of([] { (void)read_with(R"("outcome":"ok")"); }) == error_kind::invalid_event);
    CHECK_THAT(message_of([] { (void)read_with(R"("outcome":"ok")"); }), StartsWith("outcome "));
}

TEST_CASE("what is not JSON is refused, and the message says where", "[event]")
{
    CHECK(kind_of([] { (void)event_from_json(""); }) == error_kind::invalid_json);
    CHECK(kind_of([] { (void)event_from_json(json_with(R"("reason":"x")") + "x"); }) == error_kind::invalid_json);
    CHECK(kind_of([] { (void)event_from_json(json_with(R"("reason":"x")") + "{}"); }) == error_kind::invalid_json);
    CHECK_THAT(message_of([] { (void)event_from_json(R"({"action" "a"})"); }),
               ContainsSubstring("a colon is expected here, at byte 10"));
    CHECK_THAT(message_of([] { (void)event_from_json(R"({"metadata":{"a":1e100000}})"); }),
               StartsWith("metadata is not JSON that can be kept: an exponent beyond 999"));
    CHECK_THAT(message_of([] { (void)event_from_json(R"({"reason":"\u0000"})"); }), StartsWith("reason is not JSON"));
    CHECK_THAT(message_of([] { (void)event_from_json("{\"changes\":[{\"path\":\"\xff\"}]}"); }),
               StartsWith("changes is not JSON"));
}

TEST_CASE("every beginning of an event's JSON is refused", "[event]")
{
    event e = full_sample();
    e.id = event_id::derive(*e.occurred_at, "key");
    const std::string whole = to_json(e);

    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<char> exactly(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        if (kind_of([&] { (void)event_from_json({exactly.data(), exactly.size()}); }) != error_kind::invalid_json) {
            FAIL_CHECK("accepted: " << whole.substr(0, size));
        }
    }
}

TEST_CASE("values of 64 levels that are accepted are read again", "[event]")
{
    event e = full_sample();
    e.changes = {{.path = "/a", .old_value = levels(64), .new_value = object_levels(64)}};
    e.metadata = object_levels(64);
    REQUIRE_NOTHROW(check_event(e));

    CHECK(event_from_json(to_json(e)) == e);
    CHECK(changes_from_json(changes_to_json(e.changes).value()) == e.changes);
}

TEST_CASE("values of 65 levels are refused, however they were read", "[event]")
{
    for (const std::string& members :
         {R"("metadata":)" + object_levels(65), R"("changes":[{"path":"/a","old":)" + levels(65) + "}]"}) {
        const auto work = [&] { check_event(read_with(members)); };
        CHECK(kind_of(work) == error_kind::invalid_json);
        CHECK_THAT(message_of(work), ContainsSubstring("more than 64 levels"));
    }
    CHECK(kind_of([] { (void)read_with(R"("metadata":)" + object_levels(100'000)); }) == error_kind::invalid_json);
}

TEST_CASE("the parts that are JSON in the row come back from it", "[event]")
{
    const event e = full_sample();

    CHECK(entities_from_json(entities_to_json(e.targets).value(), "targets") == e.targets);
    CHECK(entities_from_json(entities_to_json(e.on_behalf_of).value(), "on_behalf_of") == e.on_behalf_of);
    CHECK(changes_from_json(changes_to_json(e.changes).value()) == e.changes);
    CHECK(facets_from_json(facets_to_json(e.facets).value()) == e.facets);
}

TEST_CASE("parts that are empty are no JSON at all", "[event]")
{
    CHECK_FALSE(entities_to_json({}));
    CHECK_FALSE(changes_to_json({}));
    CHECK_FALSE(facets_to_json({}));
}

TEST_CASE("texts with quotes, controls and other scripts come back from an event's JSON", "[event]")
{
    event e = sample();
    e.action = "a\"b\\c/d";
    e.actor = {.type = "\x01\x1f\x7f", .id = "\u202e\u200b", .name = "</script>\u2028"};
    e.targets = {{.type = "", .id = "日本", .name = "😀"}};
    e.facets = {{.key = "ключ\t", .value = "\r\n"}};

    CHECK(event_from_json(to_json(e)) == e);
}

TEST_CASE("an event's JSON is JSON to another parser", "[event]")
{
    event e = full_sample();
    e.reason = "\x01 \" \\ \n é 😀";

    const auto read = nlohmann::json::parse(to_json(e));

    CHECK(read["reason"] == *e.reason);
    CHECK(read["actor"]["name"] == *e.actor.name);
    CHECK(read["changes"][0]["old"].is_null());
    CHECK(read["facets"]["tier"] == "gold");
}
