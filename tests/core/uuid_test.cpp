#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <daybook/uuid.hpp>

using namespace daybook;

namespace {

constexpr std::string_view canonical = "0123abcd-4567-89ef-fedc-ba9876543210";

}  // namespace

TEST_CASE("the canonical spelling of a uuid is its sixteen bytes in network order", "[uuid]")
{
    const auto value = parse_uuid(canonical);

    REQUIRE(value);
    CHECK(value->bytes == std::array<std::uint8_t, 16>{0x01, 0x23, 0xab, 0xcd, 0x45, 0x67, 0x89, 0xef, 0xfe, 0xdc, 0xba,
                                                       0x98, 0x76, 0x54, 0x32, 0x10});
}

TEST_CASE("a uuid is written as it was read", "[uuid]")
{
    CHECK(to_string(parse_uuid(canonical).value()) == canonical);
    CHECK(to_string(uuid{}) == "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("spellings that PostgreSQL also takes are refused", "[uuid]")
{
    for (const std::string_view other : {
             "{0123abcd-4567-89ef-fedc-ba9876543210}",
             "0123ABCD-4567-89EF-FEDC-BA9876543210",
             "0123abcd-4567-89ef-fedc-bA9876543210",
             "0123abcd456789effedcba9876543210",
             "0123-abcd-4567-89ef-fedc-ba98-7654-3210",
             "{0123abcd456789effedcba9876543210}",
         }) {
        CAPTURE(other);
        CHECK_FALSE(parse_uuid(other));
    }
}

TEST_CASE("nothing may stand before, after or instead of a uuid", "[uuid]")
{
    for (const std::string_view other : {
             "",
             " ",
             "all",
             "%",
             "null",
             " 0123abcd-4567-89ef-fedc-ba9876543210",
             "0123abcd-4567-89ef-fedc-ba9876543210 ",
             "0123abcd-4567-89ef-fedc-ba9876543210x",
             "0123abcd-4567-89ef-fedc-ba987654321",
             "0123abcd-4567-89ef-fedc-ba9876543210\n",
             "urn:uuid:0123abcd-4567-89ef-fedc-ba9876543210",
             "0123abcd-4567-89ef-fedc-ba9876543210,0123abcd-4567-89ef-fedc-ba9876543210",
         }) {
        CAPTURE(other);
        CHECK_FALSE(parse_uuid(other));
    }
}

TEST_CASE("each of the 36 characters takes only what belongs there", "[uuid]")
{
    for (std::size_t at = 0; at < canonical.size(); ++at) {
        const bool hyphen = canonical[at] == '-';
        for (int byte = 0; byte < 256; ++byte) {
            const char c = static_cast<char>(byte);
            std::string text{canonical};
            text[at] = c;
            const bool belongs = hyphen ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            if (parse_uuid(text).has_value() != belongs) {
                FAIL_CHECK("byte " << byte << " at " << at);
            }
        }
    }
}

TEST_CASE("uuids sort by their bytes, the first one first", "[uuid]")
{
    std::array values{parse_uuid("ff000000-0000-0000-0000-000000000000").value(),
                      parse_uuid("00000000-0000-0000-0000-000000000001").value(), uuid{},
                      parse_uuid("80000000-0000-0000-0000-000000000000").value(),
                      parse_uuid("7fffffff-ffff-ffff-ffff-ffffffffffff").value()};

    std::ranges::sort(values);

    CHECK(std::ranges::is_sorted(values, {}, [](const uuid& value) { return to_string(value); }));
    CHECK(values.front().is_nil());
    CHECK(values.back().bytes[0] == 0xff);
}

TEST_CASE("only sixteen zeroes are nil", "[uuid]")
{
    CHECK(uuid{}.is_nil());
    for (std::size_t i = 0; i < 16; ++i) {
        uuid value;
        value.bytes[i] = 1;
        CAPTURE(i);
        CHECK_FALSE(value.is_nil());
    }
}
