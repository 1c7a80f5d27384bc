// An event's line, written from the bytes of a row.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <daybook/event.hpp>
#include <daybook/event_line.hpp>

#include "expect_error.hpp"
#include "stored_sample.hpp"

using namespace daybook;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using daybook::testing::full_sample;
using daybook::testing::kind_of;
using daybook::testing::naughty;
using daybook::testing::naughty_sample;
using daybook::testing::sample;
using daybook::testing::stored;

namespace {

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

std::string cell(std::string_view text)
{
    std::string out;
    append_csv_cell(out, text);
    return out;
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
