#include <daybook/digest.hpp>

#include <array>
#include <cstdint>

#include "crypto.hpp"

namespace daybook {

namespace {

std::string hexadecimal(const std::array<std::uint8_t, 32>& digest)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace

struct sha256_digest::state {
    crypto::sha256_stream stream;
};

sha256_digest::sha256_digest() : m_state{std::make_unique<state>()} {}
sha256_digest::~sha256_digest() = default;

void sha256_digest::add(std::string_view bytes)
{
    m_state->stream.add(bytes);
}

std::string sha256_digest::hex()
{
    return hexadecimal(m_state->stream.finish());
}

std::string hex_sha256(std::string_view bytes)
{
    return hexadecimal(crypto::sha256(bytes));
}

std::string line_key(std::string_view line)
{
    return hex_sha256(line).substr(0, 16);
}

}  // namespace daybook
