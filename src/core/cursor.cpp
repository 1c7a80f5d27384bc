#include <daybook/cursor.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include <daybook/error.hpp>

#include "crypto.hpp"

namespace daybook {

namespace {

// organization, id, order, three bytes of a digest: 36 bytes, 48 characters of base64url without padding.
constexpr std::size_t payload_size = 33;
constexpr std::size_t cursor_size = 36;
using cursor_bytes = std::array<std::uint8_t, cursor_size>;

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The digest finds slips of the hand, not attacks.
void seal(cursor_bytes& bytes)
{
    const std::string_view payload{reinterpret_cast<const char*>(bytes.data()), payload_size};
    const auto digest = crypto::sha256("daybook cursor 1" + std::string{payload});
    std::copy_n(digest.begin(), cursor_size - payload_size, bytes.begin() + payload_size);
}

}  // namespace

std::string to_string(const cursor& position)
{
    cursor_bytes bytes{};
    std::ranges::copy(position.organization.value().bytes, bytes.begin());
    std::ranges::copy(position.last.value().bytes, bytes.begin() + 16);
    bytes[32] = static_cast<std::uint8_t>(position.order);
    seal(bytes);

    std::string text;
    for (std::size_t i = 0; i < cursor_size; i += 3) {
        const unsigned group = (unsigned{bytes[i]} << 16) | (unsigned{bytes[i + 1]} << 8) | bytes[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) {
            text += alphabet[(group >> shift) & 63];
        }
    }
    return text;
}

cursor cursor::parse(std::string_view text)
{
    const auto refuse = [] { return error{error_kind::invalid_cursor, "this is not a cursor of Daybook"}; };
    if (text.size() != cursor_size / 3 * 4) {
        throw refuse();
    }
    cursor_bytes bytes{};
    for (std::size_t i = 0, out = 0; i < text.size(); i += 4) {
        unsigned group = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const std::size_t value = alphabet.find(text[i + j]);
            if (value == std::string_view::npos) {
                throw refuse();
            }
            group = (group << 6) | static_cast<unsigned>(value);
        }
        bytes[out++] = static_cast<std::uint8_t>(group >> 16);
        bytes[out++] = static_cast<std::uint8_t>(group >> 8);
        bytes[out++] = static_cast<std::uint8_t>(group);
    }
    cursor_bytes expected = bytes;
    seal(expected);
    if (expected != bytes || bytes[32] > 1) {
        throw refuse();
    }
    uuid organization;
    uuid last;
    std::copy_n(bytes.begin(), 16, organization.bytes.begin());
    std::copy_n(bytes.begin() + 16, 16, last.bytes.begin());
    try {
        return {org_id{organization}, event_id{last}, static_cast<reading_order>(bytes[32])};
    } catch (const error&) {
        throw refuse();
    }
}

}  // namespace daybook
