// A bounded set of connections for the threads of one program.

#ifndef DAYBOOK_POOL_HPP
#define DAYBOOK_POOL_HPP

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <daybook/event_rules.hpp>
#include <daybook/export.hpp>
#include <daybook/tenant_tx.hpp>

namespace daybook {

class pool;

namespace detail {
class pool_state;
pool_state& engine(pool& connections) noexcept;
}  // namespace detail

struct pool_options {
    std::string url;                      ///< a libpq URL or conninfo, of the application's role
    std::size_t size = 8;                 ///< most connections at once; they are made when needed
    std::chrono::milliseconds wait{5000};  ///< how long with_tenant waits for a free one
    std::shared_ptr<const event_rules> rules{};  ///< what each event goes through that is logged on these connections
};

/// Hands connections to with_tenant, and nothing else. Each is checked when it is made (the role must be held by
/// row-level security, the schema must be there) and whenever a scope begins (idle, no organization, same role); one
/// that fails is thrown away. A connection whose scope used raw SQL is reset before it is used again.
///
/// One more connection is kept for log_attempt, so that a full pool cannot wait for itself. Any thread.
class DAYBOOK_EXPORT pool {
public:
    /// Does not connect yet. Throws error (no_url).
    explicit pool(pool_options options);

    /// With the default options. A template, so that pool{{.url = …, .size = 4}} is not ambiguous.
    template <std::convertible_to<std::string_view> Url>
    explicit pool(const Url& url) : pool{pool_options{.url = std::string{std::string_view{url}}}}
    {
    }

    ~pool();
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    /// Connects, once, and throws what with_tenant would: to find out at start. Keeps the connection.
    void check();

    /// Connections that are open now, in use or not.
    [[nodiscard]] std::size_t open_connections() const;

private:
    friend detail::pool_state& detail::engine(pool& connections) noexcept;

    std::unique_ptr<detail::pool_state> m_state;
};

}  // namespace daybook

#endif
