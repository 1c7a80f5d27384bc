// What json_reader and the functions beside it promise. The published suite is in json_suite_test.cpp, the comparison
// with another parser in json_differential_test.cpp.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <daybook/json.hpp>

#include "expect_error.hpp"
#include "vectors.hpp"

using namespace daybook;
using namespace std::string_literals;
using namespace std::string_view_literals;
using Catch::Matchers::ContainsSubstring;
using daybook::testing::kind_of;
using daybook::testing::message_of;

namespace {

// The tokens of a text, `end` or `invalid` last.
std::vector<json_token> tokens(std::string_view text)
{
    std::vector<json_token> result;
    json_reader reader{text};
    do {
        result.push_back(reader.next());
    } while (result.back() != json_token::end && result.back() != json_token::invalid);
    return result;
}

bool is_accepted(std::string_view text)
{
    return tokens(text).back() == json_token::end;
}

std::string nested(std::size_t levels)
{
    return std::string(levels, '[') + std::string(levels, ']');
}

std::string nested_objects(std::size_t levels)
{
    std::string text = "1";
    for (std::size_t i = 0; i < levels; ++i) {
        text = R"({"a":)" + text + "}";
    }
    return text;
}

std::string in_quotes(std::string_view text)
{
    return '"' + std::string{text} + '"';
}

std::string written(std::string_view text)
{
    std::string out;
    append_json_string(out, text);
    return out;
}

constexpr std::string_view mixed =
    " {\"a\" : [1, -2.50,{ \"b\":\t\"x\\\"]}\" ,\"\":{}}, [ ] ] ,\r\n \"a\":null , \"c\" :[true,false,\"\\u00e9\"]} ";

struct bad_utf8 {
    std::string_view bytes;
    std::string_view what;
};

constexpr bad_utf8 not_utf8[]{
    {"\x80"sv, "a continuation alone"},
    {"\xbf"sv, "the last continuation alone"},
    {"\xc0\x80"sv, "NUL in two bytes"},
    {"\xc0\xaf"sv, "a slash in two bytes"},
    {"\xc1\xbf"sv, "DEL in two bytes"},
    {"\xc2"sv, "two bytes, cut after one"},
    {"\xc2\x7f"sv, "a second byte below the continuations"},
    {"\xc2\xc0"sv, "a second byte above the continuations"},
    {"\xdf\x20"sv, "a space as second byte"},
    {"\xe0\x80\x80"sv, "NUL in three bytes"},
    {"\xe0\x80\xaf"sv, "a slash in three bytes"},
    {"\xe0\x9f\xbf"sv, "U+07FF in three bytes"},
    {"\xe2\x82"sv, "three bytes, cut after two"},
    {"\xe2\x28\xa1"sv, "three bytes, the second wrong"},
    {"\xe2\x82\x28"sv, "three bytes, the third wrong"},
    {"\xed\xa0\x80"sv, "the first high surrogate"},
    {"\xed\xaf\xbf"sv, "the last high surrogate"},
    {"\xed\xb0\x80"sv, "the first low surrogate"},
    {"\xed\xbf\xbf"sv, "the last low surrogate"},
    {"\xed\xa0\xbd\xed\xb8\x80"sv, "a pair of surrogates, as CESU-8 has it"},
    {"\xf0\x80\x80\x80"sv, "NUL in four bytes"},
    {"\xf0\x80\x80\xaf"sv, "a slash in four bytes"},
    {"\xf0\x8f\xbf\xbf"sv, "U+FFFF in four bytes"},
    {"\xf0\x9f\x98"sv, "four bytes, cut after three"},
    {"\xf0\x28\x8c\xbc"sv, "four bytes, the second wrong"},
    {"\xf0\x9f\x28\x80"sv, "four bytes, the third wrong"},
    {"\xf0\x9f\x98\x28"sv, "four bytes, the fourth wrong"},
    {"\xf4\x90\x80\x80"sv, "U+110000"},
    {"\xf5\x80\x80\x80"sv, "beyond Unicode"},
    {"\xf8\x88\x80\x80\x80"sv, "five bytes"},
    {"\xfc\x84\x80\x80\x80\x80"sv, "six bytes"},
    {"\xfe"sv, "0xfe"},
    {"\xff"sv, "0xff"},
};

// The first and the last character of each length, and those beside the surrogates.
constexpr std::string_view good_utf8[]{
    "\x01"sv,         "\x7f"sv,         "\xc2\x80"sv,     "\xdf\xbf"sv,         "\xe0\xa0\x80"sv,
    "\xed\x9f\xbf"sv, "\xee\x80\x80"sv, "\xef\xbf\xbf"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv,
};

}  // namespace

TEST_CASE("a text is read token by token", "[json]")
{
    using enum json_token;

    CHECK(tokens(mixed) ==
          std::vector{object_begin, key,          array_begin,   integer,     decimal,   object_begin, key, string, key,
                      object_begin, object_end,   object_end,    array_begin, array_end, array_end,    key, null,   key,
                      array_begin,  boolean_true, boolean_false, string,      array_end, object_end,   end});
}

TEST_CASE("tokens and what lies between them are the whole text", "[json]")
{
    std::string all;
    json_reader reader{mixed};
    json_token token = reader.next();
    for (; token != json_token::end && token != json_token::invalid; token = reader.next()) {
        const std::string_view raw = reader.raw();
        const auto begin = static_cast<std::size_t>(raw.data() - mixed.data());
        REQUIRE(begin >= all.size());
        const std::string_view between = mixed.substr(all.size(), begin - all.size());
        CHECK(between.find_first_not_of(" \t\r\n,:") == std::string_view::npos);
        all += between;
        all += raw;
    }
    all += mixed.substr(all.size());

    CHECK(token == json_token::end);
    CHECK(all == mixed);
}

TEST_CASE("numbers keep every digit", "[json]")
{
    for (const std::string_view number : {"0", "-0", "0.0", "1.50", "9007199254740993", "-1e5", "1E+05", "0.10e-010",
                                          "123456789012345678901234567890.000"}) {
        const std::string text = " [ " + std::string{number} + " ] ";
        json_reader reader{text};
        (void)reader.next();
        (void)reader.next();
        CHECK(reader.raw() == number);
    }
}

TEST_CASE("a number is an integer only without fraction and exponent", "[json]")
{
    CHECK(tokens("0").front() == json_token::integer);
    CHECK(tokens("-12").front() == json_token::integer);
    CHECK(tokens("1.0").front() == json_token::decimal);
    CHECK(tokens("1e0").front() == json_token::decimal);
    CHECK(tokens("1E2").front() == json_token::decimal);
}

TEST_CASE("repeated keys are accepted and kept, in their order", "[json]")
{
    std::string keys;
    json_reader reader{R"({"b":1,"a":2,"b":3})"};
    for (json_token token = reader.next(); token != json_token::end; token = reader.next()) {
        REQUIRE(token != json_token::invalid);
        if (token == json_token::key) {
            keys += json_text(reader.raw());
        }
    }

    CHECK(keys == "bab");
}

TEST_CASE("skip gives the bytes of an object or array, and reading goes on behind it", "[json]")
{
    json_reader reader{R"( [ {"a":[1,{"b":"]}"}]} , [ ] , 7 ] )"};
    REQUIRE(reader.next() == json_token::array_begin);

    REQUIRE(reader.next() == json_token::object_begin);
    CHECK(reader.skip() == R"({"a":[1,{"b":"]}"}]})");
    CHECK(reader.depth() == 1);
    REQUIRE(reader.next() == json_token::array_begin);
    CHECK(reader.skip() == "[ ]");
    REQUIRE(reader.next() == json_token::integer);
    CHECK(reader.raw() == "7");
    CHECK(reader.next() == json_token::array_end);
    CHECK(reader.next() == json_token::end);
}

TEST_CASE("skip gives nothing for what is invalid, and next says so too", "[json]")
{
    for (const std::string_view text : {R"({"a":[1,}]})", R"({"a":[1)", R"({"a":"\x"})", "[1}"}) {
        CAPTURE(text);
        json_reader reader{text};
        (void)reader.next();
        CHECK(reader.skip().empty());
        CHECK(reader.next() == json_token::invalid);
    }
}

TEST_CASE("depth counts what is open", "[json]")
{
    std::vector<int> depths;
    json_reader reader{R"([{"a":[]}])"};
    depths.push_back(reader.depth());
    while (reader.next() != json_token::end) {
        depths.push_back(reader.depth());
    }

    CHECK(depths == std::vector{0, 1, 2, 2, 3, 2, 1, 0});
}

TEST_CASE("after the end there is only the end", "[json]")
{
    json_reader reader{"1 "};
    REQUIRE(reader.next() == json_token::integer);

    CHECK(reader.next() == json_token::end);
    CHECK(reader.next() == json_token::end);
    CHECK(reader.raw().empty());
    CHECK(reader.position() == 2);
}

TEST_CASE("after a problem there is only the problem", "[json]")
{
    json_reader reader{"[x, 1]"};
    REQUIRE(reader.next() == json_token::array_begin);
    REQUIRE(reader.next() == json_token::invalid);
    const std::size_t position = reader.position();

    CHECK(reader.next() == json_token::invalid);
    CHECK(reader.position() == position);
}

TEST_CASE("a problem is named, with the byte where it is", "[json]")
{
    struct sample {
        std::string_view text;
        std::size_t position;
        std::string_view problem;
    };
    for (const sample& s : {
             sample{"", 0, "ends too early"},
             {"  ", 2, "ends too early"},
             {"[1,", 3, "ends too early"},
             {R"({"a":)", 5, "ends too early"},
             {"[", 1, "ends too early"},
             {R"({"a")", 4, "colon"},
             {R"({"a" 1})", 5, "colon"},
             {R"({"a"::1})", 5, "a value is expected"},
             {"{1:2}", 1, "a key in double quotes"},
             {R"({"a":1,})", 7, "a key in double quotes"},
             {"[1 2]", 3, "comma or the end"},
             {"[1:2]", 2, "comma or the end"},
             {"[:1]", 1, "a value is expected"},
             {"[1,]", 3, "a value is expected"},
             {"[,1]", 1, "a value is expected"},
             {"]", 0, "a value is expected"},
             {"[}", 1, "a value is expected"},
             {"[1}", 2, "the wrong bracket"},
             {R"({"a":1])", 6, "the wrong bracket"},
             {"1 2", 2, "something follows"},
             {"nul", 0, "a value is expected"},
             {"True", 0, "a value is expected"},
             {"truex", 4, "something follows"},
             {"-", 1, "a digit is expected"},
             {"1.", 2, "a digit is expected"},
             {"1e", 2, "a digit is expected"},
             {"1e+", 3, "a digit is expected"},
             {"01", 2, "a needless zero"},
             {R"("abc)", 4, "without its end"},
             {"\"a\tb\"", 2, "a control character"},
             {R"("a\xb")", 2, "an escape"},
             {R"("a\)", 2, "an escape"},
             {R"("a\u12")", 2, "an escape"},
             {R"("a\u00zz")", 2, "an escape"},
             {R"("a\u0000")", 2, "\\u0000"},
             {R"("a\ud800")", 2, "a lone surrogate"},
             {R"("a\ud800\u0041")", 2, "a lone surrogate"},
             {R"("a\udc00\ud800")", 2, "a lone surrogate"},
             {"\"a\xff\"", 2, "not UTF-8"},
         }) {
        CAPTURE(s.text);
        json_reader reader{s.text};
        json_token token = reader.next();
        while (token != json_token::invalid && token != json_token::end) {
            token = reader.next();
        }
        REQUIRE(token == json_token::invalid);
        CHECK(reader.position() == s.position);
        CHECK_THAT(reader.problem(), ContainsSubstring(std::string{s.problem}));
    }
}

TEST_CASE("64 levels are read, 65 are not", "[json]")
{
    CHECK(is_accepted(nested(64)));
    CHECK_FALSE(is_accepted(nested(65)));
    CHECK(is_accepted(nested_objects(64)));
    CHECK_FALSE(is_accepted(nested_objects(65)));
}

TEST_CASE("levels count only while they are open", "[json]")
{
    std::string text = "[" + nested(63);
    for (int i = 0; i < 200; ++i) {
        text += "," + nested(63);
    }

    CHECK(is_accepted(text + "]"));
}

TEST_CASE("an object inside arrays inside objects remembers what it is", "[json]")
{
    // Objects and arrays by turns, 64 deep, each closed by its own bracket; then one closed by the other.
    std::string opening;
    std::string closing;
    for (int i = 0; i < 32; ++i) {
        opening += R"({"a":[)";
        closing = "]}" + closing;
    }

    CHECK(is_accepted(opening + closing));
    for (std::size_t i = 0; i < closing.size(); ++i) {
        std::string wrong = closing;
        wrong[i] = wrong[i] == ']' ? '}' : ']';
        CHECK_FALSE(is_accepted(opening + wrong));
    }
}

TEST_CASE("a million opening brackets are refused, not followed", "[json]")
{
    json_reader reader{std::string_view{}};
    const std::string bomb(1'000'000, '[');
    reader = json_reader{bomb};
    while (reader.next() != json_token::invalid) {}

    CHECK(reader.position() == 64);
}

TEST_CASE("exponents up to 999 are read, whatever their sign and leading zeroes", "[json]")
{
    for (const std::string_view number : {"1e999", "1E+999", "1e-999", "1e0000000999", "0e999", "1.5e-0999"}) {
        CAPTURE(number);
        CHECK(is_accepted(number));
    }
    for (const std::string_view number :
         {"1e1000", "1E+1000", "1e-1000", "1e100000", "0e1000", "1e00001000", "1e99999999999999999999999999"}) {
        CAPTURE(number);
        CHECK_FALSE(is_accepted(number));
    }
}

TEST_CASE("numbers of 1024 characters are read, longer ones are not", "[json]")
{
    CHECK(is_accepted(std::string(1024, '7')));
    CHECK_FALSE(is_accepted(std::string(1025, '7')));
    CHECK(is_accepted("-0." + std::string(1021, '7')));
    CHECK_FALSE(is_accepted("-0." + std::string(1022, '7')));
    CHECK(is_accepted("[" + std::string(1024, '7') + " ]"));
}

TEST_CASE("a number's sign and fraction need their digits, and NaN and infinity are none", "[json]")
{
    for (const std::string_view text : {"+1", ".5", "5.", "-.5", "0x10", "1_000", "00", "-01", "1e1.5", "NaN", "nan",
                                        "-nan", "Infinity", "-Infinity", "inf"}) {
        CAPTURE(text);
        CHECK_FALSE(is_accepted(text));
    }
}

TEST_CASE("a surrogate needs its other half, in this order", "[json]")
{
    CHECK(is_accepted(R"("\ud83d\ude00")"));
    CHECK(is_accepted(R"("\uD83D\uDE00")"));
    CHECK(is_accepted(R"("\ud800\udc00\udbff\udfff")"));
    for (const std::string_view text : {R"("\ud83d")", R"("\ude00")", R"("\ude00\ud83d")", R"("\ud83d\ud83d\ude00")",
                                        R"("\ud83d \ude00")", R"("\ud83d\\ude00")", R"("\ud83d\n")"}) {
        CAPTURE(text);
        CHECK_FALSE(is_accepted(text));
    }
}

TEST_CASE("what PostgreSQL cannot hold is refused in strings and in keys", "[json]")
{
    CHECK_FALSE(is_accepted(R"("\u0000")"));
    CHECK_FALSE(is_accepted(R"({"\u0000":1})"));
    CHECK_FALSE(is_accepted("\"\0\""sv));
    CHECK_FALSE(is_accepted("1\0"sv));
    CHECK(is_accepted(R"("\\u0000")"));
    CHECK(is_accepted(R"("\u0001")"));
}

TEST_CASE("every byte below a space must be escaped inside a string, and no other", "[json]")
{
    for (int byte = 0; byte < 0x80; ++byte) {
        const char c = static_cast<char>(byte);
        CAPTURE(byte);
        CHECK(is_accepted(in_quotes({&c, 1})) == (byte >= 0x20 && c != '"' && c != '\\'));
    }
}

TEST_CASE("only the escapes of RFC 8259 exist", "[json]")
{
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text = "\"\\"s + static_cast<char>(byte) + "\"";
        const bool exists = byte != 0 && "\"\\/bfnrt"sv.find(static_cast<char>(byte)) != std::string_view::npos;
        CAPTURE(byte);
        CHECK(is_accepted(text) == exists);
    }
}

TEST_CASE("only the four characters of RFC 8259 are white space", "[json]")
{
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text = "[1"s + static_cast<char>(byte) + "]";
        const bool space = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
        const bool digit = byte >= '0' && byte <= '9';
        CAPTURE(byte);
        CHECK(is_accepted(text) == (space || digit));
    }
    CHECK_FALSE(is_accepted("\xef\xbb\xbf{}"));  // a byte order mark
    CHECK_FALSE(is_accepted("\xc2\xa0{}"));      // a no-break space
}

TEST_CASE("bytes that are not UTF-8 are refused in strings and in keys", "[json]")
{
    for (const bad_utf8& bad : not_utf8) {
        CAPTURE(bad.what);
        CHECK_FALSE(is_accepted(in_quotes(bad.bytes)));
        CHECK_FALSE(is_accepted("{" + in_quotes(bad.bytes) + ":1}"));
    }
    for (const std::string_view good : good_utf8) {
        if (static_cast<unsigned char>(good.front()) >= 0x20) {
            CHECK(is_accepted(in_quotes(good)));
        }
    }
}

TEST_CASE("a Lua error may jump over a reader", "[json]")
{
    STATIC_CHECK(std::is_trivially_destructible_v<json_reader>);
}

TEST_CASE("check_json names the field, the problem and the byte", "[json]")
{
    const auto work = [] { check_json("[1,]", "changes[1].old"); };

    CHECK(kind_of(work) == error_kind::invalid_json);
    CHECK_THAT(message_of(work), ContainsSubstring("changes[1].old") && ContainsSubstring("a value is expected here") &&
                                     ContainsSubstring("at byte 3"));
    CHECK_NOTHROW(check_json("[1]", "x"));
}

TEST_CASE("check_json_object takes nothing but an object", "[json]")
{
    CHECK_NOTHROW(check_json_object(" {} ", "metadata"));
    for (const std::string_view text : {"[]", "1", "null", R"("{}")", "true"}) {
        CAPTURE(text);
        const auto work = [text] { check_json_object(text, "metadata"); };
        CHECK(kind_of(work) == error_kind::invalid_json);
        CHECK_THAT(message_of(work), ContainsSubstring("metadata") && ContainsSubstring("not an object"));
    }
    CHECK(kind_of([] { check_json_object("{", "metadata"); }) == error_kind::invalid_json);
    CHECK(kind_of([] { check_json_object("{} {}", "metadata"); }) == error_kind::invalid_json);
}

TEST_CASE("every escape says what it stands for", "[json]")
{
    CHECK(json_text(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    CHECK(json_text(R"("a\u0062c")") == "abc");
    CHECK(json_text(R"("\u00e9\u20AC\ud83d\ude00")") == "é€😀");
    CHECK(json_text(R"("")").empty());
    CHECK(json_text("\"é€😀\"") == "é€😀");
}

TEST_CASE("every code point is decoded as another parser decodes it", "[json]")
{
    const auto escaped = [](unsigned unit) {
        constexpr std::string_view digits = "0123456789aBcDeF";
        std::string text = "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) {
            text += digits[(unit >> shift) & 15];
        }
        return text;
    };
    for (unsigned code = 1; code <= 0x10ffff; code += code < 0x10000 ? 1 : 61) {
        if (code >= 0xd800 && code <= 0xdfff) {
            continue;
        }
        const std::string raw =
            in_quotes(code < 0x10000 ? escaped(code)
                                     : escaped(0xd800 + ((code - 0x10000) >> 10)) + escaped(0xdc00 + (code & 0x3ff)));
        if (!is_accepted(raw) || json_text(raw) != nlohmann::json::parse(raw).get<std::string>()) {
            FAIL_CHECK(raw);
        }
    }
}

TEST_CASE("decoding into a buffer writes no more than the token's bytes", "[json]")
{
    for (const std::string_view raw : {R"("")", R"("\n")", R"("\u0001\uffff")", R"("\ud83d\ude00")", R"("plain é")"}) {
        CAPTURE(raw);
        std::vector<char> exactly(raw.size());
        const std::size_t size = json_text(raw, exactly.data());
        CHECK(std::string_view(exactly.data(), size) == json_text(raw));
        CHECK(size <= raw.size());
    }
}

TEST_CASE("only what RFC 8259 requires is escaped", "[json]")
{
    CHECK(written("plain / é 😀 \x7f <&>") == "\"plain / é 😀 \x7f <&>\"");
    CHECK(written("\"\\\b\f\n\r\t") == R"("\"\\\b\f\n\r\t")");
    CHECK(written("\x01\x0b\x1f") == R"("\u0001\u000b\u001f")");
    CHECK(written("").size() == 2);
}

TEST_CASE("a string is appended behind what is there", "[json]")
{
    std::string out = "[";
    append_json_string(out, "a");

    CHECK(out == R"(["a")");
}

TEST_CASE("naughty strings come back as they were written", "[json]")
{
    const auto naughty = nlohmann::json::parse(testing::contents(testing::vectors("blns") / "blns.json"));

    std::size_t count = 0;
    for (const auto& one : naughty) {
        const auto text = one.get<std::string>();
        CAPTURE(text);
        const std::string raw = written(text);
        CHECK(is_accepted(raw));
        CHECK(json_text(raw) == text);
        CHECK(nlohmann::json::parse(raw).get<std::string>() == text);
        ++count;
    }
    CHECK(count > 500);
}

TEST_CASE("on one line, only the line breaks between tokens change", "[json]")
{
    CHECK(json_on_one_line("{\n  \"a\\nb\": 1.50,\r\n  \"c\": []\n}") == "{   \"a\\nb\": 1.50,    \"c\": [] }");
    CHECK(json_on_one_line(R"({"a":"b c"})") == R"({"a":"b c"})");
}

TEST_CASE("check_text takes every character but NUL", "[json]")
{
    CHECK_NOTHROW(check_text("", "x"));
    for (const std::string_view good : good_utf8) {
        CHECK_NOTHROW(check_text(good, "x"));
        CHECK_NOTHROW(check_text("a" + std::string{good} + "b", "x"));
    }
}

TEST_CASE("check_text refuses every form that is not UTF-8, at its byte", "[json]")
{
    for (const bad_utf8& bad : not_utf8) {
        CAPTURE(bad.what);
        const auto work = [&] { check_text("ab" + std::string{bad.bytes}, "user_agent"); };
        CHECK(kind_of(work) == error_kind::invalid_text);
        CHECK_THAT(message_of(work), ContainsSubstring("user_agent is not UTF-8") && ContainsSubstring("at byte 2"));
        CHECK(kind_of([&] { check_text(std::string{bad.bytes} + "ab", "x"); }) == error_kind::invalid_text);
    }
}

TEST_CASE("check_text refuses NUL wherever it stands", "[json]")
{
    for (const std::string_view text : {"\0"sv, "a\0"sv, "\0a"sv, "a\0b"sv}) {
        const auto work = [text] { check_text(text, "reason"); };
        CHECK(kind_of(work) == error_kind::invalid_text);
        CHECK_THAT(message_of(work), ContainsSubstring("reason holds a NUL character"));
    }
}
