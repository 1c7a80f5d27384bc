#include <catch2/catch_test_macros.hpp>

#include <algorithm>

#include <daybook/limits.hpp>

using namespace daybook;

TEST_CASE("what is a key of an index fits into an index row", "[limits]")
{
    // A third of a page, less its header; beside the key, two uuids and the headers of the row and of its texts.
    constexpr std::size_t index_row = 2704;
    constexpr std::size_t beside = 2 * 16 + 8 + 8;

    STATIC_CHECK(limits::id_bytes + beside <= index_row);
    STATIC_CHECK(limits::name_bytes + beside <= index_row);
    STATIC_CHECK(limits::facet_key_bytes + limits::facet_value_bytes + beside <= index_row);
}

TEST_CASE("every bounded part fits into an event", "[limits]")
{
    STATIC_CHECK(limits::targets * (limits::id_bytes + limits::name_bytes) <= limits::event_bytes);
    STATIC_CHECK(limits::facets * (limits::facet_key_bytes + limits::facet_value_bytes) <= limits::event_bytes);
}

TEST_CASE("a number cannot become much longer than it was written", "[limits]")
{
    // numeric writes out every zero of an exponent; PostgreSQL's own limit is 131,072 digits before the point.
    STATIC_CHECK(limits::json_number_bytes + limits::json_exponent <= 2048);
}
