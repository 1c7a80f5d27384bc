// The line of a row that is sealed: whatever changes in a row changes its line.

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <daybook/error.hpp>
#include <daybook/merkle.hpp>
#include <daybook/sealed_event.hpp>

#include "expect_error.hpp"

using namespace daybook;
using daybook::testing::kind_of;

namespace {

using optional_view = std::optional<std::string_view>;

const uuid acme = parse_uuid("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11").value();
const uuid some_id = parse_uuid("019cadc0-9a01-7abc-8def-0123456789ab").value();

event_row least_row()
{
    return {.id = some_id,
            .organization = acme,
            .occurred_at = {},
            .recorded_at = parse_time("2026-03-02T10:00:01.000009Z"),
            .action = "a",
            .outcome = "success",
            .actor_type = "user",
            .actor_id = "u1",
            .db_role = "daybook_app"};
}

event_row full_row()
{
    event_row row = least_row();
    row.action = "role.grant";
    row.outcome = "denied";
    row.actor_name = "Zoë \"Z\"";
    row.on_behalf_of = R"([{"type":"service","id":"sync"}])";
    row.targets = R"([ {"type":"role", "id":"admin"} ])";
    row.target_type = "role";
    row.target_id = "admin";
    row.reason = "not on\nSundays";
    row.changes = R"([{"path":"/limit","old":1.50}])";
    row.source_ip = "10.0.0.4";
    row.user_agent = "curl/8";
    row.request_id = "r-1";
    row.correlation_id = "c-1";
    row.trace_id = "t-1";
    row.source = "tests";
    row.metadata = "{\"a\":\n1}";
    row.facets = R"([{"key":"region","value":"eu"}])";
    row.schema_version = 1;
    return row;
}

std::string line_of(const event_row& row)
{
    std::string line;
    append_sealed(line, row);
    return line;
}

// ---------------------------------------------------------------- the 24 columns

struct text_column {
    std::string_view name;
    std::string_view event_row::*value;
};

struct optional_column {
    std::string_view name;
    optional_view event_row::*value;
};

constexpr std::array<text_column, 5> texts{{
    {"action", &event_row::action},
    {"outcome", &event_row::outcome},
    {"actor_type", &event_row::actor_type},
    {"actor_id", &event_row::actor_id},
    {"db_role", &event_row::db_role},
}};

constexpr std::array<optional_column, 11> optional_texts{{
    {"actor_name", &event_row::actor_name},
    {"target_type", &event_row::target_type},
    {"target_id", &event_row::target_id},
    {"reason", &event_row::reason},
    {"source_ip", &event_row::source_ip},
    {"user_agent", &event_row::user_agent},
    {"request_id", &event_row::request_id},
    {"correlation_id", &event_row::correlation_id},
    {"trace_id", &event_row::trace_id},
    {"source", &event_row::source},
    {"shaped_by", &event_row::shaped_by},
}};

constexpr std::array<optional_column, 5> json_columns{{
    {"on_behalf_of", &event_row::on_behalf_of},
    {"targets", &event_row::targets},
    {"changes", &event_row::changes},
    {"metadata", &event_row::metadata},
    {"facets", &event_row::facets},
}};

static_assert(texts.size() + optional_texts.size() + json_columns.size() + 4 == 25);  // id, organization, time, version

const std::vector<optional_view> values_of_text{
    std::nullopt, "",          "a",        "A",    " a",         "a ",         "null",   "\"",
    "\\",         "\\\"",      "\n",       "\\n",  "\r",         "\t",         "\x01",   "\\u0001",
    "\x7f",       "\u2028",    "ä",        "a\u0308", "\",\"b\":\"", "_text",   "{}",     "x\",\"outcome\":\"y"};

// Each is JSON, in some spelling that the type json keeps.
const std::vector<optional_view> values_of_json{
    std::nullopt, "null",   "\"\"",  "{}",       "[]",     " {}",       "{} ",          "{ }",      "\t{}",
    "\n{}",       "{}\n",   "{\n}",  "{\r}",     "{\r\n}", "\"{\\n}\"", "\"\\n{}\"",    "1",        "1.0",
    "1e0",        "\"a\"",  "\"\\u0061\"", "{\"a\":1,\"a\":2}", "{\"a\":2,\"a\":1}", "\"\\\"\\\\n\""};

void check_all_differ(event_row row, std::string_view name, optional_view event_row::*value,
                      const std::vector<optional_view>& values)
{
    std::map<std::string, optional_view> lines;
    for (const optional_view& one : values) {
        row.*value = one;
        const auto [known, is_new] = lines.emplace(line_of(row), one);
        CAPTURE(name, one, known->second);
        CHECK(is_new);
    }
}

}  // namespace

// ---------------------------------------------------------------- the line

TEST_CASE("a row's line has every column, in the table's order", "[sealed_event]")
{
    CHECK(line_of(full_row()) ==
          R"({"format":"daybook-event-1","organization_id":"8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11",)"
          R"("id":"019cadc0-9a01-7abc-8def-0123456789ab","recorded_at":"2026-03-02T10:00:01.000009Z",)"
          R"("action":"role.grant","outcome":"denied","actor_type":"user","actor_id":"u1","actor_name":"Zoë \"Z\"",)"
          R"("on_behalf_of":[{"type":"service","id":"sync"}],"targets":[ {"type":"role", "id":"admin"} ],)"
          R"("target_type":"role","target_id":"admin","reason":"not on\nSundays",)"
          R"("changes":[{"path":"/limit","old":1.50}],"source_ip":"10.0.0.4","user_agent":"curl/8","request_id":"r-1",)"
          R"("correlation_id":"c-1","trace_id":"t-1","source":"tests","metadata_text":"{\"a\":\n1}",)"
          R"("facets":[{"key":"region","value":"eu"}],"db_role":"daybook_app","schema_version":1})");
}

TEST_CASE("a column that is null is not in the line", "[sealed_event]")
{
    CHECK(line_of(least_row()) ==
          R"({"format":"daybook-event-1","organization_id":"8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11",)"
          R"("id":"019cadc0-9a01-7abc-8def-0123456789ab","recorded_at":"2026-03-02T10:00:01.000009Z",)"
          R"("action":"a","outcome":"success","actor_type":"user","actor_id":"u1",)"
          R"("db_role":"daybook_app","schema_version":1})");
}

TEST_CASE("a line is appended to what is there", "[sealed_event]")
{
    std::string line = "before ";
    append_sealed(line, least_row());

    CHECK(line == "before " + line_of(least_row()));
}

TEST_CASE("a line is JSON for every other parser, and has all values", "[sealed_event]")
{
    const auto json = nlohmann::json::parse(line_of(full_row()));

    CHECK(json.size() == 25);  // and the format
    CHECK(json["actor_name"] == "Zoë \"Z\"");
    CHECK(json["reason"] == "not on\nSundays");
    CHECK(json["targets"][0]["id"] == "admin");
    CHECK(json["metadata_text"] == "{\"a\":\n1}");
}

// ---------------------------------------------------------------- no two rows have one line

TEST_CASE("a text that changes changes the line", "[sealed_event]")
{
    for (const text_column& column : texts) {
        std::set<std::string> lines;
        std::size_t values = 0;
        for (const optional_view& one : values_of_text) {
            if (one) {
                event_row row = full_row();
                row.*column.value = *one;
                lines.insert(line_of(row));
                ++values;
            }
        }
        CAPTURE(column.name);
        CHECK(lines.size() == values);
    }
}

TEST_CASE("a text that may be null changes the line, and null is not empty", "[sealed_event]")
{
    for (const optional_column& column : optional_texts) {
        check_all_differ(full_row(), column.name, column.value, values_of_text);
        check_all_differ(least_row(), column.name, column.value, values_of_text);
    }
}

TEST_CASE("JSON that changes, if only in its white space, changes the line", "[sealed_event]")
{
    for (const optional_column& column : json_columns) {
        check_all_differ(full_row(), column.name, column.value, values_of_json);
        check_all_differ(least_row(), column.name, column.value, values_of_json);
    }
}

TEST_CASE("any bit of an id, the organization's or the event's, changes the line", "[sealed_event]")
{
    for (uuid event_row::*const id : {&event_row::id, &event_row::organization}) {
        std::set<std::string> lines{line_of(full_row())};
        for (std::size_t bit = 0; bit < 128; ++bit) {
            event_row row = full_row();
            (row.*id).bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
            lines.insert(line_of(row));
        }
        CHECK(lines.size() == 129);
    }
}

TEST_CASE("the version of the schema changes the line", "[sealed_event]")
{
    std::set<std::string> lines;
    for (const int version : {-32768, -1, 0, 1, 2, 10, 32767}) {
        event_row row = full_row();
        row.schema_version = version;
        lines.insert(line_of(row));
    }
    CHECK(lines.size() == 7);
}

TEST_CASE("every time that the database can store has a line of its own", "[sealed_event]")
{
    using std::chrono::microseconds;
    using std::chrono::sys_days;
    using std::chrono::year;
    const timestamp year_10000 = sys_days{year{10000} / 1 / 1};
    std::set<std::string> lines;
    std::size_t times = 0;
    for (const timestamp around :
         {timestamp{}, year_10000, parse_time("2026-03-02T10:00:00Z"), timestamp{sys_days{year{0} / 1 / 1}},
          timestamp{sys_days{year{-4713} / 11 / 24}}, timestamp{sys_days{year{32767} / 12 / 31}},
          timestamp{microseconds{9'223'371'331'200'000'000}}, timestamp{microseconds{1} - microseconds::max()}}) {
        for (const int away : {-1, 0, 1, 1'000'000}) {
            event_row row = full_row();
            row.recorded_at = around + microseconds{away};
            lines.insert(line_of(row));
            ++times;
        }
    }
    for (const timestamp end : {timestamp::min(), timestamp::max()}) {  // as infinity is read
        event_row row = full_row();
        row.recorded_at = end;
        lines.insert(line_of(row));
        ++times;
    }

    CHECK(lines.size() == times);
}

TEST_CASE("a time beyond RFC 3339 is in the line as the number that is stored", "[sealed_event]")
{
    const auto shown = [](timestamp time) {
        event_row row = least_row();
        row.recorded_at = time;
        return nlohmann::json::parse(line_of(row))["recorded_at"];
    };
    const timestamp year_10000 = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};
    const std::chrono::microseconds moment{1};

    CHECK(shown(timestamp{}) == "1970-01-01T00:00:00.000000Z");
    CHECK(shown(timestamp{} - moment) == -1);
    CHECK(shown(year_10000 - moment) == "9999-12-31T23:59:59.999999Z");
    CHECK(shown(year_10000) == 253'402'300'800'000'000);
    CHECK(shown(timestamp::min()) == std::numeric_limits<std::int64_t>::min());
    CHECK(shown(timestamp::max()) == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("a value that moves to another column changes the line", "[sealed_event]")
{
    std::set<std::string> lines;
    for (const auto& columns : {std::vector<optional_column>{optional_texts.begin(), optional_texts.end()},
                                std::vector<optional_column>{json_columns.begin(), json_columns.end()}}) {
        for (const optional_column& column : columns) {
            event_row row = least_row();
            row.*column.value = "[\n]";
            lines.insert(line_of(row));
            row.*column.value = "[]";
            lines.insert(line_of(row));
        }
    }

    CHECK(lines.size() == 32);
}

// Rows by chance, of values that try to look like the end of one column and the beginning of the next.
TEST_CASE("of a hundred thousand rows, no two that differ have one line", "[sealed_event]")
{
    std::mt19937 chance{24};
    const auto pick = [&chance](const std::vector<optional_view>& values) { return values[chance() % values.size()]; };
    std::map<std::string, std::vector<optional_view>> rows;
    for (int round = 0; round < 100'000; ++round) {
        event_row row = least_row();
        std::vector<optional_view> values;
        for (const optional_column& column : optional_texts) {
            values.push_back(row.*column.value = chance() % 4 == 0 ? pick(values_of_text) : std::nullopt);
        }
        for (const optional_column& column : json_columns) {
            values.push_back(row.*column.value = chance() % 4 == 0 ? pick(values_of_json) : std::nullopt);
        }
        const auto [known, is_new] = rows.emplace(line_of(row), values);
        if (known->second != values) {
            FAIL("two rows have this line: " << known->first);
        }
    }
    CHECK(rows.size() > 50'000);
}

TEST_CASE("a line has no line end in it, whatever the row holds", "[sealed_event]")
{
    for (const optional_column& column : optional_texts) {
        for (const optional_view& one : values_of_text) {
            event_row row = full_row();
            row.*column.value = one;
            CHECK(line_of(row).find_first_of("\r\n") == std::string::npos);
        }
    }
    for (const optional_column& column : json_columns) {
        for (const optional_view& one : values_of_json) {
            event_row row = full_row();
            row.*column.value = one;
            CAPTURE(column.name, one);
            CHECK(line_of(row).find_first_of("\r\n") == std::string::npos);
        }
    }
}

TEST_CASE("JSON with a line break is a text under another name", "[sealed_event]")
{
    for (const optional_column& column : json_columns) {
        for (const std::string_view json : {"[\n1]", "[\r1]", "\r\n[1]", "[1]\n"}) {
            event_row row = least_row();
            row.*column.value = json;
            const auto line = nlohmann::json::parse(line_of(row));
            CAPTURE(column.name, json);
            CHECK(line[std::string{column.name} + "_text"] == json);
            CHECK_FALSE(line.contains(column.name));
        }
    }
}

// ---------------------------------------------------------------- whose line

TEST_CASE("a line says whose it is", "[sealed_event]")
{
    CHECK(identity_of(line_of(full_row())) == sealed_identity{org_id{acme}, some_id});
    CHECK(identity_of(line_of(least_row())) == sealed_identity{org_id{acme}, some_id});
}

TEST_CASE("any byte changed in the beginning of a line is refused, or names somebody else", "[sealed_event]")
{
    const std::string line = line_of(least_row());
    const std::size_t end = line.find(R"(,"recorded_at")");
    std::size_t others = 0;
    for (std::size_t at = 0; at < end; ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string other = line;
            other[at] = static_cast<char>(byte);
            if (other == line) {
                continue;
            }
            try {
                event_row row = least_row();
                const sealed_identity found = identity_of(other);
                row.organization = found.organization.value();
                row.id = found.id;
                CAPTURE(at, byte);
                CHECK(line_of(row) == other);
                ++others;
            } catch (const error& e) {
                CHECK(e.kind() == error_kind::invalid_proof);
            }
        }
    }
    CHECK(others == 64 * 15);  // every digit of the two ids
}

TEST_CASE("what is no beginning of a line is refused", "[sealed_event]")
{
    const std::string line = line_of(least_row());
    const std::size_t end = line.find(R"(,"recorded_at")");
    for (std::size_t length = 0; length < end; ++length) {
        CAPTURE(length);
        CHECK(kind_of([&] { (void)identity_of(line.substr(0, length)); }) == error_kind::invalid_proof);
    }
    event_row nobody = least_row();
    nobody.organization = {};
    for (const std::string& other : {" " + line, "\xef\xbb\xbf" + line, line.substr(1), line_of(nobody)}) {
        CAPTURE(other);
        CHECK(kind_of([&] { (void)identity_of(other); }) == error_kind::invalid_proof);
    }
}
