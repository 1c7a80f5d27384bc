#include <daybook/pool.hpp>

#include <chrono>
#include <utility>

#include <unistd.h>

#include <daybook/error.hpp>

#include "connection_state.hpp"
#include "libpq.hpp"
#include "pool_state.hpp"
#include "sql/reset_session.hpp"

namespace daybook {

namespace detail {

namespace {

// Reads the answer to reset_session.sql, which has usually arrived long ago. False if the session is not clean.
bool finish_reset(pooled& one)
{
    if (!std::exchange(one.resetting, false)) {
        return true;
    }
    bool clean = true;
    for (PGresult* raw = PQgetResult(one.native); raw != nullptr; raw = PQgetResult(one.native)) {
        const pq::result answer{raw};
        clean = clean && (answer.status() == PGRES_COMMAND_OK || answer.status() == PGRES_TUPLES_OK);
    }
    return clean;
}

// Looks whether the server has closed the connection meanwhile; does not wait.
bool is_usable(const pooled& one)
{
    pq::hear_farewell(one.native);
    return PQstatus(one.native) == CONNECTION_OK && PQtransactionStatus(one.native) == PQTRANS_IDLE;
}

}  // namespace

lease::lease(pool_state& from, pooled what) : m_from{&from}, m_what{std::move(what)} {}

lease::lease(lease&& other) noexcept : m_from{std::exchange(other.m_from, nullptr)}, m_what{std::move(other.m_what)} {}

lease& lease::operator=(lease&& other) noexcept
{
    if (this != &other) {
        drop();
        m_from = std::exchange(other.m_from, nullptr);
        m_what = std::move(other.m_what);
    }
    return *this;
}

void lease::drop() noexcept
{
    pool_state* const from = std::exchange(m_from, nullptr);
    if (from == nullptr) {
        return;
    }
    if (!from->is_ours()) {
        static_cast<void>(m_what.connection.release());
        return;
    }
    m_what.connection.reset();
    from->one_less();
}

void lease::give_back(bool used_raw_sql) noexcept
{
    if (m_from == nullptr || !m_from->is_ours() || !is_usable(m_what)) {
        drop();
        return;
    }
    if (used_raw_sql) {
        // Sent now, read when the connection is used next: nobody waits for it.
        if (PQsendQuery(m_what.native, embedded::sql::reset_session) != 1) {
            drop();
            return;
        }
        m_what.resetting = true;
        connection_state::of(m_what.native).prepared.clear();  // DEALLOCATE ALL
    }
    std::exchange(m_from, nullptr)->put_back(std::move(m_what));
}

pool_state::pool_state(pool_options options) : m_options{std::move(options)}, m_process{getpid()} {}

pool_state::~pool_state()
{
    if (!is_ours()) {
        for (pooled& one : m_idle) {
            static_cast<void>(one.connection.release());
        }
        static_cast<void>(m_attempt.connection.release());
    }
}

bool pool_state::is_ours() const noexcept
{
    return m_process == getpid();
}

pooled pool_state::make() const
{
    pq::connection_ptr raw = pq::connect(m_options.url);
    examine(raw.get());
    PGconn* const native = raw.release();
    return {std::make_unique<pqxx::connection>(adopt(native)), native};
}

lease pool_state::take()
{
    if (!is_ours()) {
        throw error{error_kind::wrong_thread, "this pool belongs to the process that forked", "make one after fork()"};
    }
    const auto deadline = std::chrono::steady_clock::now() + m_options.wait;
    std::unique_lock lock{m_mutex};
    for (;;) {
        while (!m_idle.empty()) {
            pooled what = std::move(m_idle.back());
            m_idle.pop_back();
            lock.unlock();
            const bool usable = finish_reset(what) && is_usable(what);
            lease one{*this, std::move(what)};
            if (usable) {
                return one;
            }
            one = {};  // throws the connection away
            lock.lock();
        }
        if (m_open < m_options.size) {
            ++m_open;
            lock.unlock();
            try {
                return lease{*this, make()};
            } catch (...) {
                one_less();
                throw;
            }
        }
        if (m_freed.wait_until(lock, deadline) == std::cv_status::timeout && m_idle.empty() &&
            m_open >= m_options.size) {
            throw error{error_kind::pool_exhausted,
                        "all " + std::to_string(m_options.size) + " connections were in use for " +
                            std::to_string(m_options.wait.count()) + " ms"};
        }
    }
}

void pool_state::attempt(const std::function<void(pqxx::connection&)>& work)
{
    const std::lock_guard lock{m_attempt_mutex};
    if (m_attempt.connection == nullptr || !is_usable(m_attempt)) {
        m_attempt = {};
        m_attempt = make();
    }
    work(*m_attempt.connection);
}

void pool_state::put_back(pooled what) noexcept
{
    {
        const std::lock_guard lock{m_mutex};
        m_idle.push_back(std::move(what));
    }
    m_freed.notify_one();
}

void pool_state::one_less() noexcept
{
    {
        const std::lock_guard lock{m_mutex};
        --m_open;
    }
    m_freed.notify_one();
}

std::size_t pool_state::open_connections() const
{
    const std::lock_guard lock{m_mutex};
    return m_open;
}

pool_state& engine(pool& connections) noexcept
{
    return *connections.m_state;
}

}  // namespace detail

pool::pool(pool_options options)
{
    if (options.url.empty()) {
        throw error{error_kind::no_url, "the pool was given no connection URL", "set DATABASE_URL"};
    }
    if (options.size == 0) {
        throw error{error_kind::wrong_usage, "a pool needs at least one connection"};
    }
    m_state = std::make_unique<detail::pool_state>(std::move(options));
}

pool::~pool() = default;

void pool::check()
{
    m_state->take().give_back(false);
}

std::size_t pool::open_connections() const
{
    return m_state->open_connections();
}

}  // namespace daybook
