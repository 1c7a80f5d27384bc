// Rows in every output format: one writer a format, chosen once.

#ifndef DAYBOOK_COMMAND_ROWS_HPP
#define DAYBOOK_COMMAND_ROWS_HPP

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <daybook/sql_query.hpp>

#include "output.hpp"

namespace daybook::command {

enum class format { table, line, json, ndjson, csv, markdown };

/// `auto` is a table on a terminal and NDJSON in a pipe. Throws error (wrong_usage).
[[nodiscard]] format parse_format(const std::string& name);

using cell = std::optional<std::string>;
using row = std::vector<cell>;

class row_writer {
public:
    virtual ~row_writer() = default;
    virtual void begin(const std::vector<result_column>& columns) = 0;
    virtual void add(const row& values) = 0;
    virtual void end() = 0;
};

[[nodiscard]] std::unique_ptr<row_writer> make_writer(format f, output& out);

}  // namespace daybook::command

#endif
