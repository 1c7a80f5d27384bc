#include <daybook/sql_query.hpp>

#include "cursor_query.hpp"
#include "libpq.hpp"

namespace daybook {

void run_auditor_query(const std::string& auditor_url, const std::string& sql, const result_sink& sink,
                       const sql_query_options& options)
{
    const pq::connection_ptr connection = pq::connect(auditor_url);
    detail::check_reading_role(connection.get(), "auditor", "audit_logs_auditor_read");
    const std::int64_t backend = detail::prepare_typed_queries(connection.get(), options);
    detail::run_cursor_query(connection.get(), backend, {}, sql, sink);
}

}  // namespace daybook
