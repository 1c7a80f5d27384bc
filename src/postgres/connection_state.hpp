// What Daybook knows about one connection, kept with the connection itself.

#ifndef DAYBOOK_POSTGRES_CONNECTION_STATE_HPP
#define DAYBOOK_POSTGRES_CONNECTION_STATE_HPP

#include <map>
#include <string>

#include <libpq-fe.h>

namespace daybook::detail {

class transaction;

struct connection_state {
    std::string safe_role;         ///< the role that was found to be held by row-level security; empty before that
    transaction* active = nullptr;  ///< the scope that is open on it
    bool direct = false;            ///< a server's own session, as far as can be seen, and no pooler's
    std::map<std::string, std::string, std::less<>> prepared;  ///< Daybook's own prepared statements, by text

    /// The state of this connection, made at the first call; libpq frees it with the connection, and so a new
    /// connection at the same address never inherits it.
    [[nodiscard]] static connection_state& of(PGconn* connection);
};

/// Asks the server who this is, and throws error (unsafe_role, schema_missing, schema_pending, unsuitable_database)
/// if the log would not be safe with it. Remembers the role in the connection's state.
void examine(PGconn* connection);

}  // namespace daybook::detail

#endif
