// The engine of a tenant_tx: when what is sent to the server, and what is believed of its answers.
//
//     begin     nothing is sent
//     work      the first statement takes BEGIN and set_tenant along in its flush; events are checked, encoded and queued
//     commit    one flush: what is queued + COMMIT
//
// Auditing adds no round trip. A COMMIT is believed only when the server answers COMMIT.

#ifndef DAYBOOK_POSTGRES_TRANSACTION_HPP
#define DAYBOOK_POSTGRES_TRANSACTION_HPP

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <libpq-fe.h>
#include <pqxx/pqxx>
#include <sys/types.h>

#include <daybook/event.hpp>
#include <daybook/event_rules.hpp>
#include <daybook/log_audit.hpp>
#include <daybook/org_id.hpp>

#include "event_batch.hpp"
#include "libpq.hpp"

namespace daybook::detail {

class pool_state;
class owned_work;

enum class access : unsigned char {
    read_write,
    snapshot,  ///< one state of the database for all statements, and nothing but reading
};

class transaction {
public:
    /// Makes one of an idle connection; the server hears of it with the first statement.
    transaction(pqxx::connection& connection, const org_id& organization, access mode, pool_state* from);

    /// Binds one that the host owns.
    transaction(pqxx::transaction_base& host, const org_id& organization);

    /// Rolls back one that is not committed, if it is ours.
    ~transaction();

    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;

    [[nodiscard]] const org_id& organization() const noexcept { return m_organization; }
    [[nodiscard]] PGconn* native() const noexcept { return m_native; }
    [[nodiscard]] tenant_tx* facade() const noexcept { return m_facade; }
    void set_facade(tenant_tx* facade) noexcept { m_facade = facade; }

    /// Throws error (scope_ended, wrong_thread, not_committed) unless a statement may be sent now.
    void check_usable() const;

    /// For the host's statements.
    [[nodiscard]] pqxx::transaction_base& sql();
    pqxx::result exec(std::string_view sql, const pqxx::params& values);

    /// Whether the host ran statements of its own, so that the session may carry something.
    [[nodiscard]] bool used_raw_sql() const noexcept { return m_used_raw_sql; }

    std::vector<receipt> log(std::span<const event> events);

    void use_rules(std::shared_ptr<const event_rules> rules) noexcept { m_rules = std::move(rules); }

    /// The event as the rules make it; the same if there are none. Throws what they throw; a refusal that is to be recorded is
    /// in the log then.
    [[nodiscard]] outgoing_event shape(const event& e) const;
    void flush();
    void commit();

    /// Savepoints, one inside another.
    void begin_nested();
    void commit_nested();
    void roll_back_nested() noexcept;

    /// One statement of the engine, after flush(). Throws what the server answers.
    pq::result execute(const char* sql, const pq::params& values = {});

    /// The same, for statements that come again and again: on a connection of the pool, the plan is made once, for any values.
    /// With many partitions, planning takes most of a page's time.
    pq::result execute_again(const char* sql, const pq::params& values);

    /// Its rows one by one, as pq::pipeline::finish_rows() does. Until then nobody else can send a statement.
    void stream(const char* sql, const pq::params& values, const std::function<void(const pq::result&)>& each);

    /// Of the innermost scope on this thread that came from `from`; null if there is none.
    [[nodiscard]] static transaction* current(const pool_state& from) noexcept;

    /// Of the last event that was logged in the innermost scope of `organization` on this thread and had one.
    [[nodiscard]] static std::optional<std::string> current_correlation_id(const org_id& organization);

private:
    friend class owned_work;

    std::vector<receipt> log_shaped(std::span<const event> events,
                                    const std::function<std::optional<std::string>(std::size_t)>& shaper);
    void check_idle() const;
    void begin();
    std::vector<pq::result> send(const std::function<void(pq::pipeline&)>& statements);
    std::vector<pq::result> send_queue_and(const std::function<void(pq::pipeline&)>& statements);
    void commit_flush();
    void roll_back() noexcept;
    void check_thread() const;

    org_id m_organization;
    PGconn* m_native;
    tenant_tx* m_facade = nullptr;
    pqxx::transaction_base* m_sql = nullptr;
    pool_state* m_pool = nullptr;
    std::shared_ptr<const event_rules> m_rules;
    transaction* m_outer_on_thread = nullptr;
    std::thread::id m_thread;
    pid_t m_process;
    event_batch m_queue;
    std::optional<std::string> m_correlation_id;
    access m_access = access::read_write;
    int m_nesting = 0;
    bool m_begun = false;  // the server was told
    bool m_ended = false;
    bool m_used_raw_sql = false;
    std::unique_ptr<owned_work> m_owned;  // last, because its destructor rolls back with all of the above
};

}  // namespace daybook::detail

#endif
