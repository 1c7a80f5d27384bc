// A connection as the owner of the schema, for what only the owner administers.

#ifndef DAYBOOK_POSTGRES_OWNER_CONNECTION_HPP
#define DAYBOOK_POSTGRES_OWNER_CONNECTION_HPP

#include <string>

#include "libpq.hpp"

namespace daybook::detail {

/// Throws error (schema_missing; permission_denied if `url` logs in as somebody else, whom row-level security would
/// show an empty list that looks like an answer).
[[nodiscard]] pq::connection_ptr connect_as_owner(const std::string& url);

}  // namespace daybook::detail

#endif
