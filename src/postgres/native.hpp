// The libpq handle inside a pqxx::connection.

#ifndef DAYBOOK_POSTGRES_NATIVE_HPP
#define DAYBOOK_POSTGRES_NATIVE_HPP

#include <libpq-fe.h>
#include <pqxx/pqxx>

namespace daybook::detail {

/// libpqxx 7.10 and 8 give the handle away only by release and seize, which lose the host's notice handlers and LISTEN
/// callbacks. An explicit instantiation may name a private member ([temp.spec]/6), so this reads it and changes
/// nothing. It rests on the member's name: a libpqxx that renames it fails to compile here, and only here.
[[nodiscard]] PGconn* native_handle(pqxx::connection& connection);

/// Makes a pqxx::connection that owns `handle`.
[[nodiscard]] pqxx::connection adopt(PGconn* handle);

}  // namespace daybook::detail

#endif
