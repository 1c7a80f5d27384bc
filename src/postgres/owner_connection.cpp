#include "owner_connection.hpp"

#include "sql/is_owner.hpp"

namespace daybook::detail {

pq::connection_ptr connect_as_owner(const std::string& url)
{
    pq::connection_ptr connection = pq::connect(url);
    const pq::result answer = pq::execute(connection.get(), embedded::sql::is_owner);
    if (answer.rows() == 0) {
        throw error{error_kind::schema_missing, "the database has no Daybook schema", "run `daybook migrate up`"};
    }
    if (!answer.boolean(0, 1)) {
        throw error{error_kind::permission_denied,
                    "the owner's URL logs in as \"" + answer.text(0, 0) + "\", which does not own the schema",
                    "see DATABASE_URL_OWNER"};
    }
    return connection;
}

}  // namespace daybook::detail
