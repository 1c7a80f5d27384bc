#include "patterns.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

namespace daybook::lua {

namespace {

constexpr char escape = '%';
constexpr std::size_t step = 2;  // bytes that are copied while one character is looked at

unsigned char byte(char c) noexcept
{
    return static_cast<unsigned char>(c);
}

/// Whether `c` is in the class that `letter` names: in capitals, whether it is not. Any other character names itself.
bool in_class(unsigned char c, char letter) noexcept
{
    constexpr int small = 'a' - 'A';  // the bit that a capital lacks; no other character becomes a letter by it
    bool in = false;
    switch (letter | small) {
    case 'a': in = std::isalpha(c) != 0; break;
    case 'c': in = std::iscntrl(c) != 0; break;
    case 'd': in = std::isdigit(c) != 0; break;
    case 'g': in = std::isgraph(c) != 0; break;
    case 'l': in = std::islower(c) != 0; break;
    case 'p': in = std::ispunct(c) != 0; break;
    case 's': in = std::isspace(c) != 0; break;
    case 'u': in = std::isupper(c) != 0; break;
    case 'w': in = std::isalnum(c) != 0; break;
    case 'x': in = std::isxdigit(c) != 0; break;
    case 'z': in = c == 0; break;  // of Lua 5.1, and still there
    default: return byte(letter) == c;
    }
    return in == ((letter & small) != 0);
}

/// Whether `c` is in the set [begin, end), which includes its brackets.
bool in_set(unsigned char c, const char* begin, const char* end) noexcept
{
    const char* at = begin + 1;
    const char* const last = end - 1;
    const bool wanted = *at != '^';
    if (!wanted) {
        ++at;
    }
    while (at < last) {
        bool found = false;
        if (*at == escape) {
            found = in_class(c, at[1]);
            at += 2;
        } else if (last - at > 2 && at[1] == '-') {
            found = byte(at[0]) <= c && c <= byte(at[2]);
            at += 3;
        } else {
            found = byte(*at) == c;
            ++at;
        }
        if (found) {
            return wanted;
        }
    }
    return !wanted;
}

/// As memcmp, but counts no more than what was compared.
bool same(const char* a, const char* b, std::size_t size, meter& work)
{
    constexpr std::size_t at_once = 256;
    for (std::size_t done = 0; done < size; done += at_once) {
        const std::size_t part = std::min(at_once, size - done);
        work.add(part);
        if (std::memcmp(a + done, b + done, part) != 0) {
            return false;
        }
    }
    return true;
}

}  // namespace

pattern_matcher::pattern_matcher(lua_State* L, std::string_view subject, std::string_view pattern) noexcept
    : m_state{L}, m_begin{subject.data()}, m_end{m_begin + subject.size()}, m_pattern_begin{pattern.data()},
      m_pattern_end{m_pattern_begin + pattern.size()}, m_meter{L}
{
}

const char* pattern_matcher::match(const char* from)
{
    alternatives others;
    place at{from, m_pattern_begin};
    m_captures = 0;
    m_meter.add(step);
    while (at.pattern != m_pattern_end) {
        m_meter.add(step);
        if (!advance(at, others) && !go_back(at, others)) {
            return nullptr;
        }
    }
    return at.text;
}

/// Matches the next part of the pattern; false if it does not match here.
bool pattern_matcher::advance(place& at, alternatives& others)
{
    const bool last = m_pattern_end - at.pattern == 1;
    switch (*at.pattern) {
    case '(': return open_capture(at, others);
    case ')': return close_capture(at, others);
    case '$':
        if (last) {
            ++at.pattern;
            return at.text == m_end;
        }
        break;
    case escape:
        if (last) {
            break;
        }
        switch (const char c = at.pattern[1]) {
        case 'b': return match_balanced(at);
        case 'f': return match_frontier(at);
        default:
            if (c >= '0' && c <= '9') {
                return match_again(at, c - '0');
            }
        }
        break;
    default: break;
    }
    return match_item(at, others);
}

/// Takes the last alternative that is left; false if there is none. Each was charged for when it was made, or is when
/// it is followed.
bool pattern_matcher::go_back(place& at, alternatives& others)
{
    while (others.count > 0) {
        alternative& other = others.list[others.count - 1];
        switch (other.what) {
        case retreat::forget_capture: --m_captures; break;
        case retreat::reopen_capture: m_capture[other.index].length = still_open; break;
        case retreat::without_item:
            --others.count;
            at = {other.text, other.pattern};
            return true;
        case retreat::one_less:
            if (other.text > other.least) {
                at = {--other.text, other.pattern};
                return true;
            }
            break;
        case retreat::one_more:
            if (belongs(other.text, other.repeated)) {
                at = {++other.text, other.pattern};
                return true;
            }
            break;
        }
        --others.count;
    }
    return false;
}

void pattern_matcher::remember(alternatives& others, const alternative& other)
{
    if (others.count == most_alternatives) {
        luaL_error(m_state, "pattern too complex: it has more than %d repetitions and captures", most_alternatives);
    }
    others.list[others.count++] = other;
}

bool pattern_matcher::open_capture(place& at, alternatives& others)
{
    if (m_captures == most_captures) {
        luaL_error(m_state, "too many captures: a pattern can have %d", most_captures);
    }
    const bool position = m_pattern_end - at.pattern > 1 && at.pattern[1] == ')';
    remember(others, {retreat::forget_capture, 0, {}, nullptr, nullptr, nullptr});
    m_capture[m_captures++] = {at.text, position ? only_position : still_open};
    at.pattern += position ? 2 : 1;
    return true;
}

bool pattern_matcher::close_capture(place& at, alternatives& others)
{
    int index = m_captures - 1;
    while (index >= 0 && m_capture[index].length != still_open) {
        --index;
    }
    if (index < 0) {
        luaL_error(m_state, "invalid pattern capture: ')' without '('");
    }
    remember(others, {retreat::reopen_capture, index, {}, nullptr, nullptr, nullptr});
    m_capture[index].length = at.text - m_capture[index].begin;
    ++at.pattern;
    return true;
}

bool pattern_matcher::match_again(place& at, int digit)
{
    const int index = digit - 1;
    if (index < 0 || index >= m_captures || m_capture[index].length == still_open) {
        luaL_error(m_state, "invalid capture index %%%d in pattern", digit);
    }
    const capture& before = m_capture[index];
    if (before.length == only_position || m_end - at.text < before.length ||
        !same(before.begin, at.text, static_cast<std::size_t>(before.length), m_meter)) {
        return false;
    }
    at.text += before.length;
    at.pattern += 2;
    return true;
}

bool pattern_matcher::match_balanced(place& at)
{
    if (m_pattern_end - at.pattern < 4) {
        luaL_error(m_state, "malformed pattern (missing arguments to '%%b')");
    }
    const char opening = at.pattern[2];
    const char closing = at.pattern[3];
    if (at.text == m_end || *at.text != opening) {
        return false;
    }
    std::size_t depth = 1;
    for (const char* text = at.text + 1; text != m_end; ++text) {
        m_meter.add(step);
        if (*text == closing) {  // asked first: both may be the same character
            if (--depth == 0) {
                at = {text + 1, at.pattern + 4};
                return true;
            }
        } else if (*text == opening) {
            ++depth;
        }
    }
    return false;
}

bool pattern_matcher::match_frontier(place& at)
{
    const char* const set = at.pattern + 2;
    if (set == m_pattern_end || *set != '[') {
        luaL_error(m_state, "malformed pattern (missing '[' after '%%f')");
    }
    const char* const end = end_of_set(set);
    const unsigned char before = at.text == m_begin ? 0 : byte(at.text[-1]);
    const unsigned char here = at.text == m_end ? 0 : byte(*at.text);
    if (in_set(before, set, end) || !in_set(here, set, end)) {
        return false;
    }
    at.pattern = end;
    return true;
}

/// A single character, class or set, with what repeats it.
bool pattern_matcher::match_item(place& at, alternatives& others)
{
    const item single = item_at(at.pattern);
    const char sign = single.end == m_pattern_end ? '\0' : *single.end;
    const bool matches = belongs(at.text, single);
    switch (sign) {
    case '?':
        at.pattern = single.end + 1;
        if (matches) {
            remember(others, {retreat::without_item, 0, {}, at.text, nullptr, at.pattern});
            ++at.text;
        }
        return true;
    case '-':
        at.pattern = single.end + 1;
        if (matches) {
            remember(others, {retreat::one_more, 0, single, at.text, nullptr, at.pattern});
        }
        return true;
    case '*':
    case '+': {
        if (!matches && sign == '+') {
            return false;
        }
        at.pattern = single.end + 1;
        if (!matches) {
            return true;
        }
        const char* const least = sign == '+' ? at.text + 1 : at.text;
        if (*single.begin == '.') {
            at.text = m_end;
        } else {
            do {
                ++at.text;
            } while (belongs(at.text, single));
        }
        remember(others, {retreat::one_less, 0, {}, at.text, least, at.pattern});
        return true;
    }
    default:
        if (matches) {
            at = {at.text + 1, single.end};
        }
        return matches;
    }
}

pattern_matcher::item pattern_matcher::item_at(const char* begin)
{
    switch (*begin) {
    case escape:
        if (m_pattern_end - begin == 1) {
            luaL_error(m_state, "malformed pattern (ends with '%%')");
        }
        return {begin, begin + 2};
    case '[': return {begin, end_of_set(begin)};
    default: return {begin, begin + 1};
    }
}

const char* pattern_matcher::end_of_set(const char* begin)
{
    const char* at = begin + 1;
    if (at != m_pattern_end && *at == '^') {
        ++at;
    }
    const char* const first = at;  // a ']' that comes first is one of the set
    for (;;) {
        if (at >= m_pattern_end) {
            luaL_error(m_state, "malformed pattern (missing ']')");
        }
        if (*at == ']' && at != first) {
            break;
        }
        at += *at == escape && m_pattern_end - at > 1 ? 2 : 1;
    }
    m_meter.add(static_cast<std::size_t>(at - begin));
    return at + 1;
}

/// Whether there is a character at `text`, and the item means it.
bool pattern_matcher::belongs(const char* text, item single)
{
    if (text == m_end) {
        return false;
    }
    const unsigned char c = byte(*text);
    if (*single.begin == '[') {
        m_meter.add(static_cast<std::size_t>(single.end - single.begin));
        return in_set(c, single.begin, single.end);
    }
    m_meter.add(step);
    switch (*single.begin) {
    case '.': return true;
    case escape: return in_class(c, single.begin[1]);
    default: return byte(*single.begin) == c;
    }
}

void pattern_matcher::push_capture(int index, const char* begin, const char* end)
{
    if (index >= m_captures) {
        if (index != 0) {
            luaL_error(m_state, "invalid capture index %%%d", index + 1);
        }
        const auto size = static_cast<std::size_t>(end - begin);
        m_meter.add(size);
        lua_pushlstring(m_state, begin, size);
        return;
    }
    const capture& made = m_capture[index];
    if (made.length == still_open) {
        luaL_error(m_state, "unfinished capture: '(' without ')'");
    }
    if (made.length == only_position) {
        lua_pushinteger(m_state, made.begin - m_begin + 1);
        return;
    }
    m_meter.add(static_cast<std::size_t>(made.length));
    lua_pushlstring(m_state, made.begin, static_cast<std::size_t>(made.length));
}

int pattern_matcher::push_captures(const char* begin, const char* end)
{
    const int count = m_captures == 0 && begin != nullptr ? 1 : m_captures;
    luaL_checkstack(m_state, count, "too many captures");
    for (int i = 0; i < count; ++i) {
        push_capture(i, begin, end);
    }
    return count;
}

std::size_t find_plain(std::string_view text, std::string_view sought, std::size_t from, meter& work)
{
    if (sought.empty()) {
        return from;
    }
    while (text.size() - from >= sought.size()) {
        const std::size_t places = text.size() - from - sought.size() + 1;
        const char* const at = text.data() + from;
        const auto* const first = static_cast<const char*>(std::memchr(at, sought.front(), places));
        const std::size_t passed = first == nullptr ? places : static_cast<std::size_t>(first - at);
        work.add(step + passed / 4);  // memchr looks at many bytes at once
        if (first == nullptr) {
            break;
        }
        from += passed;
        if (same(text.data() + from, sought.data(), sought.size(), work)) {
            return from;
        }
        ++from;
    }
    return std::string_view::npos;
}

}  // namespace daybook::lua
