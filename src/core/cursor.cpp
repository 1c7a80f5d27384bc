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

std::string encode(cursor_bytes bytes)
{
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

error refused()
{
    return {error_kind::invalid_cursor, "this is not a cursor of Daybook, or one of another list"};
}

cursor_bytes decode(std::string_view text)
{
    if (text.size() != cursor_size / 3 * 4) {
        throw refused();
    }
    cursor_bytes bytes{};
    for (std::size_t i = 0, out = 0; i < text.size(); i += 4) {
        unsigned group = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const std::size_t value = alphabet.find(text[i + j]);
            if (value == std::string_view::npos) {
                throw refused();
            }
            group = (group << 6) | static_cast<unsigned>(value);
        }
        bytes[out++] = static_cast<std::uint8_t>(group >> 16);
        bytes[out++] = static_cast<std::uint8_t>(group >> 8);
        bytes[out++] = static_cast<std::uint8_t>(group);
    }
    cursor_bytes expected = bytes;
    seal(expected);
    if (expected != bytes) {
        throw refused();
    }
    return bytes;
}

uuid uuid_at(const cursor_bytes& bytes, std::ptrdiff_t at)
{
    uuid value;
    std::copy_n(bytes.begin() + at, 16, value.bytes.begin());
    return value;
}

constexpr std::uint8_t sealed_order = 2;  // behind those of reading_order

}  // namespace

std::string to_string(const cursor& position)
{
    cursor_bytes bytes{};
    std::ranges::copy(position.organization.value().bytes, bytes.begin());
    std::ranges::copy(position.last.value().bytes, bytes.begin() + 16);
    bytes[32] = static_cast<std::uint8_t>(position.order);
    return encode(bytes);
}

cursor cursor::parse(std::string_view text)
{
    const cursor_bytes bytes = decode(text);
    if (bytes[32] >= sealed_order) {
        throw refused();
    }
    try {
        return {org_id{uuid_at(bytes, 0)}, event_id{uuid_at(bytes, 16)}, static_cast<reading_order>(bytes[32])};
    } catch (const error&) {
        throw refused();
    }
}

std::string to_string(const sealed_cursor& position)
{
    cursor_bytes bytes{};
    std::ranges::copy(position.organization.value().bytes, bytes.begin());
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[24 + i] = static_cast<std::uint8_t>(position.next >> (56 - 8 * i));
    }
    bytes[32] = sealed_order;
    return encode(bytes);
}

sealed_cursor sealed_cursor::parse(std::string_view text)
{
    const cursor_bytes bytes = decode(text);
    const bool low = std::all_of(bytes.begin() + 16, bytes.begin() + 24, [](std::uint8_t byte) { return byte == 0; });
    if (bytes[32] != sealed_order || !low || bytes[24] > 0x7f || uuid_at(bytes, 0).is_nil()) {
        throw refused();
    }
    std::uint64_t next = 0;
    for (std::size_t i = 24; i < 32; ++i) {
        next = next << 8 | bytes[i];
    }
    return {org_id{uuid_at(bytes, 0)}, next};
}

}  // namespace daybook
