// An event's line, written from the bytes of a row.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <daybook/event.hpp>
#include <daybook/event_id.hpp>
#include <daybook/event_line.hpp>

#include "expect_error.hpp"
#include "sample.hpp"

using namespace daybook;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using daybook::testing::full_sample;
using daybook::testing::kind_of;
using daybook::testing::sample;

namespace {

const org_id acme = org_id::parse("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11");

// The bytes of a row, as the engine writes it.
struct stored {
    event e;
    std::optional<std::string> on_behalf_of = entities_to_json(e.on_behalf_of);
    std::optional<std::string> targets = entities_to_json(e.targets);
    std::optional<std::string> changes = changes_to_json(e.changes);
    std::optional<std::string> facets = facets_to_json(e.facets);
    event_id id = event_id::derive(e.occurred_at.value_or(parse_time("2026-03-02T10:00:00.123457Z")), "key");

    explicit stored(event given) : e{std::move(given)} {}

    [[nodiscard]] event_row row() const
    {
        return {.id = id.value(),
                .organization = acme.value(),
                .occurred_at = id.time(),
                .recorded_at = parse_time("2026-03-02T10:00:01.000009Z"),
                .action = e.action,
                .outcome = to_string(e.outcome),
                .actor_type = e.actor.type,
                .actor_id = e.actor.id,
                .actor_name = e.actor.name,
                .on_behalf_of = on_behalf_of,
                .targets = targets,
                .reason = e.reason,
                .changes = changes,
                .source_ip = e.source_ip,
                .user_agent = e.user_agent,
                .request_id = e.request_id,
                .correlation_id = e.correlation_id,
                .trace_id = e.trace_id,
                .source = e.source,
                .metadata = e.metadata,
                .facets = facets,
                .db_role = "daybook_app",
                .schema_version = 1};
    }

    // The same as an object.
    [[nodiscard]] stored_event object() const
    {
        stored_event result{e, acme, parse_time("2026-03-02T10:00:01.000009Z"), "daybook_app", 1};
        result.id = id;
        result.occurred_at = id.time();
        return result;
    }
};

std::string json_of(const event_row& row)
{
    std::string line;
    append_json(line, row);
    return line;
}

std::string csv_of(const event_row& row)
{
    std::string line;
    append_csv(line, row);
    return line;
}

nlohmann::json ocsf_of(const event_row& row)
{
    std::string line;
    append_ocsf(line, row);
    CHECK(line.find_first_of("\r\n") == std::string::npos);
    return nlohmann::json::parse(line);
}

std::string cell(std::string_view text)
{
    std::string out;
    append_csv_cell(out, text);
    return out;
}

// Quotes, controls, line ends that only some programs know, beyond the BMP, and what looks like an escape.
const std::string naughty = "a\"b\\c/\b\f\n\r\t\x01\x1f\x7f \\u0041 \xe2\x80\xa8\xe2\x80\xa9 \xf0\x9f\x98\x80 é";

event naughty_sample()
{
    event e = full_sample();
    e.action = e.actor.type = e.actor.id = naughty;
    e.actor.name = e.reason = e.source_ip = e.user_agent = e.request_id = e.correlation_id = e.trace_id = e.source = naughty;
    e.on_behalf_of = e.targets = {{.type = naughty, .id = naughty, .name = naughty}, {.type = "t", .id = "", .name = ""}};
    e.changes = {{.path = "/" + naughty, .old_value = "[1,\n {\"a]\\\"\": \"\\u00e9}\"}]"}, {.path = ""}};
    e.metadata = "{\r\n \"a\" :\t\"\\u0001 \\\\\" }";
    e.facets = {{.key = naughty, .value = naughty}, {.key = "empty", .value = ""}};
    return e;
}

}  // namespace

TEST_CASE("the line of a row is the JSON of the same stored event", "[event]")
{
    for (const event& e : {full_sample(), sample(), naughty_sample()}) {
        const stored s{e};

        CHECK(json_of(s.row()) == to_json(s.object()));
    }
}

TEST_CASE("the line of a row can be read again", "[event]")
{
    for (const event& e : {full_sample(), sample()}) {
        const stored s{e};

        event read = event_from_stored_json(json_of(s.row()));

        CHECK(read.id == s.id);
        read.id = e.id;
        CHECK(read.occurred_at == s.id.time());
        read.occurred_at = e.occurred_at;
        CHECK(read == e);
    }
    const event read = event_from_stored_json(json_of(stored{naughty_sample()}.row()));
    CHECK(read.action == naughty);
    CHECK(read.targets == naughty_sample().targets);
    CHECK(read.facets == naughty_sample().facets);
}

TEST_CASE("only the reader of stored events passes over what the database added", "[event]")
{
    const std::string line = json_of(stored{sample()}.row());

    CHECK(kind_of([&] { static_cast<void>(event_from_json(line)); }) == error_kind::unknown_field);
    CHECK(kind_of([&] { static_cast<void>(event_from_stored_json(line)); }) == std::nullopt);
    CHECK(kind_of([&] { static_cast<void>(event_from_stored_json(R"({"target_type":"doc",)" + line.substr(1))); }) ==
          error_kind::unknown_field);
}

TEST_CASE("a list in a spelling that is not the engine's gives the same line as the event it says", "[event]")
{
    const stored s{sample()};
    const auto line_with = [&](std::optional<std::string_view> event_row::*list, std::string_view json) {
        event_row row = s.row();
        row.*list = json;
        return json_of(row);
    };
    const auto object_with = [&](auto change) {
        stored_event e = s.object();
        change(e);
        return to_json(e);
    };

    for (const char* const json :
         {R"([{"type":"a","id":"b"}])", R"( [ {"id" : "b", "type":"a"} ] )", R"([{"type":"\u0061","id":"b","name":null}])",
          R"([{"type":"a","type":"a","id":"b"}])", "[]", "[{}]", R"([{"type":"","id":"b"}])", R"([{"id":"b\/c"}])",
          R"([{"type":"a","id":"b","more":1}])", R"([{"type":"a","id":"b"}] )", R"([{"type":"a","id":"b"},{"name":""}])"}) {
        CAPTURE(json);
        const auto said = [&](stored_event& e) { e.targets = entities_from_json(json, "targets"); };
        CHECK(line_with(&event_row::targets, json) == object_with(said));
    }
    for (const char* const json :
         {R"([{"path":"/a","old":1,"new":[ 1 ]}])", R"([{"path":"/a","new":1,"old":2}])", R"([{"path":"/a","old": 1}])",
          R"([{"path":"/a","old":1 }])", R"([{"path":"/a"}])", "[]", "[{\"path\":\"/a\",\"old\":{\"b\":\n1}}]",
          R"([{"path":"/\u0061","old":"\u0061"}])", R"([{"path":"/a","old":"],}"},{"path":"/b","new":-1.50e3}])"}) {
        CAPTURE(json);
        const auto said = [&](stored_event& e) { e.changes = changes_from_json(json); };
        CHECK(line_with(&event_row::changes, json) == object_with(said));
    }
    for (const char* const json : {R"({"a":"b","c":""})", R"({ "a":"b"})", R"({"a":"\u0062"})", "{}", R"({"a":"b"} )"}) {
        CAPTURE(json);
        const auto said = [&](stored_event& e) { e.facets = facets_from_json(json); };
        CHECK(line_with(&event_row::facets, json) == object_with(said));
    }
}

TEST_CASE("a cell is quoted where RFC 4180 says so", "[event]")
{
    CHECK(cell("").empty());
    CHECK(cell("plain text; é\tx") == "plain text; é\tx");
    CHECK(cell("a,b") == "\"a,b\"");
    CHECK(cell("\"\"") == "\"\"\"\"\"\"");
    CHECK(cell("a\nb") == "\"a\nb\"");
    CHECK(cell("a\rb") == "\"a\rb\"");
}

TEST_CASE("a cell that a spreadsheet would take for a formula is defused", "[event]")
{
    for (const std::string first : {"=", "+", "-", "@", "\t"}) {
        CHECK(cell(first + "1") == "'" + first + "1");
    }
    CHECK(cell("\r1") == "\"'\r1\"");
    CHECK(cell("=1,\"2\"") == "\"'=1,\"\"2\"\"\"");
    CHECK(cell("1=") == "1=");
}

TEST_CASE("a row of CSV has as many cells as the header has names", "[event]")
{
    std::string header;
    append_csv_header(header);
    const auto commas = [](const std::string& text) { return std::count(text.begin(), text.end(), ','); };

    event least = sample();
    least.targets.clear();
    CHECK(commas(csv_of(stored{least}.row())) == commas(header));
    CHECK_THAT(header, StartsWith("id,occurred_at,action,") && EndsWith(",organization_id\r\n"));
    CHECK_THAT(csv_of(stored{sample()}.row()),
               ContainsSubstring(",invoice.paid,success,user,u1,,,invoice,42,\"[{\"\"type\"\":\"\"invoice\"\",\"\"id\"\":\"\"42\"\"}]\",,") &&
                   EndsWith(",2026-03-02T10:00:01.000009Z,daybook_app,1,8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11\r\n"));
}

TEST_CASE("the first target's cells say what its JSON says", "[event]")
{
    event e = sample();
    e.targets = {{.type = "a\tb", .id = "\xe2\x80\xa8\"q\""}, {.type = "second", .id = "2"}};

    CHECK_THAT(csv_of(stored{e}.row()), ContainsSubstring(",a\tb,\"\xe2\x80\xa8\"\"q\"\"\",\"["));
}

TEST_CASE("an OCSF event has what its class and objects require", "[event]")
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

TEST_CASE("an OCSF event says everything that the event says", "[event]")
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
    CHECK(ocsf["resources"] == nlohmann::json::parse(R"([{"uid":"admin","type":"invoice"},{"uid":"u9","type":"user","name":"Bob"}])"));
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

TEST_CASE("an OCSF event survives every text", "[event]")
{
    const auto ocsf = ocsf_of(stored{naughty_sample()}.row());

    CHECK(ocsf["api"]["operation"] == naughty);
    CHECK(ocsf["resources"][0]["name"] == naughty);
    CHECK(ocsf["resources"][1] == nlohmann::json::parse(R"({"uid":"t","type":"t","name":""})"));
    CHECK(ocsf["unmapped"]["facets"][naughty] == naughty);
}

TEST_CASE("an OCSF event's resource is known by what the target has", "[event]")
{
    const stored s{sample()};
    event_row row = s.row();
    row.targets = R"([{},{"name":"n"},{"type":"t"}])";

    CHECK(ocsf_of(row)["resources"] ==
          nlohmann::json::parse(R"([{"uid":""},{"uid":"n","name":"n"},{"uid":"t","type":"t"}])"));
}

TEST_CASE("an OCSF event's endpoint has an address only if it is one", "[event]")
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

TEST_CASE("an OCSF event's activity is known for four verbs", "[event]")
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
