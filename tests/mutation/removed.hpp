// Which protection of the engine is removed now. Only in the engine's copy that the mutation test builds.

#ifndef DAYBOOK_TESTS_REMOVED_HPP
#define DAYBOOK_TESTS_REMOVED_HPP

#include <stdexcept>
#include <string>

namespace daybook::testing {

inline int removed_mutant = 0;

[[nodiscard]] inline bool is_removed(int number)
{
    return removed_mutant == number;
}

/// SQL with one of its conditions replaced.
[[nodiscard]] inline std::string with(std::string sql, const std::string& what, const std::string& instead)
{
    const std::size_t at = sql.find(what);
    if (at == std::string::npos) {
        throw std::logic_error{"the statement has no " + what};
    }
    return sql.replace(at, what.size(), instead);
}

}  // namespace daybook::testing

#endif
