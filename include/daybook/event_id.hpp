// The id of an event: a UUIDv7 that carries the event's time to the microsecond.
//
// Because the id says when, one index on (organization, id) serves newest-first, time ranges, paging, look-up and
// the idempotent retry, and the time cannot disagree with the id.

#ifndef DAYBOOK_EVENT_ID_HPP
#define DAYBOOK_EVENT_ID_HPP

#include <compare>
#include <string>
#include <string_view>

#include <daybook/export.hpp>
#include <daybook/timestamp.hpp>
#include <daybook/uuid.hpp>

namespace daybook {

/// RFC 9562, section 5.7: 48 bits of milliseconds, 12 bits with the fraction of the millisecond (section 6.2,
/// method 3), 62 other bits. Any thread.
class DAYBOOK_EXPORT event_id {
public:
    /// Throws error (invalid_id) unless `text` is the canonical spelling of a UUIDv7.
    [[nodiscard]] static event_id parse(std::string_view text);

    /// Throws error (invalid_id) unless `value` is a UUIDv7.
    explicit event_id(const uuid& value);

    /// An id for `time`, its other bits from the system's random source. Throws error (invalid_time) before 1970.
    [[nodiscard]] static event_id generate(timestamp time);

    /// The id that belongs to a source's own key: always the same for the same time and key, so that importing
    /// twice writes once. The other bits are the first of the key's SHA-256.
    [[nodiscard]] static event_id derive(timestamp time, std::string_view key);

    /// The least id of `time` and of any moment after it: where a time range begins.
    [[nodiscard]] static uuid floor(timestamp time);

    /// When: exactly the time that the id was made for.
    [[nodiscard]] timestamp time() const noexcept;

    [[nodiscard]] const uuid& value() const noexcept { return m_value; }

    friend auto operator<=>(const event_id&, const event_id&) = default;

private:
    uuid m_value;
};

[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const event_id& id);

}  // namespace daybook

#endif
