// Base64 with one spelling for each value.

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "base64.hpp"

using namespace daybook;
using namespace std::string_view_literals;

namespace {

std::string bytes_by_chance(std::mt19937& chance, std::size_t count)
{
    std::string bytes;
    while (bytes.size() < count) {
        bytes += static_cast<char>(chance() % 256);
    }
    return bytes;
}

}  // namespace

TEST_CASE("the examples of RFC 4648, section 10, are written and read", "[base64]")
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> examples{{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    }};
    for (const auto& [bytes, text] : examples) {
        CAPTURE(bytes);
        CHECK(base64::encode(bytes) == text);
        CHECK(base64::decode(text) == bytes);
    }
}

TEST_CASE("bytes of any number and value come back", "[base64]")
{
    std::mt19937 chance{4648};
    for (std::size_t count = 0; count < 300; ++count) {
        CAPTURE(count);
        const std::string bytes = bytes_by_chance(chance, count);
        const std::string text = base64::encode(bytes);
        CHECK(text.size() == (count + 2) / 3 * 4);
        CHECK(base64::decode(text) == bytes);
    }
    const std::string long_one = bytes_by_chance(chance, 100'000);
    CHECK(base64::decode(base64::encode(long_one)) == long_one);
}

TEST_CASE("another spelling of the same bytes is refused", "[base64]")
{
    for (const std::string_view other : {
             "Zg"sv, "Zg="sv, "Zg==="sv, "Zg==\n"sv, "Zg==\r\n"sv,       // padding, line ends
             " Zg=="sv, "Zg== "sv, "Z g=="sv, "Zm9v\nZm9v"sv,            // white space
             "    Zg=="sv, "Zg==    "sv, "\n\n\n\nZg=="sv, "Zg==\n\n\n\n"sv,  // four of it
             "Zh=="sv, "Zn=="sv, "Zm9="sv, "Zm+="sv,                     // bits that nobody reads
             "Zg==Zg=="sv, "=Zg="sv, "Z=g="sv, "===="sv, "A==="sv, "="sv,  // padding elsewhere
             "Zm9v===="sv, "    "sv, "\n\n\n\n"sv, "----"sv, "Zm9v----"sv, "Zm9v-   "sv,
             "-_-_"sv, "Zm9\0"sv, "Zg==\0\0\0\0"sv, "\0\0\0\0"sv, "Zm9\xc3"sv, "\xef\xbb\xbfZ"sv,
         }) {
        CAPTURE(other);
        CHECK_FALSE(base64::decode(other));
    }
}

TEST_CASE("whatever is read is what would be written", "[base64]")
{
    constexpr std::string_view characters = "Zg8v+/=AQw \n\r-_.\0"sv;
    std::mt19937 chance{64};
    std::size_t read = 0;
    for (int round = 0; round < 200'000; ++round) {
        std::string text;
        for (std::size_t count = chance() % 13; count > 0; --count) {
            text += characters[chance() % characters.size()];
        }
        if (const auto bytes = base64::decode(text)) {
            ++read;
            if (base64::encode(*bytes) != text) {
                FAIL("read, though not written so: " << text);
            }
        }
    }
    CHECK(read > 1'000);
}

TEST_CASE("of all bytes, the 64 characters alone are read", "[base64]")
{
    int read = 0;
    for (int byte = 0; byte < 256; ++byte) {
        read += base64::decode(std::string(4, static_cast<char>(byte))).has_value();
    }

    CHECK(read == 64);
}
