// JSONTestSuite (https://github.com/nst/JSONTestSuite), every file of test_parsing: y_ must be accepted, n_ refused,
// and i_ is ours to decide. What is decided, and why, is in the two tables below, one line a file.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include <daybook/json.hpp>

#include "vectors.hpp"

using namespace daybook;

namespace {

struct decision {
    std::string_view file;
    bool accepted;
    std::string_view reason;
};

// Valid JSON that we refuse all the same.
constexpr decision exceptions[]{
    {"y_object_escaped_null_in_key.json", false, "\\u0000: PostgreSQL cannot hold it"},
    {"y_string_null_escape.json", false, "\\u0000: PostgreSQL cannot hold it"},
};

constexpr std::string_view digits_kept = "digits are kept, so nothing overflows";
constexpr std::string_view number_bomb = "an exponent beyond 999: jsonb would write out its zeroes";
constexpr std::string_view underflow = "a small negative exponent: digits are kept, so nothing underflows";
constexpr std::string_view lone = "a lone surrogate is no character, and PostgreSQL cannot hold it";
constexpr std::string_view not_utf8 = "not UTF-8";

constexpr decision decisions[]{
    {"i_number_double_huge_neg_exp.json", true, underflow},
    {"i_number_huge_exp.json", false, number_bomb},
    {"i_number_neg_int_huge_exp.json", false, number_bomb},
    {"i_number_pos_double_huge_exp.json", false, number_bomb},
    {"i_number_real_neg_overflow.json", false, number_bomb},
    {"i_number_real_pos_overflow.json", false, number_bomb},
    {"i_number_real_underflow.json", false, number_bomb},
    {"i_number_too_big_neg_int.json", true, digits_kept},
    {"i_number_too_big_pos_int.json", true, digits_kept},
    {"i_number_very_big_negative_int.json", true, digits_kept},
    {"i_object_key_lone_2nd_surrogate.json", false, lone},
    {"i_string_1st_surrogate_but_2nd_missing.json", false, lone},
    {"i_string_1st_valid_surrogate_2nd_invalid.json", false, lone},
    {"i_string_UTF-16LE_with_BOM.json", false, not_utf8},
    {"i_string_UTF-8_invalid_sequence.json", false, not_utf8},
    {"i_string_UTF8_surrogate_U+D800.json", false, not_utf8},
    {"i_string_incomplete_surrogate_and_escape_valid.json", false, lone},
    {"i_string_incomplete_surrogate_pair.json", false, lone},
    {"i_string_incomplete_surrogates_escape_valid.json", false, lone},
    {"i_string_invalid_lonely_surrogate.json", false, lone},
    {"i_string_invalid_surrogate.json", false, lone},
    {"i_string_invalid_utf-8.json", false, not_utf8},
    {"i_string_inverted_surrogates_U+1D11E.json", false, lone},
    {"i_string_iso_latin_1.json", false, not_utf8},
    {"i_string_lone_second_surrogate.json", false, lone},
    {"i_string_lone_utf8_continuation_byte.json", false, not_utf8},
    {"i_string_not_in_unicode_range.json", false, not_utf8},
    {"i_string_overlong_sequence_2_bytes.json", false, not_utf8},
    {"i_string_overlong_sequence_6_bytes.json", false, not_utf8},
    {"i_string_overlong_sequence_6_bytes_null.json", false, not_utf8},
    {"i_string_truncated-utf-8.json", false, not_utf8},
    {"i_string_utf16BE_no_BOM.json", false, not_utf8},
    {"i_string_utf16LE_no_BOM.json", false, not_utf8},
    {"i_structure_500_nested_arrays.json", false, "more than 64 levels"},
    {"i_structure_UTF-8_BOM_empty_object.json", false, "RFC 8259, section 8.1: a byte order mark must not be added"},
};

bool is_accepted(const std::string& text)
{
    json_reader reader{text};
    for (;;) {
        switch (reader.next()) {
        case json_token::end: return true;
        case json_token::invalid: return false;
        default: break;
        }
    }
}

std::set<std::filesystem::path> files_of(std::string_view prefix)
{
    std::set<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{testing::vectors("json-test-suite/test_parsing")}) {
        if (entry.path().filename().string().starts_with(prefix)) {
            files.insert(entry.path());
        }
    }
    return files;
}

}  // namespace

TEST_CASE("valid JSON of the suite is accepted, but for the exceptions that are named", "[json]")
{
    const auto files = files_of("y_");

    CHECK(files.size() == 95);
    for (const auto& file : files) {
        const std::string name = file.filename().string();
        const auto* const exception = std::ranges::find(exceptions, name, &decision::file);
        CAPTURE(name);
        CHECK(is_accepted(testing::contents(file)) == (exception == std::end(exceptions)));
    }
}

TEST_CASE("invalid JSON of the suite is refused", "[json]")
{
    const auto files = files_of("n_");

    CHECK(files.size() == 188);
    for (const auto& file : files) {
        CAPTURE(file.filename().string());
        CHECK_FALSE(is_accepted(testing::contents(file)));
    }
}

TEST_CASE("what the suite leaves open is decided, file by file", "[json]")
{
    const auto files = files_of("i_");

    CHECK(files.size() == std::size(decisions));
    for (const auto& file : files) {
        const std::string name = file.filename().string();
        const auto* const decided = std::ranges::find(decisions, name, &decision::file);
        CAPTURE(name);
        REQUIRE(decided != std::end(decisions));
        CAPTURE(decided->reason);
        CHECK(is_accepted(testing::contents(file)) == decided->accepted);
    }
}
