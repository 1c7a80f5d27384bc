#include "cursor_query.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

#include <daybook/event.hpp>
#include <daybook/json.hpp>

#include "libpq.hpp"
#include "sql/examine_reading_role.hpp"
#include "sql/prepare_typed_queries.hpp"
#include "sql/use_reader_token.hpp"

namespace daybook::detail {

namespace {

constexpr std::string_view prefix = "declare daybook_query no scroll cursor for ";
constexpr const char* fetch = "fetch forward 500 from daybook_query";
constexpr int rows_at_once = 500;

// LOG and DEBUG messages can carry a plan with the row counts of other organizations: nobody sees notices here.
class silence {
public:
    explicit silence(PGconn* connection)
        : m_connection{connection}, m_before{PQsetNoticeReceiver(connection, ignore, nullptr)}
    {
    }
    ~silence() { PQsetNoticeReceiver(m_connection, m_before, nullptr); }
    silence(const silence&) = delete;
    silence& operator=(const silence&) = delete;

private:
    static void ignore(void*, const PGresult*) {}

    PGconn* m_connection;
    PQnoticeReceiver m_before;
};

column_kind kind_of(Oid type)
{
    switch (type) {
    case 16: return column_kind::boolean;
    case 20:    // int8
    case 21:    // int2
    case 23:    // int4
    case 1700:  // numeric
        return column_kind::number;
    case 114:   // json
    case 3802:  // jsonb
        return column_kind::json;
    default: return column_kind::text;  // float8 too: its NaN and Infinity are no JSON numbers
    }
}

// The line of `sql` that holds character `position` (from 1), and a caret below that character.
std::string with_caret(const std::string& sql, std::size_t position)
{
    std::size_t at = 0;  // in bytes; the server counts characters
    for (std::size_t character = 1; character < position && at < sql.size(); ++character) {
        ++at;
        while (at < sql.size() && (static_cast<unsigned char>(sql[at]) & 0xc0) == 0x80) {
            ++at;
        }
    }
    const std::size_t previous = at == 0 ? std::string::npos : sql.rfind('\n', at - 1);
    const std::size_t begin = previous == std::string::npos ? 0 : previous + 1;
    const std::size_t end = std::min(sql.find('\n', at), sql.size());
    std::string blank;
    for (std::size_t i = begin; i < at; ++i) {
        if ((static_cast<unsigned char>(sql[i]) & 0xc0) != 0x80) {
            blank += sql[i] == '\t' ? '\t' : ' ';
        }
    }
    return "\n  " + sql.substr(begin, end - begin) + "\n  " + blank + "^";
}

// Behind blanks and comments, which SQL nests.
std::size_t first_token(const std::string& sql)
{
    std::size_t at = 0;
    int depth = 0;
    while (at < sql.size()) {
        const std::string_view two = std::string_view{sql}.substr(at, 2);
        if (two == "/*") {
            ++depth;
            at += 2;
        } else if (depth > 0 && two == "*/") {
            --depth;
            at += 2;
        } else if (depth > 0 || std::string_view{" \t\n\r\f"}.find(sql[at]) != std::string_view::npos) {
            ++at;
        } else if (two == "--") {
            at = std::min(sql.find('\n', at), sql.size());
        } else {
            break;
        }
    }
    return at;
}

std::string first_word(const std::string& sql)
{
    std::string word;
    for (std::size_t at = first_token(sql); at < sql.size(); ++at) {
        const char lower = static_cast<char>(sql[at] | 0x20);
        if (lower < 'a' || lower > 'z') {
            break;
        }
        word += lower;
    }
    return word;
}

bool begins_like_a_query(const std::string& sql)
{
    static constexpr std::array<std::string_view, 5> beginnings{"", "select", "with", "values", "table"};
    return std::ranges::find(beginnings, first_word(sql)) != beginnings.end();
}

std::string suggestion(const error& e)
{
    static constexpr std::array<std::string_view, 2> tables{"events", "organizations"};
    const std::string message = e.what();
    const std::string_view marker = "relation \"";
    const std::size_t begin = message.find(marker);
    if (begin == std::string::npos) {
        return {};
    }
    const std::size_t from = begin + marker.size();
    const std::string name = message.substr(from, message.find('"', from) - from);
    const std::string_view near = nearest_name(name, tables);
    return near.empty() ? "there are events and organizations" : "did you mean \"" + std::string{near} + "\"?";
}

[[noreturn]] void refuse(const error& e, const pq::result& failed, const std::string& sql)
{
    const std::string& state = e.sqlstate();
    const std::string message = e.what();
    const bool several = message.find("multiple commands") != std::string::npos;
    const bool changing = message.find("data-modifying") != std::string::npos;
    if (several || changing || (state == "42601" && !begins_like_a_query(sql))) {
        throw error{error_kind::not_one_query, "this is not one read-only query: " + message,
                    "write one SELECT, VALUES, TABLE or WITH … SELECT", state};
    }
    std::string where;
    if (const char* const position = PQresultErrorField(failed.get(), PG_DIAG_STATEMENT_POSITION)) {
        const auto character = std::strtoul(position, nullptr, 10);
        if (character > prefix.size()) {
            where = with_caret(sql, character - prefix.size());
        }
    }
    const std::string hint = e.kind() == error_kind::undefined_name ? suggestion(e) : std::string{};
    throw error{e.kind(), message + where + (hint.empty() ? "" : "\n  " + hint), {}, state};
}

// Ends the transaction, whatever happened in it: there is nothing to keep, and what set_config() set goes with it.
class read_only_transaction {
public:
    explicit read_only_transaction(PGconn* connection) : m_connection{connection} {}
    ~read_only_transaction() { const pq::result ended{PQexec(m_connection, "rollback")}; }
    read_only_transaction(const read_only_transaction&) = delete;
    read_only_transaction& operator=(const read_only_transaction&) = delete;

private:
    PGconn* m_connection;
};

void check(const pq::result& answer, const std::string& sql)
{
    try {
        answer.check();
    } catch (const error& e) {
        refuse(e, answer, sql);
    }
}

// One flush: the transaction, the token, the cursor, and its first rows.
pq::result open_cursor(PGconn* connection, std::int64_t backend, const std::string& token, const std::string& sql)
{
    pq::params values;
    values.add(token);
    pq::pipeline line{connection};
    line.send("begin read only");
    line.send(embedded::sql::use_reader_token, values);
    line.send((std::string{prefix} + sql).c_str());
    line.send(fetch, {}, pq::form::text);
    std::vector<pq::result> answers = line.finish();
    for (std::size_t i = 0; i < answers.size(); ++i) {
        // The server skips what follows a statement that failed.
        if (answers[i].status() == PGRES_PIPELINE_ABORTED) {
            continue;
        }
        if (i < 2) {
            answers[i].check();
        } else {
            check(answers[i], sql);
        }
        if (i == 1 && answers[i].integer(0, 0) != backend) {
            throw error{error_kind::unsuitable_database,
                        "a pooler gave this query another server connection than the last one",
                        "typed queries need session pooling, or no pooler"};
        }
    }
    if (answers.size() < 4) {
        throw pq::error_of(connection);
    }
    return std::move(answers[3]);
}

}  // namespace

void run_cursor_query(PGconn* connection, std::int64_t backend, const std::string& token, const std::string& sql,
                      const result_sink& sink)
{
    check_text(sql, "the query");
    const silence notices{connection};
    const read_only_transaction transaction{connection};
    pq::result rows = open_cursor(connection, backend, token, sql);

    std::vector<result_column> columns;
    for (int c = 0; c < rows.columns(); ++c) {
        columns.push_back({PQfname(rows.get(), c), kind_of(PQftype(rows.get(), c))});
    }
    sink.columns(columns);
    std::vector<std::optional<std::string_view>> row;
    for (;;) {
        for (int r = 0; r < rows.rows(); ++r) {
            row.clear();
            for (int c = 0; c < rows.columns(); ++c) {
                row.push_back(rows.is_null(r, c) ? std::nullopt : std::optional{rows.bytes(r, c)});
            }
            if (!sink.row(row)) {
                return;
            }
        }
        if (rows.rows() < rows_at_once) {
            return;
        }
        rows = pq::result{PQexecParams(connection, fetch, 0, nullptr, nullptr, nullptr, nullptr, 0)};
        if (rows.get() == nullptr) {
            throw pq::error_of(connection);
        }
        check(rows, sql);
    }
}

std::int64_t prepare_typed_queries(PGconn* connection, const sql_query_options& options)
{
    pq::params values;
    values.add(options.time_zone).add(std::to_string(options.timeout.count()));
    return pq::execute(connection, embedded::sql::prepare_typed_queries, values).integer(0, 0);
}

void check_reading_role(PGconn* connection, const std::string& purpose, const std::string& policy)
{
    pq::params values;
    values.add(policy);
    const pq::result answer = pq::execute(connection, embedded::sql::examine_reading_role, values);
    const std::string role = answer.text(0, 0);
    if (answer.boolean(0, 2)) {
        throw error{error_kind::unsafe_role,
                    "the " + purpose + "'s URL logs in as \"" + role + "\", a superuser or BYPASSRLS role",
                    "use the role daybook_" + purpose};
    }
    if (!answer.boolean(0, 1)) {
        throw error{error_kind::permission_denied, "the role \"" + role + "\" is not the " + purpose + "'s",
                    "use the role daybook_" + purpose};
    }
    if (answer.boolean(0, 3)) {
        throw error{error_kind::unsafe_role, "the " + purpose + "'s role \"" + role + "\" may write", "take its grants away"};
    }
}

}  // namespace daybook::detail
