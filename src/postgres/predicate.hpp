// What a policy's predicate promises, read from the text that the server gives for it.
//
// The server's own spelling (pg_get_expr, with an empty search_path) is regular: every AND, OR and comparison stands in brackets
// of its own, keywords are in capitals, functions and tables that are not PostgreSQL's own have their schema. So the shape of
// a predicate can be read without a grammar of SQL. What is not understood promises nothing.

#ifndef DAYBOOK_POSTGRES_PREDICATE_HPP
#define DAYBOOK_POSTGRES_PREDICATE_HPP

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace daybook::detail {

struct table_column {
    std::string name;
    bool not_null = false;
};

/// A column that is the same, in every row that the predicate lets through, as something that the session says of itself.
struct bound_column {
    std::string column;
    std::string source;        ///< the setting, or the function, that says it; "current_user"
    std::string cast;          ///< the type that the column is cast to before it is compared; empty if it is not
    bool by_subquery = false;  ///< among what a sub-query finds, so perhaps several organizations at once
};

/// A call of current_setting() with a name that is written out.
struct setting_use {
    std::string name;
    bool missing_ok = false;
    bool fails_when_empty = false;  ///< '' reaches a cast, which raises an error
};

struct predicate_facts {
    bool always_true = false;
    std::vector<bound_column> bound;     ///< in every branch of the predicate
    std::vector<std::string> mentioned;  ///< columns that some branch binds
    std::vector<setting_use> settings;
    bool reads_tables = false;
};

/// `sql` is a whole predicate; `table` the name of the policy's table without its schema, which sub-queries write before its
/// columns.
[[nodiscard]] predicate_facts read_predicate(std::string_view sql, std::string_view table, std::span<const table_column> columns);

/// The settings that the text of a function reads, whatever its language.
[[nodiscard]] std::vector<setting_use> settings_in(std::string_view source);

}  // namespace daybook::detail

#endif
