// SQL that people type, as one cursor: there is no way to say EXPLAIN, SET, DO, COPY or a second statement with it.

#ifndef DAYBOOK_POSTGRES_CURSOR_QUERY_HPP
#define DAYBOOK_POSTGRES_CURSOR_QUERY_HPP

#include <cstdint>
#include <string>

#include <libpq-fe.h>

#include <daybook/sql_query.hpp>

namespace daybook::detail {

/// Makes the session one for typed queries: names, time zone, time limit, forms of values. Once, and again when the options
/// change. Returns the server process that it was done in.
[[nodiscard]] std::int64_t prepare_typed_queries(PGconn* connection, const sql_query_options& options);

/// Runs `sql` on an idle connection, in a read-only transaction that is rolled back at the end and leaves nothing on
/// the connection, not even the `token` (empty for a role that needs none): behind a pooler the next client may get it. Throws
/// error (unsuitable_database in another process than `backend`, which was prepared; not_one_query, undefined_name,
/// statement_failed with the place marked, invalid_text, …).
void run_cursor_query(PGconn* connection, std::int64_t backend, const std::string& token, const std::string& sql,
                      const result_sink& sink);

/// Throws error (unsafe_role, permission_denied) unless this connection's role is the one that `policy` is for, and can
/// do no more than read. `purpose` names it in the message: "reader", "auditor".
void check_reading_role(PGconn* connection, const std::string& purpose, const std::string& policy);

}  // namespace daybook::detail

#endif
