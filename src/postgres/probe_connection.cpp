#include "probe_connection.hpp"

#include <cstdlib>

namespace daybook::detail {

namespace {

std::string field(const PGresult* raw, int code)
{
    const char* const value = PQresultErrorField(raw, code);
    return value == nullptr ? std::string{} : std::string{value};
}

answer answer_of(const pq::result& from)
{
    PGresult* const raw = from.get();
    answer out;
    const ExecStatusType status = from.status();
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        out.sqlstate = field(raw, PG_DIAG_SQLSTATE);
        out.message = field(raw, PG_DIAG_MESSAGE_PRIMARY);
        out.schema = field(raw, PG_DIAG_SCHEMA_NAME);
        out.table = field(raw, PG_DIAG_TABLE_NAME);
        out.column = field(raw, PG_DIAG_COLUMN_NAME);
        out.constraint = field(raw, PG_DIAG_CONSTRAINT_NAME);
        out.type = field(raw, PG_DIAG_DATATYPE_NAME);
        out.routine = field(raw, PG_DIAG_SOURCE_FUNCTION);
        return out;
    }
    out.affected = std::strtol(PQcmdTuples(raw), nullptr, 10);
    for (int row = 0; row < from.rows(); ++row) {
        auto& line = out.rows.emplace_back();
        for (int column = 0; column < from.columns(); ++column) {
            line.push_back(from.optional_text(row, column));
        }
    }
    return out;
}

}  // namespace

const std::string& answer::text(std::size_t row, std::size_t column) const
{
    static const std::string nothing;
    const auto& cell = rows.at(row).at(column);
    return cell ? *cell : nothing;
}

std::string answer::error_in_words() const
{
    return sqlstate + ": " + message;
}

probe_connection::probe_connection(const std::string& url) : m_connection{pq::connect(url)}
{
    // The host's triggers may have much to say.
    PQsetNoticeProcessor(m_connection.get(), [](void*, const char*) {}, nullptr);
}

answer probe_connection::ask(std::string_view sql, const values& bound, const names& of, const fragments& written)
{
    const std::string statement = of.empty() ? std::string{sql} : with_names(sql, of, written);
    pq::params parameters;
    for (const auto& value : bound) {
        parameters.add(value, pq::type::text);
    }
    const pq::params::view view = parameters.get();
    const pq::result result{PQexecParams(m_connection.get(), statement.c_str(), view.count, view.types, view.values,
                                         view.lengths, view.formats, 0)};
    if (PQstatus(m_connection.get()) != CONNECTION_OK) {
        throw pq::error_of(m_connection.get());
    }
    answer out = answer_of(result);
    if (result.status() != PGRES_TUPLES_OK && result.status() != PGRES_COMMAND_OK && !out.failed()) {
        throw pq::error_of(m_connection.get());  // libpq's own: nothing came from the server
    }
    return out;
}

answer probe_connection::must(std::string_view sql, const values& bound, const names& of, const fragments& written)
{
    answer out = ask(sql, bound, of, written);
    if (out.failed()) {
        throw error{error_kind::statement_failed, "a probe could not be prepared: " + out.message, {}, out.sqlstate};
    }
    return out;
}

attempt::attempt(probe_connection& connection) : m_connection{connection}
{
    m_connection.must("savepoint daybook_attempt");
}

attempt::~attempt()
{
    try {
        if (!m_kept) {
            m_connection.must("rollback to savepoint daybook_attempt");
        }
        m_connection.must("release savepoint daybook_attempt");
    } catch (const error&) {
        // The next statement will say so; the transaction is rolled back in any case.
    }
}

void attempt::keep()
{
    m_kept = true;
}

passing_transaction::passing_transaction(probe_connection& connection, std::string_view begin) : m_connection{connection}
{
    m_connection.must(begin);
}

passing_transaction::~passing_transaction()
{
    try {
        m_connection.must("rollback");
    } catch (const error&) {
        // Gone with the connection.
    }
}

}  // namespace daybook::detail
