#include <daybook/json.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include <daybook/error.hpp>

#include "utf8.hpp"

namespace daybook {

namespace {

constexpr bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

constexpr int hex(char c) noexcept
{
    if (is_digit(c)) {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

constexpr bool is_high_surrogate(unsigned unit) noexcept
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

constexpr bool is_low_surrogate(unsigned unit) noexcept
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

// Returns behind what it wrote: at most four bytes, where the escape took six or twelve.
char* put_utf8(char* out, unsigned code) noexcept
{
    if (code < 0x80) {
        *out++ = static_cast<char>(code);
    } else if (code < 0x800) {
        *out++ = static_cast<char>(0xc0 | (code >> 6));
        *out++ = static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = static_cast<char>(0xe0 | (code >> 12));
        *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        *out++ = static_cast<char>(0x80 | (code & 0x3f));
    } else {
        *out++ = static_cast<char>(0xf0 | (code >> 18));
        *out++ = static_cast<char>(0x80 | ((code >> 12) & 0x3f));
        *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        *out++ = static_cast<char>(0x80 | (code & 0x3f));
    }
    return out;
}

// The unit of `\uXXXX` whose digits begin at `at`.
unsigned unit_at(std::string_view raw, std::size_t at) noexcept
{
    unsigned unit = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        unit = unit * 16 + static_cast<unsigned>(hex(raw[at + i]));
    }
    return unit;
}

// How many characters from `at` on are plain, eight at a time: neither quote nor backslash, no control character, ASCII.
// There may be more of them.
std::size_t plain_characters(std::string_view text, std::size_t at) noexcept
{
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = 0x8080808080808080;
    const std::size_t from = at;
    for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + at, sizeof eight);
        const std::uint64_t quote = eight ^ (ones * '"');
        const std::uint64_t backslash = eight ^ (ones * '\\');
        // The high bit of each byte that is special; a borrow can also set that of one behind it, never of one before.
        const std::uint64_t special = ((eight - ones * 0x20) | (quote - ones) | (backslash - ones) | eight) & highs;
        if (special != 0) {
            if constexpr (std::endian::native == std::endian::little) {
                at += static_cast<std::size_t>(std::countr_zero(special)) / 8;
            }
            break;
        }
    }
    return at - from;
}

}  // namespace

json_token json_reader::fail(const char* problem) noexcept
{
    m_problem = problem;
    return json_token::invalid;
}

void json_reader::skip_space() noexcept
{
    while (m_at < m_text.size()) {
        const char c = m_text[m_at];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            break;
        }
        ++m_at;
    }
}

void json_reader::after_value() noexcept
{
    m_expected = m_depth == 0 ? expected::nothing : expected::comma_or_end;
}

json_token json_reader::next() noexcept
{
    if (m_problem != nullptr) {
        return json_token::invalid;
    }
    skip_space();
    m_start = m_at;
    if (m_expected == expected::nothing) {
        return m_at == m_text.size() ? json_token::end : fail("something follows the value");
    }
    if (m_at == m_text.size()) {
        return fail("the text ends too early");
    }
    char c = m_text[m_at];

    if (m_expected == expected::comma_or_end) {
        if (c == '}' || c == ']') {
            return close(c == '}');
        }
        if (c != ',') {
            return fail("a comma or the end is expected here");
        }
        ++m_at;
        skip_space();
        m_start = m_at;
        if (m_at == m_text.size()) {
            return fail("the text ends too early");
        }
        c = m_text[m_at];
        m_expected = in_object() ? expected::key : expected::value;
    }

    switch (m_expected) {
    case expected::key_or_end:
        if (c == '}') {
            return close(true);
        }
        [[fallthrough]];
    case expected::key: {
        if (c != '"') {
            return fail("a key in double quotes is expected here");
        }
        if (!text_literal()) {
            return json_token::invalid;
        }
        const std::size_t end_of_key = m_at;
        skip_space();
        if (m_at == m_text.size() || m_text[m_at] != ':') {
            return fail("a colon is expected here");
        }
        // The colon is passed over when the value is read, so that raw() is the key alone.
        m_at = end_of_key;
        m_expected = expected::value;
        return json_token::key;
    }
    case expected::value_or_end:
        if (c == ']') {
            return close(false);
        }
        [[fallthrough]];
    default:
        if (c == ':' && m_depth > 0 && in_object()) {
            ++m_at;
            skip_space();
            m_start = m_at;
            if (m_at == m_text.size()) {
                return fail("the text ends too early");
            }
            c = m_text[m_at];
        }
        return value(c);
    }
}

json_token json_reader::open(bool object) noexcept
{
    if (m_depth == m_levels) {
        return fail("more than 64 levels");
    }
    ++m_at;
    m_objects[static_cast<std::size_t>(m_depth)] = object;
    ++m_depth;
    m_expected = object ? expected::key_or_end : expected::value_or_end;
    return object ? json_token::object_begin : json_token::array_begin;
}

json_token json_reader::close(bool object) noexcept
{
    if (in_object() != object) {
        return fail("the wrong bracket");
    }
    ++m_at;
    --m_depth;
    after_value();
    return object ? json_token::object_end : json_token::array_end;
}

json_token json_reader::value(char first) noexcept
{
    switch (first) {
    case '{':
        return open(true);
    case '[':
        return open(false);
    case '"':
        if (!text_literal()) {
            return json_token::invalid;
        }
        after_value();
        return json_token::string;
    case 't':
        return word("true", json_token::boolean_true);
    case 'f':
        return word("false", json_token::boolean_false);
    case 'n':
        return word("null", json_token::null);
    default:
        if (first == '-' || is_digit(first)) {
            return number();
        }
        return fail("a value is expected here");
    }
}

json_token json_reader::word(std::string_view word, json_token token) noexcept
{
    if (m_text.substr(m_at, word.size()) != word) {
        return fail("a value is expected here");
    }
    m_at += word.size();
    after_value();
    return token;
}

json_token json_reader::number() noexcept
{
    const auto digits = [this] {
        const std::size_t from = m_at;
        while (m_at < m_text.size() && is_digit(m_text[m_at])) {
            ++m_at;
        }
        return m_at - from;
    };
    bool integer = true;
    if (m_text[m_at] == '-') {
        ++m_at;
    }
    const bool leading_zero = m_at < m_text.size() && m_text[m_at] == '0';
    const std::size_t whole = digits();
    if (whole == 0) {
        return fail("a digit is expected here");
    }
    if (leading_zero && whole > 1) {
        return fail("a number begins with a needless zero");
    }
    if (m_at < m_text.size() && m_text[m_at] == '.') {
        integer = false;
        ++m_at;
        if (digits() == 0) {
            return fail("a digit is expected here");
        }
    }
    if (m_at < m_text.size() && (m_text[m_at] | 0x20) == 'e') {
        integer = false;
        ++m_at;
        if (m_at < m_text.size() && (m_text[m_at] == '+' || m_text[m_at] == '-')) {
            ++m_at;
        }
        const std::size_t from = m_at;
        if (digits() == 0) {
            return fail("a digit is expected here");
        }
        int exponent = 0;
        for (std::size_t i = from; i < m_at && exponent <= limits::json_exponent; ++i) {
            exponent = exponent * 10 + (m_text[i] - '0');
        }
        if (exponent > limits::json_exponent) {
            return fail("an exponent beyond 999");
        }
    }
    if (m_at - m_start > limits::json_number_bytes) {
        return fail("a number of more than 1024 characters");
    }
    after_value();
    return integer ? json_token::integer : json_token::decimal;
}

// From the opening quote to behind the closing one.
bool json_reader::text_literal() noexcept
{
    ++m_at;
    for (;;) {
        m_at += plain_characters(m_text, m_at);
        if (m_at >= m_text.size()) {
            break;
        }
        const auto c = static_cast<unsigned char>(m_text[m_at]);
        if (c == '"') {
            ++m_at;
            return true;
        }
        if (c == '\\') {
            if (!escape()) {
                return false;
            }
        } else if (c < 0x20) {
            fail("a control character inside a string");
            return false;
        } else if (c < 0x80) {
            ++m_at;
        } else {
            const std::size_t length = utf8::sequence_length(m_text.substr(m_at));
            if (length == 0) {
                fail("not UTF-8");
                return false;
            }
            m_at += length;
        }
    }
    fail("a string without its end");
    return false;
}

bool json_reader::unicode_escape(unsigned& unit) noexcept
{
    if (m_text.size() - m_at < 6 || m_text[m_at] != '\\' || m_text[m_at + 1] != 'u') {
        return false;
    }
    for (std::size_t i = 2; i < 6; ++i) {
        if (hex(m_text[m_at + i]) < 0) {
            return false;
        }
    }
    unit = unit_at(m_text, m_at + 2);
    m_at += 6;
    return true;
}

bool json_reader::escape() noexcept
{
    const char what = m_at + 1 < m_text.size() ? m_text[m_at + 1] : '\0';
    if (what != 'u') {
        if (what == '\0' || std::strchr("\"\\/bfnrt", what) == nullptr) {
            fail("an escape that JSON does not have");
            return false;
        }
        m_at += 2;
        return true;
    }
    const std::size_t begin = m_at;
    const auto refuse = [&](const char* why) {
        m_at = begin;
        fail(why);
        return false;
    };
    unsigned unit = 0;
    if (!unicode_escape(unit)) {
        return refuse("an escape that JSON does not have");
    }
    if (unit == 0) {
        return refuse("\\u0000, which PostgreSQL cannot hold");
    }
    if (is_low_surrogate(unit)) {
        return refuse("a lone surrogate");
    }
    if (is_high_surrogate(unit)) {
        unsigned low = 0;
        if (!unicode_escape(low) || !is_low_surrogate(low)) {
            return refuse("a lone surrogate");
        }
    }
    return true;
}

std::string_view json_reader::skip() noexcept
{
    const std::size_t begin = m_start;
    const int outside = m_depth - 1;
    while (m_depth > outside) {
        if (next() == json_token::invalid) {
            return {};
        }
    }
    return m_text.substr(begin, m_at - begin);
}

void check_json(std::string_view text, std::string_view field)
{
    json_reader reader{text};
    for (;;) {
        switch (reader.next()) {
        case json_token::end:
            return;
        case json_token::invalid:
            throw error{error_kind::invalid_json, std::string{field} + " is not JSON that can be kept: " +
                                                      reader.problem() + ", at byte " +
                                                      std::to_string(reader.position())};
        default:
            break;
        }
    }
}

void check_json_object(std::string_view text, std::string_view field)
{
    check_json(text, field);
    if (json_reader{text}.next() != json_token::object_begin) {
        throw error{error_kind::invalid_json, std::string{field} + " is JSON, but not an object"};
    }
}

std::size_t json_text(std::string_view raw, char* out) noexcept
{
    raw = raw.substr(1, raw.size() - 2);
    char* at = out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const std::size_t escape = std::min(raw.find('\\', i), raw.size());
        at = std::copy(raw.begin() + static_cast<std::ptrdiff_t>(i), raw.begin() + static_cast<std::ptrdiff_t>(escape), at);
        if (escape == raw.size()) {
            break;
        }
        i = escape + 1;
        switch (raw[i]) {
        case 'b': *at++ = '\b'; break;
        case 'f': *at++ = '\f'; break;
        case 'n': *at++ = '\n'; break;
        case 'r': *at++ = '\r'; break;
        case 't': *at++ = '\t'; break;
        case 'u': {
            unsigned code = unit_at(raw, i + 1);
            i += 4;
            if (is_high_surrogate(code)) {
                const unsigned low = unit_at(raw, i + 3);
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                i += 6;
            }
            at = put_utf8(at, code);
            break;
        }
        default: *at++ = raw[i];
        }
    }
    return static_cast<std::size_t>(at - out);
}

std::string json_text(std::string_view raw)
{
    std::string text(raw.size(), '\0');
    text.resize(json_text(raw, text.data()));
    return text;
}

void append_json_string(std::string& out, std::string_view text)
{
    constexpr char digits[] = "0123456789abcdef";
    out += '"';
    std::size_t kept = 0;  // so far
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        out += text.substr(kept, i - kept);
        kept = i + 1;
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\b': out += "\\b"; break;
        case '\f': out += "\\f"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            out += "\\u00";
            out += digits[(c >> 4) & 15];
            out += digits[c & 15];
        }
    }
    out += text.substr(kept);
    out += '"';
}

std::string json_on_one_line(std::string_view json)
{
    // Inside strings a line break is always escaped, so each raw one stands between tokens.
    std::string line{json};
    std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return line;
}

void check_text(std::string_view text, std::string_view field)
{
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == 0) {
            throw error{error_kind::invalid_text,
                        std::string{field} + " holds a NUL character, at byte " + std::to_string(i)};
        }
        const std::size_t length = c < 0x80 ? 1 : utf8::sequence_length(text.substr(i));
        if (length == 0) {
            throw error{error_kind::invalid_text, std::string{field} + " is not UTF-8, at byte " + std::to_string(i)};
        }
        i += length;
    }
}

}  // namespace daybook
