// How much a script that nobody trusts may use.

#ifndef DAYBOOK_SCRIPT_LIMITS_HPP
#define DAYBOOK_SCRIPT_LIMITS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace daybook {

/// What goes beyond ends the script with error (script_limit), and its transaction with it. The clock is read every few
/// instructions and at each call of a library function, so that `time` is overrun by milliseconds, not by seconds; what
/// the host's own functions and the database take counts, but is not interrupted.
struct script_limits {
    std::uint64_t instructions = 50'000'000;   ///< of Lua's virtual machine, about a second
    std::size_t memory = 64 * 1024 * 1024;     ///< bytes that the Lua state has at once
    std::chrono::milliseconds time{5'000};     ///< of the wall clock

    /// Of one table, those that are no list. Lua places all keys of a table anew when it grows, in one instruction; keys can be
    /// chosen so that this takes quadratic time: about a second for 32,768, and a minute for eight times as many.
    std::size_t table_keys = 32'768;
};

}  // namespace daybook

#endif
