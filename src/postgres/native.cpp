#include "native.hpp"

#include <utility>

namespace daybook::detail {

namespace {

template <auto Member>
struct reveal {
    friend auto raw_handle(const pqxx::connection& connection) { return (connection.*Member)(); }
};
auto raw_handle(const pqxx::connection& connection);
template struct reveal<&pqxx::connection::raw_connection>;

using foreign_handle = decltype(std::declval<pqxx::connection&&>().release_raw_connection());

}  // namespace

PGconn* native_handle(pqxx::connection& connection)
{
    // libpqxx declares the type again under a name of its own.
    return reinterpret_cast<PGconn*>(raw_handle(connection));
}

pqxx::connection adopt(PGconn* handle)
{
    return pqxx::connection::seize_raw_connection(reinterpret_cast<foreign_handle>(handle));
}

}  // namespace daybook::detail
