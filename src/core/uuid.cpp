#include <daybook/uuid.hpp>

#include "append.hpp"

namespace daybook {

namespace {

constexpr bool hyphen_after(std::size_t byte)
{
    return byte == 3 || byte == 5 || byte == 7 || byte == 9;
}

constexpr int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return -1;
}

}  // namespace

std::optional<uuid> parse_uuid(std::string_view text) noexcept
{
    if (text.size() != 36) {
        return std::nullopt;
    }
    uuid result;
    std::size_t at = 0;
    for (std::size_t byte = 0; byte < 16; ++byte) {
        const int high = digit(text[at]);
        const int low = digit(text[at + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        result.bytes[byte] = static_cast<std::uint8_t>(high * 16 + low);
        at += 2;
        if (hyphen_after(byte)) {
            if (text[at] != '-') {
                return std::nullopt;
            }
            ++at;
        }
    }
    return result;
}

void append::id(std::string& out, const uuid& value)
{
    constexpr char digits[] = "0123456789abcdef";
    std::array<char, 36> text;
    char* at = text.data();
    for (std::size_t byte = 0; byte < 16; ++byte) {
        *at++ = digits[value.bytes[byte] >> 4];
        *at++ = digits[value.bytes[byte] & 15];
        if (hyphen_after(byte)) {
            *at++ = '-';
        }
    }
    out.append(text.data(), text.size());
}

std::string to_string(const uuid& value)
{
    std::string text;
    append::id(text, value);
    return text;
}

}  // namespace daybook
