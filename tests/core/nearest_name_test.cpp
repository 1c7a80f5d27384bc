#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>
#include <string_view>

#include <daybook/event.hpp>

using namespace daybook;

namespace {

constexpr std::array<std::string_view, 6> fields{"action", "outcome", "actor", "actor_type", "target", "id"};

}  // namespace

TEST_CASE("one slip of the hand is understood", "[nearest_name]")
{
    CHECK(nearest_name("acton", fields) == "action");    // a letter is missing
    CHECK(nearest_name("actiion", fields) == "action");  // a letter too many
    CHECK(nearest_name("actoin", fields) == "action");   // two letters changed places
    CHECK(nearest_name("auction", fields) == "action");
    CHECK(nearest_name("aktion", fields) == "action");  // another letter
    CHECK(nearest_name("ourcome", fields) == "outcome");
}

TEST_CASE("a name that is known is its own nearest", "[nearest_name]")
{
    for (const std::string_view name : fields) {
        CHECK(nearest_name(name, fields) == name);
    }
}

TEST_CASE("one slip in three characters is near, more is not", "[nearest_name]")
{
    CHECK(nearest_name("aktr_type", fields) == "actor_type");  // two in nine
    CHECK(nearest_name("actrtyp", fields).empty());            // three in seven
    CHECK(nearest_name("severity", fields).empty());
    CHECK(nearest_name("xyz", fields).empty());
}

TEST_CASE("of two names that are equally near the first is taken", "[nearest_name]")
{
    constexpr std::array<std::string_view, 2> known{"bat", "cat"};

    CHECK(nearest_name("rat", known) == "bat");
}

TEST_CASE("a transposition is nearer than two replacements", "[nearest_name]")
{
    constexpr std::array<std::string_view, 2> known{"xycd", "bacd"};

    CHECK(nearest_name("abcd", known) == "bacd");
}

TEST_CASE("a hostile name is near to nothing", "[nearest_name]")
{
    const std::string longest(64, 'a');
    const std::string longer(65, 'a');
    const std::array<std::string_view, 2> known{longest, longer};

    CHECK(nearest_name(longest, known) == longest);
    CHECK(nearest_name(longer, known).empty());
    CHECK(nearest_name(std::string(10'000'000, 'a'), fields).empty());
    CHECK(nearest_name("", fields).empty());
}

TEST_CASE("where nothing is known nothing is near", "[nearest_name]")
{
    CHECK(nearest_name("action", {}).empty());
}
