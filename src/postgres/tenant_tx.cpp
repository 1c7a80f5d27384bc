#include <daybook/tenant_tx.hpp>

#include <daybook/error.hpp>
#include <daybook/pool.hpp>

#include "connection_state.hpp"
#include "native.hpp"
#include "pool_state.hpp"
#include "transaction.hpp"

namespace daybook {

namespace detail {

transaction& engine(tenant_tx& tx) noexcept
{
    return *tx.m_transaction;
}

// Either a transaction of its own, or a savepoint in somebody else's.
struct scope::state {
    lease connection;                // of a pool, or empty
    std::unique_ptr<tenant_tx> own;  // empty for a savepoint
    tenant_tx* tx = nullptr;
    bool done = false;

    void nest(transaction& outer, const org_id& organization)
    {
        if (outer.organization() != organization) {
            throw error{error_kind::nested_organization,
                        "a scope of organization " + to_string(organization) + " inside one of " +
                            to_string(outer.organization()),
                        "let the outer scope end first"};
        }
        outer.begin_nested();
        tx = outer.facade();
    }

    void begin(pool_state& from, const org_id& organization, access mode)
    {
        connection = from.take();
        own.reset(new tenant_tx{std::make_unique<transaction>(connection.connection(), organization, mode, &from)});
        tx = own.get();
    }
};

scope::scope(pqxx::connection& connection, const org_id& organization) : m_state{std::make_unique<state>()}
{
    if (transaction* const outer = connection_state::of(native_handle(connection)).active) {
        m_state->nest(*outer, organization);
        return;
    }
    m_state->own.reset(
        new tenant_tx{std::make_unique<transaction>(connection, organization, access::read_write, nullptr)});
    m_state->tx = m_state->own.get();
}

scope::scope(pool& connections, const org_id& organization) : m_state{std::make_unique<state>()}
{
    pool_state& from = engine(connections);
    if (transaction* const outer = transaction::current(from)) {
        m_state->nest(*outer, organization);
        return;
    }
    m_state->begin(from, organization, access::read_write);
}

scope::scope(pool& connections, const org_id& organization, access mode) : m_state{std::make_unique<state>()}
{
    pool_state& from = engine(connections);
    if (transaction::current(from) != nullptr) {
        throw error{error_kind::wrong_usage, "this needs a transaction of its own, and is inside a scope"};
    }
    m_state->begin(from, organization, mode);
}

scope::scope(tenant_tx& outer, const org_id& organization) : m_state{std::make_unique<state>()}
{
    m_state->nest(engine(outer), organization);
}

scope::~scope()
{
    if (m_state->own != nullptr) {
        const bool used_raw_sql = engine(*m_state->own).used_raw_sql();
        m_state->own.reset();
        m_state->connection.give_back(used_raw_sql);
    } else if (!m_state->done) {
        engine(*m_state->tx).roll_back_nested();
    }
}

tenant_tx& scope::tx() noexcept
{
    return *m_state->tx;
}

void scope::commit()
{
    if (m_state->own != nullptr) {
        engine(*m_state->own).commit();
    } else {
        engine(*m_state->tx).commit_nested();
    }
    m_state->done = true;
}

}  // namespace detail

tenant_tx::tenant_tx(std::unique_ptr<detail::transaction> transaction)
    : m_organization{transaction->organization()}, m_transaction{std::move(transaction)}
{
    m_transaction->set_facade(this);
}

tenant_tx::~tenant_tx() = default;

pqxx::transaction_base& tenant_tx::sql()
{
    return m_transaction->sql();
}

pqxx::result tenant_tx::exec(std::string_view sql, const pqxx::params& values)
{
    return m_transaction->exec(sql, values);
}

void tenant_tx::use_rules(std::shared_ptr<const event_rules> rules)
{
    m_transaction->use_rules(std::move(rules));
}

void tenant_tx::flush()
{
    m_transaction->flush();
}

tenant_tx bind_tenant(pqxx::transaction_base& transaction, const org_id& organization)
{
    return tenant_tx{std::make_unique<detail::transaction>(transaction, organization)};
}

}  // namespace daybook
