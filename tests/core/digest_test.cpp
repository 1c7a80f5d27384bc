#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include <daybook/digest.hpp>

#include "vectors.hpp"

using namespace daybook;

namespace {

std::string from_hex(std::string_view digits)
{
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16));
    }
    return bytes;
}

// What follows "NAME = " on a line, or nothing.
std::string value_of(std::string line, std::string_view name)
{
    const std::string prefix = std::string{name} + " = ";
    if (!line.starts_with(prefix)) {
        return {};
    }
    line.erase(0, prefix.size());
    return line.substr(0, line.find_last_not_of("\r ") + 1);
}

// NIST's .rsp files: Len in bits, Msg and MD in hexadecimal. Returns how many messages were checked.
int check_messages(const std::filesystem::path& file)
{
    std::ifstream in{file};
    int checked = 0;
    std::size_t bits = 0;
    std::string message;
    for (std::string line; std::getline(in, line);) {
        if (const std::string length = value_of(line, "Len"); !length.empty()) {
            bits = std::stoul(length);
        } else if (const std::string digits = value_of(line, "Msg"); !digits.empty()) {
            message = from_hex(digits).substr(0, bits / 8);
        } else if (const std::string digest = value_of(line, "MD"); !digest.empty()) {
            CAPTURE(bits);
            CHECK(hex_sha256(message) == digest);
            ++checked;
        }
    }
    return checked;
}

}  // namespace

TEST_CASE("the digest of the examples of FIPS 180-4", "[digest]")
{
    CHECK(hex_sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex_sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex_sha256(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a NUL character counts as any other", "[digest]")
{
    using namespace std::string_view_literals;

    CHECK(hex_sha256("\0"sv) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    CHECK(hex_sha256("a\0b"sv) != hex_sha256("a"));
}

TEST_CASE("the digests of NIST's short messages", "[digest]")
{
    const auto file = testing::vectors("nist-sha256/SHA256ShortMsg.rsp");

    CHECK(check_messages(file) == 65);
}

TEST_CASE("the digests of NIST's long messages", "[digest]")
{
    const auto file = testing::vectors("nist-sha256/SHA256LongMsg.rsp");

    CHECK(check_messages(file) == 64);
}

TEST_CASE("a hundred thousand digests of digests end where NIST's do", "[digest]")
{
    // SHAVS, section 6.4: each digest is that of the three before it; every thousandth one is listed.
    std::ifstream in{testing::vectors("nist-sha256/SHA256Monte.rsp")};
    std::string seed;
    int checked = 0;
    for (std::string line; std::getline(in, line);) {
        if (const std::string digits = value_of(line, "Seed"); !digits.empty()) {
            seed = from_hex(digits);
        } else if (const std::string digest = value_of(line, "MD"); !digest.empty()) {
            std::string before[3]{seed, seed, seed};
            for (int i = 0; i < 1000; ++i) {
                std::string next = from_hex(hex_sha256(before[0] + before[1] + before[2]));
                before[0] = std::exchange(before[1], std::exchange(before[2], std::move(next)));
            }
            seed = before[2];
            CHECK(seed == from_hex(digest));
            ++checked;
        }
    }
    CHECK(checked == 100);
}
