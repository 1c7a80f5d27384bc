// A connection for probes: what the server refuses is an answer here, not an exception.

#ifndef DAYBOOK_POSTGRES_PROBE_CONNECTION_HPP
#define DAYBOOK_POSTGRES_PROBE_CONNECTION_HPP

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libpq.hpp"
#include "named_sql.hpp"

namespace daybook::detail {

/// What the server answered: rows as text, or an error.
struct answer {
    std::string sqlstate;  ///< empty if there was no error
    std::string message;
    std::string schema;  ///< of the error, as are the following
    std::string table;
    std::string column;
    std::string constraint;
    std::string type;
    std::string routine;  ///< the server's own, which tells a policy's refusal from a trigger's in any language
    long affected = 0;  ///< rows that the statement wrote, changed or removed
    std::vector<std::vector<std::optional<std::string>>> rows;

    [[nodiscard]] bool failed() const { return !sqlstate.empty(); }
    [[nodiscard]] const std::string& text(std::size_t row, std::size_t column) const;  ///< empty for null
    [[nodiscard]] bool yes(std::size_t row = 0, std::size_t column = 0) const { return text(row, column) == "t"; }

    /// As in `refused (42501: permission denied for table invoices)`.
    [[nodiscard]] std::string error_in_words() const;
};

using values = std::vector<std::optional<std::string>>;

class probe_connection {
public:
    explicit probe_connection(const std::string& url);

    /// One statement; `bound` are texts. Throws error (connection_lost, …) only if the connection is gone.
    answer ask(std::string_view sql, const values& bound = {}, const names& of = {}, const fragments& written = {});

    /// The same, where an error is a defect of the probes themselves: throws it.
    answer must(std::string_view sql, const values& bound = {}, const names& of = {}, const fragments& written = {});

private:
    pq::connection_ptr m_connection;
};

/// A savepoint; rolled back to at the end of the scope unless it was kept.
class attempt {
public:
    explicit attempt(probe_connection& connection);
    ~attempt();
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;

    void keep();

private:
    probe_connection& m_connection;
    bool m_kept = false;
};

/// A transaction that is always rolled back.
class passing_transaction {
public:
    passing_transaction(probe_connection& connection, std::string_view begin);
    ~passing_transaction();
    passing_transaction(const passing_transaction&) = delete;
    passing_transaction& operator=(const passing_transaction&) = delete;

private:
    probe_connection& m_connection;
};

}  // namespace daybook::detail

#endif
