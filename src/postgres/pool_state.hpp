// The connections of a pool, and a lease of one.

#ifndef DAYBOOK_POSTGRES_POOL_STATE_HPP
#define DAYBOOK_POSTGRES_POOL_STATE_HPP

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <sys/types.h>

#include <daybook/pool.hpp>

#include "native.hpp"

namespace daybook::detail {

class pool_state;

/// A connection, as a pool keeps it.
struct pooled {
    std::unique_ptr<pqxx::connection> connection;
    PGconn* native = nullptr;
    bool resetting = false;  // reset_session.sql was sent, its answer not yet read
};

/// Somebody's right to one connection. One that is not given back is thrown away.
class lease {
public:
    lease() = default;
    lease(pool_state& from, pooled what);
    ~lease() { drop(); }
    lease(lease&& other) noexcept;
    lease& operator=(lease&& other) noexcept;

    [[nodiscard]] pqxx::connection& connection() { return *m_what.connection; }

    /// Does nothing for an empty lease.
    void give_back(bool used_raw_sql) noexcept;

private:
    void drop() noexcept;

    pool_state* m_from = nullptr;
    pooled m_what;
};

class pool_state {
public:
    explicit pool_state(pool_options options);

    /// In a child after fork(), leaves the connections to the parent: closing one would end the parent's session.
    ~pool_state();
    pool_state(const pool_state&) = delete;
    pool_state& operator=(const pool_state&) = delete;

    /// Waits for a free connection, or makes one. Throws error (pool_exhausted, cannot_connect, unsafe_role, …).
    lease take();

    /// Runs `work` with the connection that is kept for attempts: one thread at a time, and not counted.
    void attempt(const std::function<void(pqxx::connection&)>& work);

    [[nodiscard]] std::size_t open_connections() const;

    [[nodiscard]] const std::shared_ptr<const event_rules>& rules() const noexcept { return m_options.rules; }

private:
    friend class lease;

    [[nodiscard]] pooled make() const;
    void put_back(pooled what) noexcept;
    void one_less() noexcept;

    [[nodiscard]] bool is_ours() const noexcept;

    pool_options m_options;
    pid_t m_process;
    mutable std::mutex m_mutex;
    std::condition_variable m_freed;
    std::vector<pooled> m_idle;
    std::size_t m_open = 0;

    std::mutex m_attempt_mutex;
    pooled m_attempt;
};

}  // namespace daybook::detail

#endif
