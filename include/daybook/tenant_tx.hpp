// One transaction that belongs to one organization.
//
// Row-level security compares every row with a transaction-local setting, and only with_tenant and bind_tenant set
// it. Code that holds a tenant_tx cannot reach another organization's rows; code without one has nothing to read or
// write with.

#ifndef DAYBOOK_TENANT_TX_HPP
#define DAYBOOK_TENANT_TX_HPP

#include <concepts>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pqxx/pqxx>

#include <daybook/export.hpp>
#include <daybook/org_id.hpp>

namespace daybook {

class event_rules;
class pool;
class tenant_tx;

namespace detail {

class transaction;
enum class access : unsigned char;
transaction& engine(tenant_tx& tx) noexcept;

/// What with_tenant holds while its work runs: rolled back unless committed.
class DAYBOOK_EXPORT scope {
public:
    scope(pqxx::connection& connection, const org_id& organization);
    scope(pool& connections, const org_id& organization);
    scope(pool& connections, const org_id& organization, access mode);  // never inside another
    scope(tenant_tx& outer, const org_id& organization);
    ~scope();
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

    [[nodiscard]] tenant_tx& tx() noexcept;
    void commit();

private:
    struct state;
    std::unique_ptr<state> m_state;
};

}  // namespace detail

/// A running transaction, locked to one organization. Used by the thread that made it, while its scope lasts.
class DAYBOOK_EXPORT tenant_tx {
public:
    tenant_tx(const tenant_tx&) = delete;
    tenant_tx& operator=(const tenant_tx&) = delete;
    ~tenant_tx();

    [[nodiscard]] const org_id& organization() const noexcept { return m_organization; }

    /// The host's own statements of this transaction, through libpqxx. The first call begins the transaction, with a round
    /// trip, unless something else has. Only the scope ends it: commit() throws error (wrong_usage), and after abort() the scope
    /// throws not_committed. What is prepared on a pooled connection lives until the scope ends. Throws error (scope_ended,
    /// wrong_thread, contaminated_connection, unsafe_role, connection_lost, …).
    [[nodiscard]] pqxx::transaction_base& sql();

    /// One statement of the host's own, with `$1`, `$2`, … for `values`: what `sql().exec(sql, values)` does, and BEGIN travels
    /// in the same round trip if this is the first statement of the scope. The result, and the exceptions of a statement that
    /// fails, are libpqxx's own. Events that wait for the commit go on waiting; COPY is refused. Throws also what sql() throws.
    pqxx::result exec(std::string_view sql, const pqxx::params& values = {});

    /// Sends the events that wait for the commit, now. Throws error (duplicate_event, permission_denied, …); the
    /// transaction cannot be committed after that.
    void flush();

    /// What events that are logged from now on go through, instead of the rules of the pool: for a connection that is not of
    /// a pool, and for bind_tenant. Null: nothing.
    void use_rules(std::shared_ptr<const event_rules> rules);

private:
    friend class detail::scope;
    friend detail::transaction& detail::engine(tenant_tx& tx) noexcept;
    friend tenant_tx bind_tenant(pqxx::transaction_base& transaction, const org_id& organization);

    explicit tenant_tx(std::unique_ptr<detail::transaction> transaction);

    org_id m_organization;
    std::unique_ptr<detail::transaction> m_transaction;
};

/// Runs `work(tx)` in a transaction that belongs to `organization`: commits when it returns, and gives back what it
/// returned; rolls back when it throws, and lets the exception pass unchanged, whatever its type.
///
/// `organization` comes from the host's validated session, never from a URL, a parameter or the client.
/// Only database work belongs inside: the transaction stays open, and holds its locks, until `work` returns.
///
/// The server hears of the transaction with its first statement, so that is where a connection in a bad state is refused. Work
/// that sends nothing and logs nothing costs nothing.
///
/// On a connection (or, on this thread, a pool) that is inside a scope already, the same organization makes this a
/// savepoint, and another one is refused before any SQL. The connection must not be in use by another thread.
///
/// Throws error: unsafe_role if row-level security would not hold this connection's role; contaminated_connection if
/// it carries an organization from elsewhere; schema_missing or schema_pending; duplicate_event if an event's id is
/// there already; not_committed if the server rolled back; commit_unknown if the connection was lost during COMMIT
/// (run it again with the same event ids); connection_lost; transaction_conflict.
template <std::invocable<tenant_tx&> Work>
std::invoke_result_t<Work, tenant_tx&> with_tenant(pqxx::connection& connection, const org_id& organization,
                                                   Work&& work);

/// The same with a connection of `connections`, which has it back when this returns or throws. Throws also error
/// (pool_exhausted, cannot_connect). Any thread.
template <std::invocable<tenant_tx&> Work>
std::invoke_result_t<Work, tenant_tx&> with_tenant(pool& connections, const org_id& organization, Work&& work);

/// A savepoint inside `outer`: if `work` throws, what it did and logged is undone, and `outer` goes on.
template <std::invocable<tenant_tx&> Work>
std::invoke_result_t<Work, tenant_tx&> with_tenant(tenant_tx& outer, const org_id& organization, Work&& work);

/// Locks a transaction that the host owns, commits and rolls back. Events are written when they are logged, since
/// nobody else sees the host's commit. Call it before the transaction's first savepoint.
///
/// The result must not outlive `transaction`, and is over when that ends.
///
/// It cannot see a host that swallows the error of a failed statement and commits all the same: the server then
/// rolls back, and pqxx::work::commit() says nothing. with_tenant notices that.
///
/// Throws error (unsuitable_transaction) before any SQL for a pqxx::nontransaction, a subtransaction, or a
/// transaction that has ended or failed; nested_organization if it belongs to another organization already.
[[nodiscard]] DAYBOOK_EXPORT tenant_tx bind_tenant(pqxx::transaction_base& transaction, const org_id& organization);

namespace detail {

template <typename Where, typename Work>
std::invoke_result_t<Work, tenant_tx&> run_in_scope(Where& where, const org_id& organization, Work&& work)
{
    scope s{where, organization};
    if constexpr (std::is_void_v<std::invoke_result_t<Work, tenant_tx&>>) {
        std::invoke(std::forward<Work>(work), s.tx());
        s.commit();
    } else {
        std::invoke_result_t<Work, tenant_tx&> result = std::invoke(std::forward<Work>(work), s.tx());
        s.commit();
        return result;
    }
}

}  // namespace detail

template <std::invocable<tenant_tx&> Work>
std::invoke_result_t<Work, tenant_tx&> with_tenant(pqxx::connection& connection, const org_id& organization,
                                                   Work&& work)
{
    return detail::run_in_scope(connection, organization, std::forward<Work>(work));
}

template <std::invocable<tenant_tx&> Work>
std::invoke_result_t<Work, tenant_tx&> with_tenant(pool& connections, const org_id& organization, Work&& work)
{
    return detail::run_in_scope(connections, organization, std::forward<Work>(work));
}

template <std::invocable<tenant_tx&> Work>
std::invoke_result_t<Work, tenant_tx&> with_tenant(tenant_tx& outer, const org_id& organization, Work&& work)
{
    return detail::run_in_scope(outer, organization, std::forward<Work>(work));
}

}  // namespace daybook

#endif
