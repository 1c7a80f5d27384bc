#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <string_view>
#include <type_traits>

#include <daybook/org_id.hpp>

#include "expect_error.hpp"

using namespace daybook;
using Catch::Matchers::ContainsSubstring;
using daybook::testing::kind_of;
using daybook::testing::message_of;

TEST_CASE("an organization's id is read and written in its canonical form", "[org_id]")
{
    constexpr std::string_view text = "8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11";

    CHECK(to_string(org_id::parse(text)) == text);
}

TEST_CASE("any version of uuid may name an organization", "[org_id]")
{
    for (const std::string_view text :
         {"8c2a4b8e-5f3d-1a6e-9d57-1f0c3b2a7e11", "8c2a4b8e-5f3d-7a6e-9d57-1f0c3b2a7e11",
          "00000000-0000-0000-0000-000000000001", "ffffffff-ffff-ffff-ffff-ffffffffffff"}) {
        CAPTURE(text);
        CHECK(to_string(org_id::parse(text)) == text);
    }
}

TEST_CASE("the nil uuid is no organization", "[org_id]")
{
    CHECK(kind_of([] { (void)org_id::parse("00000000-0000-0000-0000-000000000000"); }) == error_kind::invalid_id);
    CHECK(kind_of([] { (void)org_id{uuid{}}; }) == error_kind::invalid_id);
}

TEST_CASE("another spelling of an organization's id is refused, and the message shows it", "[org_id]")
{
    for (const std::string_view text :
         {"", "all", "%", "{8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11}", "8C2A4B8E-5F3D-4A6E-9D57-1F0C3B2A7E11",
          "8c2a4b8e5f3d4a6e9d571f0c3b2a7e11", "8c2a-4b8e-5f3d-4a6e-9d57-1f0c-3b2a-7e11",
          " 8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11", "8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11x"}) {
        CAPTURE(text);
        const auto work = [text] { (void)org_id::parse(text); };
        CHECK(kind_of(work) == error_kind::invalid_id);
        CHECK_THAT(message_of(work), ContainsSubstring("\"" + std::string{text} + "\""));
    }
}

TEST_CASE("a message shows no more than the beginning of a hostile id", "[org_id]")
{
    const std::string endless(1'000'000, 'x');

    CHECK(message_of([&] { (void)org_id::parse(endless); }).size() < 300);
}

TEST_CASE("a new organization's id is a random UUIDv4", "[org_id]")
{
    const org_id one = org_id::generate();
    const org_id other = org_id::generate();

    CHECK(one.value().bytes[6] >> 4 == 4);
    CHECK(one.value().bytes[8] >> 6 == 2);
    CHECK(one != other);
}

TEST_CASE("there is no default organization, and nothing becomes one by itself", "[org_id]")
{
    STATIC_CHECK_FALSE(std::is_default_constructible_v<org_id>);
    STATIC_CHECK_FALSE(std::is_convertible_v<uuid, org_id>);
    STATIC_CHECK_FALSE(std::is_convertible_v<std::string, org_id>);
}
