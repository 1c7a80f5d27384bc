// Guesses of what a column accepts.

#ifndef DAYBOOK_POSTGRES_CANARY_VALUES_HPP
#define DAYBOOK_POSTGRES_CANARY_VALUES_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace daybook::detail {

/// A column as the catalog has it.
struct canary_column {
    std::string name;
    std::string type;
    char category = 'X';
    std::string declared_type;  ///< the domain, if it is one
    std::size_t length = 0;     ///< in characters; 0 if there is no limit
    bool required = false;
    bool may_insert = false;
    bool may_update = false;
    bool unique = false;
    std::string definition;  ///< name and type, as the server writes them
    std::vector<std::string> texts;    ///< what enums and CHECKs name
    std::vector<std::string> numbers;  ///< the same
};

[[nodiscard]] std::string json_string(std::string_view text);

/// A value that no other row has, as text; nothing for a type that is too small, or that this does not know.
[[nodiscard]] std::optional<std::string> unlike_others(const canary_column& of);

/// What to try, one after the other, as JSON. Always as many for one column; what is random is different each time.
[[nodiscard]] std::vector<std::string> candidates(const canary_column& of);

}  // namespace daybook::detail

#endif
