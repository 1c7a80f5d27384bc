#include "ticket_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include <daybook/error.hpp>

namespace daybook::detail {

namespace {

constexpr std::string_view prefix = "daybook_";
constexpr std::string_view digits = "0123456789abcdef";

void append(std::string& text, std::span<const std::uint8_t> bytes)
{
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
}

}  // namespace

std::string to_text(const ticket_parts& parts)
{
    std::string text{prefix};
    append(text, parts.organization.bytes);
    append(text, parts.id.bytes);
    append(text, parts.secret.bytes);
    return text;
}

ticket_parts parse_ticket(std::string_view text)
{
    ticket_parts parts;
    std::array<std::uint8_t, 48> bytes{};
    bool good = text.starts_with(prefix) && text.size() == prefix.size() + 2 * bytes.size();
    for (std::size_t i = 0; good && i < 2 * bytes.size(); ++i) {
        const std::size_t value = digits.find(text[prefix.size() + i]);
        good = value != std::string_view::npos;
        bytes[i / 2] = static_cast<std::uint8_t>(bytes[i / 2] << 4 | (value & 15));
    }
    if (!good) {
        throw error{error_kind::invalid_ticket, "this is no ticket: a ticket is daybook_ and 96 hexadecimal digits"};
    }
    std::copy_n(bytes.begin(), 16, parts.organization.bytes.begin());
    std::copy_n(bytes.begin() + 16, 16, parts.id.bytes.begin());
    std::copy_n(bytes.begin() + 32, 16, parts.secret.bytes.begin());
    return parts;
}

}  // namespace daybook::detail
