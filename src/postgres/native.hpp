// What libpqxx keeps to itself: the libpq handle inside a connection, and results and parameters of statements that Daybook
// sends for the host.

#ifndef DAYBOOK_POSTGRES_NATIVE_HPP
#define DAYBOOK_POSTGRES_NATIVE_HPP

#include <memory>
#include <string>
#include <vector>

#include <libpq-fe.h>
#include <pqxx/pqxx>

#include "libpq.hpp"

namespace daybook::detail {

/// libpqxx 7.10 and 8 give the handle away only by release and seize, which lose the host's notice handlers and LISTEN
/// callbacks. An explicit instantiation may name a private member ([temp.spec]/6), so this reads it and changes
/// nothing. It rests on the member's name: a libpqxx that renames it fails to compile here, and only here.
[[nodiscard]] PGconn* native_handle(pqxx::connection& connection);

/// The result of a statement that went past libpqxx, as libpqxx would give it, and its exception if it failed. Takes `raw`.
[[nodiscard]] pqxx::result host_result(pqxx::connection& connection, PGresult* raw, const std::shared_ptr<std::string>& query);

/// Parameters of libpqxx, for libpq. `values` must outlive it.
class host_params {
public:
    explicit host_params(const pqxx::params& values);

    [[nodiscard]] pq::params::view get() const;

private:
    pqxx::internal::c_params m_values;
    std::vector<int> m_formats;
};

/// Makes a pqxx::connection that owns `handle`.
[[nodiscard]] pqxx::connection adopt(PGconn* handle);

}  // namespace daybook::detail

#endif
