#include <daybook/event_id.hpp>

#include <algorithm>

#include <daybook/error.hpp>

#include "crypto.hpp"

namespace daybook {

namespace {

// The first eight bytes: milliseconds, the version, and the microseconds within the millisecond as 4096ths.
uuid with_time(timestamp time)
{
    const auto micros = time.time_since_epoch().count();
    if (micros < 0 || micros / 1000 >= (std::int64_t{1} << 48)) {
        throw error{error_kind::invalid_time, "an event id carries times from 1970 to 10889"};
    }
    const auto high = (static_cast<std::uint64_t>(micros / 1000) << 16) | 0x7000U |
                      (static_cast<std::uint64_t>(micros % 1000) * 4096 / 1000);
    uuid value;
    for (std::size_t i = 0; i < 8; ++i) {
        value.bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    }
    return value;
}

void set_variant(uuid& value)
{
    value.bytes[8] = static_cast<std::uint8_t>((value.bytes[8] & 0x3f) | 0x80);
}

}  // namespace

event_id event_id::parse(std::string_view text)
{
    const auto value = parse_uuid(text);
    if (!value) {
        throw error{error_kind::invalid_id, "\"" + std::string{text.substr(0, 60)} + "\" is not an event id",
                    "write the uuid in lower case, as in 019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7f"};
    }
    return event_id{*value};
}

event_id::event_id(const uuid& value) : m_value{value}
{
    if ((value.bytes[6] >> 4) != 7 || (value.bytes[8] >> 6) != 2) {
        throw error{error_kind::invalid_id, to_string(value) + " is not a UUIDv7, so it carries no time"};
    }
}

event_id event_id::generate(timestamp time)
{
    uuid value = with_time(time);
    crypto::random(std::span{value.bytes}.subspan<8>());
    set_variant(value);
    return event_id{value};
}

event_id event_id::derive(timestamp time, std::string_view key)
{
    uuid value = with_time(time);
    const auto digest = crypto::sha256(key);
    std::copy_n(digest.begin(), 8, value.bytes.begin() + 8);
    set_variant(value);
    return event_id{value};
}

uuid event_id::floor(timestamp time)
{
    // A moment's ids begin with its own fraction and continue with any variant bits: zeroes sort before them all.
    return with_time(time);
}

timestamp event_id::time() const noexcept
{
    std::uint64_t high = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        high = (high << 8) | m_value.bytes[i];
    }
    // The latest microsecond whose floor() is not above this id: exact for our ids, and for ids with other bits there the
    // range that begins at their time has them.
    const auto micros = (high >> 16) * 1000 + ((high & 0xfff) * 1000 + 999) / 4096;
    return timestamp{std::chrono::microseconds{static_cast<std::int64_t>(micros)}};
}

std::string to_string(const event_id& id)
{
    return to_string(id.value());
}

}  // namespace daybook
