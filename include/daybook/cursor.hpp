// Where a list of events goes on.

#ifndef DAYBOOK_CURSOR_HPP
#define DAYBOOK_CURSOR_HPP

#include <cstdint>
#include <string>
#include <string_view>

#include <daybook/event_id.hpp>
#include <daybook/export.hpp>
#include <daybook/org_id.hpp>

namespace daybook {

enum class reading_order : unsigned char { newest_first, oldest_first };

/// The last event of a page. Keyset, not offset: events that arrive meanwhile move nothing.
struct cursor {
    org_id organization;
    event_id last;
    reading_order order;

    friend bool operator==(const cursor&, const cursor&) = default;

    /// Throws error (invalid_cursor) unless `text` came from to_string(). Any thread.
    [[nodiscard]] DAYBOOK_EXPORT static cursor parse(std::string_view text);
};

/// An opaque text of URL-safe characters, stable across versions. It is no secret and no permission: it names the
/// organization, and reading with it in another one's scope is an error.
[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const cursor& position);

/// A place in the sealed order of a log: the index of the next leaf to read.
struct sealed_cursor {
    org_id organization;
    std::uint64_t next;

    friend bool operator==(const sealed_cursor&, const sealed_cursor&) = default;

    /// Throws error (invalid_cursor) unless `text` came from to_string(). Any thread.
    [[nodiscard]] DAYBOOK_EXPORT static sealed_cursor parse(std::string_view text);
};

/// As of a cursor.
[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const sealed_cursor& position);

}  // namespace daybook

#endif
