// Appending to a line: no allocation but the line's own.

#ifndef DAYBOOK_CORE_APPEND_HPP
#define DAYBOOK_CORE_APPEND_HPP

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <daybook/json.hpp>
#include <daybook/timestamp.hpp>
#include <daybook/uuid.hpp>

namespace daybook::append {

using optional_view = std::optional<std::string_view>;

/// What to_string() of the same value gives.
void id(std::string& out, const uuid& value);
void time(std::string& out, timestamp value);

// In what follows, `before` is what stands in front of the value: comma, name, colon.
inline void text(std::string& out, std::string_view before, std::string_view value)
{
    out += before;
    append_json_string(out, value);
}

inline void text(std::string& out, std::string_view before, const optional_view& value)
{
    if (value) {
        text(out, before, *value);
    }
}

inline void raw(std::string& out, std::string_view before, const optional_view& json)
{
    if (json) {
        out += before;
        out += *json;
    }
}

// Inside strings a line break is always escaped, so each raw one stands between tokens.
inline void one_line(std::string& out, std::string_view before, const optional_view& json)
{
    if (json) {
        raw(out, before, json);
        std::replace_if(out.end() - static_cast<std::ptrdiff_t>(json->size()), out.end(),
                        [](char c) { return c == '\n' || c == '\r'; }, ' ');
    }
}

template <typename Integer>
void number(std::string& out, Integer value)
{
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
}

inline void quoted(std::string& out, std::string_view before, const uuid& value)
{
    out += before;
    out += '"';
    id(out, value);
    out += '"';
}

inline void quoted(std::string& out, std::string_view before, timestamp value)
{
    out += before;
    out += '"';
    time(out, value);
    out += '"';
}

}  // namespace daybook::append

#endif
