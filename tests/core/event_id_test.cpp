#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <daybook/event_id.hpp>

#include "expect_error.hpp"

using namespace daybook;
using Catch::Matchers::ContainsSubstring;
using daybook::testing::kind_of;
using daybook::testing::message_of;
using std::chrono::microseconds;

namespace {

timestamp at(std::int64_t micros)
{
    return timestamp{microseconds{micros}};
}

const timestamp some_time = parse_time("2026-03-02T10:00:00.123457Z");

// Every microsecond of one millisecond, and moments from 1970 to 9999.
std::vector<timestamp> many_times()
{
    std::vector<timestamp> times;
    const std::int64_t millisecond = parse_time("2026-03-02T10:00:00.123Z").time_since_epoch().count();
    for (std::int64_t i = 0; i < 1000; ++i) {
        times.push_back(at(millisecond + i));
    }
    const timestamp last = parse_time("9999-12-31T23:59:59.999999Z");
    times.push_back(timestamp{});
    times.push_back(last);
    std::mt19937_64 random{1};
    for (int i = 0; i < 20'000; ++i) {
        times.push_back(
            at(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(last.time_since_epoch().count() + 1))));
    }
    return times;
}

// An id of `time` whose random bits are all equal.
event_id with_random_bits(timestamp time, std::uint8_t byte)
{
    uuid value = event_id::floor(time);
    value.bytes[8] = static_cast<std::uint8_t>(0x80 | (byte & 0x3f));
    std::fill(value.bytes.begin() + 9, value.bytes.end(), byte);
    return event_id{value};
}

}  // namespace

TEST_CASE("an event id carries its time exactly, for every microsecond", "[event_id]")
{
    for (const timestamp time : many_times()) {
        if (event_id::generate(time).time() != time || event_id::derive(time, "key").time() != time) {
            FAIL_CHECK("not carried: " << to_string(time));
        }
    }
}

TEST_CASE("an event id is laid out as RFC 9562 says", "[event_id]")
{
    // Section 5.7 and appendix A.6: 48 bits of milliseconds, version 7, variant 10.
    const timestamp time = parse_time("2022-02-22T19:22:22.000Z");
    const event_id id = event_id::derive(time, "key");

    CHECK(to_string(id).substr(0, 15) == "017f22e2-79b0-7");
    CHECK(id.value().bytes[8] >> 6 == 2);
}

TEST_CASE("the twelve bits behind the version are the fraction of the millisecond", "[event_id]")
{
    // Section 6.2, method 3: 457 µs of 1000 are 1871 of 4096.
    const uuid value = event_id::derive(some_time, "key").value();

    CHECK((value.bytes[6] & 0x0f) * 256 + value.bytes[7] == 457 * 4096 / 1000);
}

TEST_CASE("an event id is read and written in its canonical form", "[event_id]")
{
    constexpr std::string_view text = "019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7f";

    CHECK(to_string(event_id::parse(text)) == text);
}

TEST_CASE("another spelling of an event id is refused, and the message shows it", "[event_id]")
{
    for (const std::string_view text :
         {"", "{019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7f}", "019AA0C4-3F2B-7C5D-8E1F-2A3B4C5D6E7F",
          "019aa0c43f2b7c5d8e1f2a3b4c5d6e7f", " 019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7f",
          "019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7fx"}) {
        CAPTURE(text);
        const auto work = [text] { (void)event_id::parse(text); };
        CHECK(kind_of(work) == error_kind::invalid_id);
        CHECK_THAT(message_of(work), ContainsSubstring("\"" + std::string{text} + "\""));
    }
}

TEST_CASE("a uuid of another version or variant is no event id", "[event_id]")
{
    for (const char version : std::string_view{"012345689abcdef"}) {
        std::string text = "019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7f";
        text[14] = version;
        CAPTURE(text);
        CHECK(kind_of([&] { (void)event_id::parse(text); }) == error_kind::invalid_id);
    }
    for (const char variant : std::string_view{"01234567cdef"}) {
        std::string text = "019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7f";
        text[19] = variant;
        CAPTURE(text);
        CHECK(kind_of([&] { (void)event_id::parse(text); }) == error_kind::invalid_id);
    }
}

TEST_CASE("the nil uuid is no event id", "[event_id]")
{
    CHECK(kind_of([] { (void)event_id{uuid{}}; }) == error_kind::invalid_id);
    CHECK(kind_of([] { (void)event_id::parse("00000000-0000-0000-0000-000000000000"); }) == error_kind::invalid_id);
}

TEST_CASE("two ids of one moment differ", "[event_id]")
{
    CHECK(event_id::generate(some_time) != event_id::generate(some_time));
}

TEST_CASE("the same time and key always give the same id", "[event_id]")
{
    // 62 bits behind the time: the variant, then the first of SHA-256("abc") = ba7816bf 8f01cfea …
    CHECK(to_string(event_id::derive(some_time, "abc")) == "019cadfd-897b-774f-ba78-16bf8f01cfea");
    CHECK(event_id::derive(some_time, "abc") == event_id::derive(some_time, std::string{"abc"}));
}

TEST_CASE("another key or another time gives another id", "[event_id]")
{
    const event_id id = event_id::derive(some_time, "abc");

    CHECK(id != event_id::derive(some_time, "abd"));
    CHECK(id != event_id::derive(some_time, ""));
    CHECK(id != event_id::derive(some_time, std::string_view{"abc\0", 4}));
    CHECK(id != event_id::derive(some_time + microseconds{1}, "abc"));
}

TEST_CASE("event ids sort as their times do", "[event_id]")
{
    std::vector<timestamp> times = many_times();
    std::ranges::sort(times);
    times.erase(std::ranges::unique(times).begin(), times.end());

    for (std::size_t i = 1; i < times.size(); ++i) {
        if (!(with_random_bits(times[i - 1], 0xff) < with_random_bits(times[i], 0x00))) {
            FAIL_CHECK(to_string(times[i - 1]) << " does not sort before " << to_string(times[i]));
        }
    }
}

TEST_CASE("a time range that begins at a moment takes all of that moment's ids and none before it", "[event_id]")
{
    for (const timestamp time : many_times()) {
        const uuid floor = event_id::floor(time);
        if (!(floor <= with_random_bits(time, 0x00).value())) {
            FAIL_CHECK("an id of " << to_string(time) << " is left out");
        }
        if (time > timestamp{} && !(with_random_bits(time - microseconds{1}, 0xff).value() < floor)) {
            FAIL_CHECK("an id before " << to_string(time) << " is taken");
        }
    }
}

TEST_CASE("an id that another program made lies within the range of its own time", "[event_id]")
{
    // Most UUIDv7 have random bits where ours have the microseconds.
    for (unsigned fraction = 0; fraction < 4096; ++fraction) {
        uuid value = event_id::floor(parse_time("2026-03-02T10:00:00.123Z"));
        value.bytes[6] = static_cast<std::uint8_t>(0x70 | (fraction >> 8));
        value.bytes[7] = static_cast<std::uint8_t>(fraction);
        value.bytes[8] = 0x80;
        const timestamp time = event_id{value}.time();
        if (event_id::floor(time) > value || event_id::floor(time + microseconds{1}) <= value) {
            FAIL_CHECK(fraction << " of 4096 is taken for " << to_string(time));
        }
    }
}

TEST_CASE("an id cannot carry a time before 1970", "[event_id]")
{
    CHECK(event_id::generate(timestamp{}).time() == timestamp{});
    CHECK(kind_of([] { (void)event_id::generate(at(-1)); }) == error_kind::invalid_time);
    CHECK(kind_of([] { (void)event_id::derive(at(-1), "key"); }) == error_kind::invalid_time);
    CHECK(kind_of([] { (void)event_id::floor(at(-1)); }) == error_kind::invalid_time);
}

TEST_CASE("an id cannot carry a time that its 48 bits of milliseconds cannot hold", "[event_id]")
{
    const std::int64_t beyond = (std::int64_t{1} << 48) * 1000;

    CHECK(event_id::generate(at(beyond - 1)).time() == at(beyond - 1));
    CHECK(kind_of([&] { (void)event_id::generate(at(beyond)); }) == error_kind::invalid_time);
}

TEST_CASE("there is no default event id, and nothing becomes one by itself", "[event_id]")
{
    STATIC_CHECK_FALSE(std::is_default_constructible_v<event_id>);
    STATIC_CHECK_FALSE(std::is_convertible_v<uuid, event_id>);
}
