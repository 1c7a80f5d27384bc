// The answer of a query as rows.

#ifndef DAYBOOK_COMMAND_SQL_ROWS_HPP
#define DAYBOOK_COMMAND_SQL_ROWS_HPP

#include <string>

#include <daybook/sql_query.hpp>

#include "context.hpp"

namespace daybook::command {

/// A sink that prints in the chosen format; call finish() when the query is done.
class sql_printer {
public:
    explicit sql_printer(context& c);

    [[nodiscard]] result_sink sink();
    void finish();

private:
    context& m_context;
    std::unique_ptr<row_writer> m_writer;
    std::size_t m_count = 0;
};

/// The query itself: the argument, or all of standard input for "-".
[[nodiscard]] std::string query_text(const std::string& argument);

}  // namespace daybook::command

#endif
