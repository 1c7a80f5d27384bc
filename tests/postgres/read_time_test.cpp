#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

TEST_CASE("times are read as people write them", "[database]")
{
    using std::chrono::hours;
    using std::chrono::minutes;
    const temporary_database database;
    pool connections{database.app_url()};
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    const auto read = [&](const char* text) { return read_time(connections, text, "Asia/Tokyo"); };
    // The server's clock is this machine's; a minute is room enough.
    const auto near = [](timestamp one, timestamp other) { return std::chrono::abs(one - other) < minutes{1}; };

    CHECK(near(read("2w"), now - hours{14 * 24}));
    CHECK(near(read("90m"), now - minutes{90}));
    CHECK(near(read("1h30m"), now - minutes{90}));
    CHECK(near(read("2 weeks ago"), now - hours{14 * 24}));
    CHECK(near(read("now"), now));
    CHECK(read("@1795168800") == parse_time("2026-11-20T10:00:00Z"));
    CHECK(read("2026-11-20T10:00:00.000001Z") == parse_time("2026-11-20T10:00:00.000001Z"));
    CHECK(read("2026-11-20 10:00") == parse_time("2026-11-20T10:00:00+09:00"));
    CHECK(read("2026-11-20") == parse_time("2026-11-20T00:00:00+09:00"));
    CHECK(to_string(read("14:05")).substr(10) == "T05:05:00.000000Z");
    CHECK(to_string(read("yesterday")).substr(10) == "T15:00:00.000000Z");
    for (const char* const nonsense : {"", "soon", "25:00", "2026-13-01", "@x", "2 parsecs ago", "infinity'"}) {
        INFO(nonsense);
        CHECK(kind_of([&] { static_cast<void>(read(nonsense)); }) == error_kind::invalid_time);
    }
    CHECK(kind_of([&] { static_cast<void>(read_time(connections, "14:05", "Nowhere/Land")); }) == error_kind::invalid_time);
}
