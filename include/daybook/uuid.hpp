// The sixteen bytes of a uuid, and their one canonical spelling.

#ifndef DAYBOOK_UUID_HPP
#define DAYBOOK_UUID_HPP

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <daybook/export.hpp>

namespace daybook {

/// Plain bytes in network order, so that comparison is PostgreSQL's order.
struct uuid {
    std::array<std::uint8_t, 16> bytes{};

    friend auto operator<=>(const uuid&, const uuid&) = default;

    [[nodiscard]] bool is_nil() const noexcept { return *this == uuid{}; }
};

/// Reads 36 characters, lower case, 8-4-4-4-12 (RFC 9562, section 4); nothing for anything else. PostgreSQL itself
/// also takes braces, upper case and missing hyphens: one organization with several spellings is a trap. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::optional<uuid> parse_uuid(std::string_view text) noexcept;

/// The canonical 36 characters. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const uuid& value);

}  // namespace daybook

#endif
