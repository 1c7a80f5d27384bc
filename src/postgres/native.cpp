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

#if PQXX_VERSION_MAJOR >= 8
using result_maker = pqxx::result (pqxx::connection::*)(pqxx::internal::pq::PGresult*, const std::shared_ptr<std::string>&,
                                                        std::string_view, pqxx::sl);
#else
using result_maker = pqxx::result (pqxx::connection::*)(pqxx::internal::pq::PGresult*, const std::shared_ptr<std::string>&,
                                                        std::string_view);
#endif

template <result_maker Member>
struct reveal_result {
    friend pqxx::result result_of(pqxx::connection& connection, pqxx::internal::pq::PGresult* raw,
                                  const std::shared_ptr<std::string>& query)
    {
#if PQXX_VERSION_MAJOR >= 8
        return (connection.*Member)(raw, query, "", pqxx::sl::current());
#else
        return (connection.*Member)(raw, query, "");
#endif
    }
};
pqxx::result result_of(pqxx::connection& connection, pqxx::internal::pq::PGresult* raw, const std::shared_ptr<std::string>& query);
template struct reveal_result<static_cast<result_maker>(&pqxx::connection::make_result)>;

using foreign_handle = decltype(std::declval<pqxx::connection&&>().release_raw_connection());

}  // namespace

PGconn* native_handle(pqxx::connection& connection)
{
    // libpqxx declares the type again under a name of its own.
    return reinterpret_cast<PGconn*>(raw_handle(connection));
}

pqxx::result host_result(pqxx::connection& connection, PGresult* raw, const std::shared_ptr<std::string>& query)
{
    return result_of(connection, reinterpret_cast<pqxx::internal::pq::PGresult*>(raw), query);
}

host_params::host_params(const pqxx::params& values)
#if PQXX_VERSION_MAJOR >= 8
    : m_values{values.make_c_params(pqxx::sl::current())}
#else
    : m_values{values.make_c_params()}
#endif
{
    for (const auto format : m_values.formats) {
        m_formats.push_back(static_cast<int>(format));
    }
}

pq::params::view host_params::get() const
{
    return {static_cast<int>(m_values.values.size()), nullptr, m_values.values.data(), m_values.lengths.data(), m_formats.data()};
}

pqxx::connection adopt(PGconn* handle)
{
    return pqxx::connection::seize_raw_connection(reinterpret_cast<foreign_handle>(handle));
}

}  // namespace daybook::detail
