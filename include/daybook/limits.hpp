// How large an event may be. Checked before anything is sent; the field's name is in the error.
//
// The database has the same rules (row_problem() in src/sql/migrations/0001_log.sql), so that a raw INSERT cannot write
// what the library would refuse. A change here is a change there.

#ifndef DAYBOOK_LIMITS_HPP
#define DAYBOOK_LIMITS_HPP

#include <chrono>
#include <cstddef>

namespace daybook::limits {

/// All fields of one event together, in bytes of UTF-8.
inline constexpr std::size_t event_bytes = 256 * 1024;

/// An action, an actor's type, a target's type, an organization's key.
inline constexpr std::size_t name_bytes = 200;

/// An actor's or target's id, and a correlation id: they are keys of indexes, and PostgreSQL refuses an index row
/// of more than 2,704 bytes.
inline constexpr std::size_t id_bytes = 2048;

inline constexpr std::size_t targets = 32;
inline constexpr std::size_t on_behalf_of = 32;
inline constexpr std::size_t changes = 1000;
inline constexpr std::size_t facets = 32;
inline constexpr std::size_t facet_key_bytes = 100;
inline constexpr std::size_t facet_value_bytes = 1024;

/// Arrays and objects inside one another.
inline constexpr int json_depth = 64;

/// The characters of one number: `1e100000` is eight bytes that jsonb turns into 100,008.
inline constexpr std::size_t json_number_bytes = 1024;
inline constexpr int json_exponent = 999;

/// An event's time may be this much ahead of the clock that checks it.
inline constexpr std::chrono::minutes clock_ahead{5};

}  // namespace daybook::limits

#endif
