// Lua's patterns (reference manual, 6.4.1), matched in steps that are charged to the budget.
//
// Backtracking takes as long as a power of the subject's length: five times `.-` on 220 characters runs for minutes,
// and in one instruction. So each step is counted. What is still to be tried is kept in a list of fixed length and not
// in calls: no pattern can use up the C stack.
//
// A matcher is plain data: a Lua error, such as that of the budget, may jump over it.

#ifndef DAYBOOK_LUA_PATTERNS_HPP
#define DAYBOOK_LUA_PATTERNS_HPP

#include <cstddef>
#include <string_view>
#include <type_traits>

#include <lua.hpp>

#include "meter.hpp"

namespace daybook::lua {

class pattern_matcher {
public:
    /// `subject` and `pattern` are strings that Lua keeps for as long as the matcher is used. A leading ^ is the
    /// caller's.
    pattern_matcher(lua_State* L, std::string_view subject, std::string_view pattern) noexcept;

    /// The end of a match that begins at `from`, a place in the subject; null if there is none. Raises if the pattern
    /// is malformed where matching comes to it, and when the budget is used up.
    [[nodiscard]] const char* match(const char* from);

    /// How many captures the last match made.
    [[nodiscard]] int captures() const noexcept { return m_captures; }

    /// Pushes one capture of the last match, counted from 0: a string, or an integer for a position. Without any
    /// captures the first is the whole match, which is [begin, end).
    void push_capture(int index, const char* begin, const char* end);

    /// Pushes all captures, or the whole match if there are none and `begin` is not null. Gives their number.
    int push_captures(const char* begin, const char* end);

    /// Work of the caller's, in bytes that are copied.
    void add_work(std::size_t bytes) { m_meter.add(bytes); }

    /// To be called when the caller has done: charges for the last steps.
    void finish() { m_meter.finish(); }

private:
    static constexpr int most_captures = 32;
    static constexpr int most_alternatives = 199;  // as many as stock Lua has

    /// Where the matching is: in the subject, and in the pattern.
    struct place {
        const char* text;
        const char* pattern;
    };

    /// One character, class or set of the pattern.
    struct item {
        const char* begin;
        const char* end;
    };

    struct capture {
        const char* begin;
        std::ptrdiff_t length;  // or one of the two below
    };
    static constexpr std::ptrdiff_t still_open = -1;
    static constexpr std::ptrdiff_t only_position = -2;

    enum class retreat { forget_capture, reopen_capture, without_item, one_less, one_more };

    /// What to do when the rest of the pattern does not match.
    struct alternative {
        retreat what;
        int index;            // of the capture to open again
        item repeated;        // for one_more
        const char* text;     // how far the item has been matched
        const char* least;    // for one_less: not less than to here
        const char* pattern;  // what follows the item
    };

    struct alternatives {
        int count = 0;
        alternative list[most_alternatives];
    };

    bool advance(place& at, alternatives& others);
    bool go_back(place& at, alternatives& others);
    void remember(alternatives& others, const alternative& other);

    bool open_capture(place& at, alternatives& others);
    bool close_capture(place& at, alternatives& others);
    bool match_again(place& at, int digit);
    bool match_balanced(place& at);
    bool match_frontier(place& at);
    bool match_item(place& at, alternatives& others);

    item item_at(const char* begin);
    const char* end_of_set(const char* begin);
    bool belongs(const char* text, item single);

    lua_State* m_state;
    const char* m_begin;
    const char* m_end;
    const char* m_pattern_begin;
    const char* m_pattern_end;
    meter m_meter;
    int m_captures = 0;
    capture m_capture[most_captures];
};

static_assert(std::is_trivially_destructible_v<pattern_matcher>);

/// Where `sought` begins in `text` at or after `from`, compared byte by byte; npos if nowhere. Charges for what it
/// compares.
std::size_t find_plain(std::string_view text, std::string_view sought, std::size_t from, meter& work);

}  // namespace daybook::lua

#endif
