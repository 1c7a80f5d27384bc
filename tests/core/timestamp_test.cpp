#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/timestamp.hpp>

#include "expect_error.hpp"

using namespace daybook;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using daybook::testing::kind_of;
using daybook::testing::message_of;

namespace {

std::string read(std::string_view text)
{
    return to_string(parse_time(text));
}

bool is_refused(std::string_view text)
{
    try {
        (void)parse_time(text);
    } catch (const error& e) {
        return e.kind() == error_kind::invalid_time;
    }
    return false;
}

}  // namespace

TEST_CASE("a time is read to the microsecond", "[timestamp]")
{
    const auto expected = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 10h + 1min + 2s + 123456us;

    CHECK(parse_time("2026-11-20T10:01:02.123456Z") == expected);
}

TEST_CASE("the forms of RFC 3339 are read", "[timestamp]")
{
    CHECK(read("2026-11-20T10:00:00Z") == "2026-11-20T10:00:00.000000Z");
    CHECK(read("2026-11-20t10:00:00z") == "2026-11-20T10:00:00.000000Z");
    CHECK(read("2026-11-20 10:00:00Z") == "2026-11-20T10:00:00.000000Z");
    CHECK(read("2026-11-20T10:00:00.5Z") == "2026-11-20T10:00:00.500000Z");
    CHECK(read("2026-11-20T10:00:00.000001Z") == "2026-11-20T10:00:00.000001Z");
    CHECK(read("2024-02-29T23:59:59Z") == "2024-02-29T23:59:59.000000Z");
    CHECK(read("1985-04-12T23:20:50.52Z") == "1985-04-12T23:20:50.520000Z");    // section 5.8
    CHECK(read("1996-12-19T16:39:57-08:00") == "1996-12-20T00:39:57.000000Z");  // section 5.8
    CHECK(read("1990-12-31T15:59:60-08:00") == "1991-01-01T00:00:00.000000Z");  // section 5.8
}

TEST_CASE("an offset is taken off the local time", "[timestamp]")
{
    CHECK(read("2026-11-20T10:00:00+05:30") == "2026-11-20T04:30:00.000000Z");
    CHECK(read("2026-11-20T10:00:00-03:45") == "2026-11-20T13:45:00.000000Z");
    CHECK(read("2026-01-01T00:00:00+00:01") == "2025-12-31T23:59:00.000000Z");
    CHECK(read("2026-12-31T23:59:59-23:59") == "2027-01-01T23:58:59.000000Z");
    CHECK(read("2026-11-20T10:00:00+00:00") == "2026-11-20T10:00:00.000000Z");
    CHECK(read("2026-11-20T10:00:00-00:00") == "2026-11-20T10:00:00.000000Z");
}

TEST_CASE("the forms of ISO 8601 that logs write, +hhmm and a decimal comma, are read", "[timestamp]")
{
    CHECK(read("2026-11-20T10:00:00.000+0530") == "2026-11-20T04:30:00.000000Z");
    CHECK(read("2026-11-20T10:00:00,25Z") == "2026-11-20T10:00:00.250000Z");
}

TEST_CASE("digits beyond the microsecond are cut off, not rounded", "[timestamp]")
{
    CHECK(read("2026-11-20T10:00:00.1234569Z") == "2026-11-20T10:00:00.123456Z");
    CHECK(read("2026-12-31T23:59:59.999999999Z") == "2026-12-31T23:59:59.999999Z");
    CHECK(read("2026-11-20T10:00:00.1" + std::string(10'000, '9') + "Z") == "2026-11-20T10:00:00.199999Z");
}

TEST_CASE("a leap second is the next second", "[timestamp]")
{
    CHECK(read("2016-12-31T23:59:60Z") == "2017-01-01T00:00:00.000000Z");
    CHECK(read("2016-12-31T23:59:60.5Z") == "2017-01-01T00:00:00.500000Z");
    CHECK(is_refused("2016-12-31T23:59:61Z"));
}

TEST_CASE("a time without a zone is refused, and the message says what to append", "[timestamp]")
{
    for (const std::string_view text : {"2026-11-20T10:00:00", "2026-11-20 10:00:00", "2026-11-20T10:00:00.123"}) {
        CAPTURE(text);
        const auto work = [text] { (void)parse_time(text); };
        CHECK(kind_of(work) == error_kind::invalid_time);
        CHECK_THAT(message_of(work), ContainsSubstring("no zone") && ContainsSubstring("append Z"));
    }
}

TEST_CASE("what is not the whole form is refused", "[timestamp]")
{
    for (const std::string_view text : {
             "",
             "Z",
             "now",
             "yesterday",
             "infinity",
             "-infinity",
             "1763632800",
             "@1763632800",
             "2026",
             "2026-11",
             "2026-11-20",
             "2026-11-20Z",
             "2026-11-20T",
             "2026-11-20T10",
             "2026-11-20T10Z",
             "2026-11-20T10:00Z",
             "2026-11-20T10:00:0Z",
             "2026-11-20T10:00:00.Z",
             "2026-11-20T10:00:00.",
             "2026-11-20T10:00:00.-1Z",
             "2026-11-20T10:00:00 Z",
             "2026-11-20T10:00:00UTC",
             "2026-11-20T10:00:00 UTC",
             "2026-11-20T10:00:00Z ",
             " 2026-11-20T10:00:00Z",
             "2026-11-20T10:00:00Zx",
             "2026-11-20T10:00:00+",
             "2026-11-20T10:00:00+1",
             "2026-11-20T10:00:00+01",
             "2026-11-20T10:00:00+01:",
             "2026-11-20T10:00:00+01:0",
             "2026-11-20T10:00:00+01:00Z",
             "2026-11-20T10:00:00++01:00",
             "2026-11-20T10:00:00Z+01:00",
             "2026/11/20T10:00:00Z",
             "20261120T100000Z",
             "2026-1-20T10:00:00Z",
             "26-11-20T10:00:00Z",
             "+2026-11-20T10:00:00Z",
             "-2026-11-20T10:00:00Z",
             "12026-11-20T10:00:00Z",
             "2026-11-20_10:00:00Z",
             "2026-11-20T10-00-00Z",
             "2026-W47-5T10:00:00Z",
             "２０２６-11-20T10:00:00Z",
             "Fri, 20 Nov 2026 10:00:00 +0000",
         }) {
        CAPTURE(text);
        CHECK(is_refused(text));
    }
}

TEST_CASE("a NUL character ends no time", "[timestamp]")
{
    using namespace std::string_view_literals;

    CHECK(is_refused("2026-11-20T10:00:00Z\0"sv));
    CHECK(is_refused("2026-11-20T10:00:00\0Z"sv));
}

TEST_CASE("days and hours that do not exist are refused", "[timestamp]")
{
    for (const std::string_view text : {
             "2026-00-20T10:00:00Z",
             "2026-13-20T10:00:00Z",
             "2026-11-00T10:00:00Z",
             "2026-11-31T10:00:00Z",
             "2026-02-29T10:00:00Z",
             "2100-02-29T10:00:00Z",
             "2026-11-20T24:00:00Z",
             "2026-11-20T10:60:00Z",
             "2026-11-20T10:00:61Z",
             "2026-11-20T10:00:00+24:00",
             "2026-11-20T10:00:00+23:60",
         }) {
        CAPTURE(text);
        CHECK(is_refused(text));
    }
}

TEST_CASE("only 1970 to 9999 is taken, whatever the zone", "[timestamp]")
{
    CHECK(parse_time("1970-01-01T00:00:00Z") == timestamp{});
    CHECK(parse_time("1969-12-31T23:00:00-01:00") == timestamp{});
    CHECK(read("9999-12-31T23:59:59.999999Z") == "9999-12-31T23:59:59.999999Z");

    CHECK(is_refused("1969-12-31T23:59:59.999999Z"));
    CHECK(is_refused("1970-01-01T00:00:00+00:01"));
    CHECK(is_refused("0000-01-01T00:00:00Z"));
    CHECK(is_refused("9999-12-31T23:59:60Z"));
    CHECK(is_refused("9999-12-31T23:59:59-00:01"));
}

TEST_CASE("a message shows no more than the beginning of a hostile time", "[timestamp]")
{
    const std::string endless(1'000'000, '1');

    const auto work = [&] { (void)parse_time(endless); };

    CHECK(message_of(work).size() < 300);
    CHECK_THAT(message_of(work), ContainsSubstring("1111"));
}

TEST_CASE("times are written with six digits and Z", "[timestamp]")
{
    CHECK(to_string(timestamp{}) == "1970-01-01T00:00:00.000000Z");
    CHECK(to_string(timestamp{1us}) == "1970-01-01T00:00:00.000001Z");
}

TEST_CASE("a time that is written is read again, and texts sort as times do", "[timestamp]")
{
    const auto end = parse_time("9999-12-31T23:59:59.999999Z").time_since_epoch().count();
    std::mt19937_64 random{2};
    std::vector<timestamp> times{timestamp{}, timestamp{std::chrono::microseconds{end}}};
    for (int i = 0; i < 5'000; ++i) {
        const auto micros = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end));
        times.emplace_back(std::chrono::microseconds{micros});
    }
    std::ranges::sort(times);

    for (const timestamp time : times) {
        if (parse_time(to_string(time)) != time) {
            FAIL_CHECK("not read again: " << to_string(time));
        }
    }
    CHECK(std::ranges::is_sorted(times, {}, [](timestamp time) { return to_string(time); }));
}
