#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <daybook/cursor.hpp>

#include "expect_error.hpp"

using namespace daybook;
using daybook::testing::kind_of;

namespace {

const org_id acme = org_id::parse("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11");
const org_id globex = org_id::parse("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e12");
const event_id some_id = event_id::parse("019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7f");
const event_id other_id = event_id::parse("019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e80");

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool is_refused(const std::string& text)
{
    return kind_of([&] { (void)cursor::parse(text); }) == error_kind::invalid_cursor;
}

}  // namespace

TEST_CASE("a cursor is read as it was written", "[cursor]")
{
    for (const reading_order order : {reading_order::newest_first, reading_order::oldest_first}) {
        const cursor position{acme, some_id, order};

        CHECK(cursor::parse(to_string(position)) == position);
    }
}

TEST_CASE("a cursor's text is stable across versions", "[cursor]")
{
    CHECK(to_string(cursor{acme, some_id, reading_order::oldest_first}) ==
          "jCpLjl89Sm6dVx8MOyp-EQGaoMQ_K3xdjh8qO0xdbn8B7jmH");
}

TEST_CASE("a cursor's text needs no escaping in a URL", "[cursor]")
{
    const std::string text = to_string(cursor{acme, some_id, reading_order::newest_first});

    CHECK(text.find_first_not_of(alphabet) == std::string::npos);
}

TEST_CASE("cursors of other organizations, events and orders have other texts", "[cursor]")
{
    const std::set<std::string> texts{
        to_string(cursor{acme, some_id, reading_order::newest_first}),
        to_string(cursor{acme, some_id, reading_order::oldest_first}),
        to_string(cursor{globex, some_id, reading_order::newest_first}),
        to_string(cursor{acme, other_id, reading_order::newest_first}),
    };

    CHECK(texts.size() == 4);
}

TEST_CASE("every change of a single character of a cursor is refused", "[cursor]")
{
    const std::string text = to_string(cursor{acme, some_id, reading_order::newest_first});

    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = text;
            changed[at] = static_cast<char>(byte);
            if (changed != text && !is_refused(changed)) {
                FAIL_CHECK("byte " << byte << " at " << at);
            }
        }
    }
}

TEST_CASE("two neighbours that changed places are refused", "[cursor]")
{
    const std::string text = to_string(cursor{acme, some_id, reading_order::newest_first});

    for (std::size_t at = 1; at < text.size(); ++at) {
        std::string changed = text;
        std::swap(changed[at - 1], changed[at]);
        if (changed != text) {
            CAPTURE(changed);
            CHECK(is_refused(changed));
        }
    }
}

TEST_CASE("a cursor of any other length is refused", "[cursor]")
{
    const std::string text = to_string(cursor{acme, some_id, reading_order::newest_first});

    for (std::size_t size = 0; size < text.size(); ++size) {
        CAPTURE(size);
        CHECK(is_refused(text.substr(0, size)));
    }
    CHECK(is_refused(text + "A"));
    CHECK(is_refused(text + "AAAA"));
    CHECK(is_refused(text + "="));
    CHECK(is_refused(text + "\n"));
    CHECK(is_refused(" " + text));
    CHECK(is_refused(text + text));
}

TEST_CASE("what is no cursor is refused", "[cursor]")
{
    CHECK(is_refused(std::string(48, 'A')));
    CHECK(is_refused(std::string(48, '\0')));
    CHECK(is_refused(to_string(some_id)));
    CHECK(is_refused(std::string(1'000'000, 'A')));
}

TEST_CASE("a cursor whose digest is right is refused all the same when its ids cannot be", "[cursor]")
{
    // Made with the digest that such a cursor would have: the nil organization, a UUIDv4 as event, a third order.
    CHECK(is_refused("AAAAAAAAAAAAAAAAAAAAAAGaoMQ_K3xdjh8qO0xdbn8AABYL"));
    CHECK(is_refused("jCpLjl89Sm6dVx8MOyp-EYwqS45fPUpunVcfDDsqfhEASbxF"));
    CHECK(is_refused("jCpLjl89Sm6dVx8MOyp-EQGaoMQ_K3xdjh8qO0xdbn8C_KT5"));
}
