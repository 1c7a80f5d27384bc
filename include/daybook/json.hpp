// Reading JSON without changing a digit.
//
// An audit log keeps what it was given: 9007199254740993, 0.0 and 1.50 come back as they were written, which a parser
// that makes numbers of them cannot do. This one only finds where each token begins and ends (RFC 8259), checks it
// strictly, and makes nothing. It allocates nothing and has no destructor, so a Lua error may jump over it.

#ifndef DAYBOOK_JSON_HPP
#define DAYBOOK_JSON_HPP

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>

#include <daybook/export.hpp>
#include <daybook/limits.hpp>

namespace daybook {

enum class json_token : unsigned char {
    object_begin,
    object_end,
    array_begin,
    array_end,
    key,
    string,
    integer,  ///< no fraction and no exponent
    decimal,  ///< any other number
    boolean_true,
    boolean_false,
    null,
    end,      ///< the whole text was one value
    invalid,  ///< see problem() and position()
};

/// Goes through one JSON text, token by token. One thread at a time; `text` must outlive it.
///
/// Refused beyond the grammar: bytes that are not UTF-8, \u0000, lone surrogates, more than limits::json_depth
/// levels, numbers longer than limits::json_number_bytes or with an exponent beyond limits::json_exponent.
/// Repeated keys are accepted and kept.
class DAYBOOK_EXPORT json_reader {
public:
    /// `around`: levels, at most most_around, that may enclose values of limits::json_depth. An event's own form has
    /// some, and a value that was accepted alone must be readable inside it.
    explicit json_reader(std::string_view text, int around = 0) noexcept
        : m_text{text}, m_levels{limits::json_depth + std::clamp(around, 0, most_around)}
    {
    }

    static constexpr int most_around = 3;

    /// The next token. After `end` or `invalid`, the same again.
    json_token next() noexcept;

    /// The bytes of the token that next() returned, strings and keys with their quotes.
    [[nodiscard]] std::string_view raw() const noexcept { return m_text.substr(m_start, m_at - m_start); }

    /// After `object_begin` or `array_begin`: goes to its end. Returns its bytes, both brackets included,
    /// or nothing if it is invalid, as next() then says too.
    std::string_view skip() noexcept;

    /// Objects and arrays that are open.
    [[nodiscard]] int depth() const noexcept { return m_depth; }

    /// Bytes read so far; after `invalid`, where the problem is.
    [[nodiscard]] std::size_t position() const noexcept { return m_at; }

    /// After `invalid`: what is wrong, in words.
    [[nodiscard]] const char* problem() const noexcept { return m_problem; }

private:
    enum class expected : unsigned char { value, value_or_end, key, key_or_end, comma_or_end, nothing };

    json_token fail(const char* problem) noexcept;
    json_token open(bool object) noexcept;
    json_token close(bool object) noexcept;
    json_token value(char first) noexcept;
    json_token word(std::string_view word, json_token token) noexcept;
    json_token number() noexcept;
    bool text_literal() noexcept;
    bool escape() noexcept;
    bool unicode_escape(unsigned& unit) noexcept;
    void skip_space() noexcept;
    void after_value() noexcept;
    [[nodiscard]] bool in_object() const noexcept { return m_objects[static_cast<std::size_t>(m_depth - 1)]; }

    std::string_view m_text;
    std::size_t m_at = 0;
    std::size_t m_start = 0;
    std::bitset<limits::json_depth + most_around> m_objects;  // which of the open levels are objects
    int m_levels;
    int m_depth = 0;
    expected m_expected = expected::value;
    const char* m_problem = nullptr;
};

/// Throws error (invalid_json) unless `text` is one JSON value within the limits; `field` is named in the message.
DAYBOOK_EXPORT void check_json(std::string_view text, std::string_view field);

/// As check_json, and the value must be an object.
DAYBOOK_EXPORT void check_json_object(std::string_view text, std::string_view field);

/// What a string or key token says: without quotes, escapes resolved. `raw` must come from json_reader.
[[nodiscard]] DAYBOOK_EXPORT std::string json_text(std::string_view raw);

/// The same into `out`, which has room for raw.size() bytes; returns how many were written. Allocates nothing.
DAYBOOK_EXPORT std::size_t json_text(std::string_view raw, char* out) noexcept;

/// Writes `text` (UTF-8) as a JSON string, quotes included: escapes only what RFC 8259 requires.
DAYBOOK_EXPORT void append_json_string(std::string& out, std::string_view text);

/// The same value on one line: line breaks between tokens become spaces, nothing else changes.
[[nodiscard]] DAYBOOK_EXPORT std::string json_on_one_line(std::string_view json);

/// Throws error (invalid_text) unless `text` is UTF-8 without NUL; `field` is named in the message.
DAYBOOK_EXPORT void check_text(std::string_view text, std::string_view field);

}  // namespace daybook

#endif
