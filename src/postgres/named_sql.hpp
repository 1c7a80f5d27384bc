// Names in embedded SQL. Identifiers cannot be bound as parameters, so the files write them as psql writes its variables.

#ifndef DAYBOOK_POSTGRES_NAMED_SQL_HPP
#define DAYBOOK_POSTGRES_NAMED_SQL_HPP

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace daybook::detail {

/// What stands for :"app" and :'app', as it is; several are separated by commas.
using names = std::map<std::string, std::vector<std::string>, std::less<>>;

/// What stands for :table: SQL that the server itself wrote and quoted, with format('%I') or pg_get_expr() for instance.
/// Never what somebody typed.
using fragments = std::map<std::string, std::string, std::less<>>;

/// Replaces :"name" by the name as an identifier, :'name' by it as a text, and :name by the fragment. What is not known
/// stays as it is. Throws error (invalid_text) if a name holds a control character or $do$.
[[nodiscard]] std::string with_names(std::string_view sql, const names& variables, const fragments& written = {});

}  // namespace daybook::detail

#endif
