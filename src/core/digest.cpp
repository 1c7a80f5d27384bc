#include <daybook/digest.hpp>

#include "crypto.hpp"

namespace daybook {

std::string hex_sha256(std::string_view bytes)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : crypto::sha256(bytes)) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string line_key(std::string_view line)
{
    return hex_sha256(line).substr(0, 16);
}

}  // namespace daybook
