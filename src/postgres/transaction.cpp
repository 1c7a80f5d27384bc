#include "transaction.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <unistd.h>

#include <daybook/error.hpp>
#include <daybook/limits.hpp>

#include "connection_state.hpp"
#include "native.hpp"
#include "pool_state.hpp"
#include "shaping.hpp"
#include "sql/begin_scope.hpp"
#include "sql/check_scope.hpp"
#include "sql/open_scope.hpp"

namespace daybook::detail {

namespace {

// libpqxx 8 passes the caller's source location along.
#if PQXX_VERSION_MAJOR >= 8
#define DAYBOOK_PQXX_LOCATION pqxx::sl
#else
#define DAYBOOK_PQXX_LOCATION
#endif

thread_local transaction* innermost = nullptr;

// While it lives, libpqxx lets nobody open a stream or a pipeline, and it throws if one is open already.
class exclusive_use : public pqxx::transaction_focus {
public:
    explicit exclusive_use(pqxx::transaction_base& transaction) : pqxx::transaction_focus{transaction, "daybook"}
    {
        try {
            register_me();
        } catch (const pqxx::usage_error& e) {
            throw error{error_kind::unsuitable_transaction, e.what(), "complete what is open on this connection first"};
        }
    }
    ~exclusive_use() noexcept { unregister_me(); }
    exclusive_use(const exclusive_use&) = delete;
    exclusive_use& operator=(const exclusive_use&) = delete;
};

error ended_behind()
{
    return error{error_kind::not_committed, "the transaction was ended behind the scope's back",
                 "raw COMMIT and ROLLBACK have no place inside a scope"};
}

bool was_lost(PGconn* connection)
{
    return PQstatus(connection) == CONNECTION_BAD;
}

// Whether the server refused a statement, rather than said goodbye, as it, or a pooler for it, may do after the commit
// became durable. Some poolers keep the client's connection when they lose the server's, and call that an ERROR.
bool is_verdict(const pq::result& answer)
{
    const char* const severity = PQresultErrorField(answer.get(), PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity != nullptr && std::strcmp(severity, "ERROR") == 0 && !answer.sqlstate().starts_with("08");
}

// In any other encoding the server would take our bytes for other characters, silently.
void check_encoding(PGconn* connection)
{
    const int encoding = PQclientEncoding(connection);
    if (encoding >= 0 && std::strcmp(pg_encoding_to_char(encoding), "UTF8") != 0) {
        throw error{error_kind::unsuitable_transaction,
                    std::string{"the connection's client_encoding is "} + pg_encoding_to_char(encoding),
                    "set it to UTF8"};
    }
}

error at_place(const error& problem, std::size_t number, std::size_t of)
{
    return error{problem.kind(), "event " + std::to_string(number) + " of " + std::to_string(of) + ": " + problem.what()};
}

}  // namespace

// libpqxx's view of a transaction that we begin and end: it keeps the connection from being used otherwise, and gives
// the host an object to run its statements with.
class owned_work final : public pqxx::dbtransaction {
public:
    owned_work(pqxx::connection& connection, transaction& engine) : pqxx::dbtransaction{connection}, m_engine{engine}
    {
        register_transaction();
    }
    ~owned_work() noexcept override { close(); }

private:
    void do_commit(DAYBOOK_PQXX_LOCATION) override
    {
        try {
            if (!m_engine.m_ended) {
                throw error{error_kind::wrong_usage, "commit() inside a scope: the scope commits when its work returns"};
            }
            m_engine.commit_flush();
        } catch (...) {
            // libpqxx takes the transaction for aborted now and never calls do_abort().
            m_engine.roll_back();
            throw;
        }
    }
    void do_abort(DAYBOOK_PQXX_LOCATION) override { m_engine.roll_back(); }

    transaction& m_engine;
};

transaction::transaction(pqxx::connection& connection, const org_id& organization, access mode, pool_state* from)
    : m_organization{organization}, m_native{native_handle(connection)}, m_pool{from}, m_rules{from == nullptr ? nullptr : from->rules()},
      m_thread{std::this_thread::get_id()}, m_process{getpid()}, m_access{mode}
{
    check_idle();
    connection_state& state = connection_state::of(m_native);
    if (state.safe_role.empty()) {
        examine(m_native);
    }
    try {
        m_owned = std::make_unique<owned_work>(connection, *this);
    } catch (const pqxx::usage_error& e) {
        throw error{error_kind::unsuitable_transaction, e.what(),
                    "use bind_tenant for a transaction that is running already"};
    }
    m_sql = m_owned.get();
    state.active = this;
    m_outer_on_thread = std::exchange(innermost, this);
}

transaction::transaction(pqxx::transaction_base& host, const org_id& organization)
    : m_organization{organization}, m_native{native_handle(host.conn())}, m_sql{&host},
      m_thread{std::this_thread::get_id()}, m_process{getpid()}, m_begun{true}
{
    const auto refuse = [](const char* why) { throw error{error_kind::unsuitable_transaction, why}; };
    if (dynamic_cast<pqxx::nontransaction*>(&host) != nullptr) {
        refuse("a nontransaction commits each statement by itself");
    }
    if (dynamic_cast<pqxx::subtransaction*>(&host) != nullptr) {
        refuse("a subtransaction is not a transaction: bind the one that it is part of");
    }
    const connection_state& state = connection_state::of(m_native);
    if (state.active != nullptr) {
        refuse("this transaction belongs to a scope already");
    }
    pq::settle(m_native);
    switch (PQtransactionStatus(m_native)) {
    case PQTRANS_INTRANS: break;
    case PQTRANS_INERROR: refuse("the transaction has failed"); break;
    default: refuse("the transaction has ended, or has not begun");
    }

    check_encoding(m_native);
    const exclusive_use guard{host};
    if (state.safe_role.empty()) {
        examine(m_native);
    }
    pq::params values;
    values.add(m_organization.value());
    try {
        const pq::result answer = pq::execute(m_native, embedded::sql::open_scope, values);
        if (answer.text(0, 0) != state.safe_role) {
            examine(m_native);  // SET ROLE since the last time
        }
    } catch (const error& e) {
        if (e.sqlstate() == "25001") {
            throw error{error_kind::nested_organization, "this transaction belongs to another organization", {}, "25001"};
        }
        throw;
    }
}

transaction::~transaction()
{
    if (m_owned == nullptr) {
        return;
    }
    if (m_process == getpid()) {
        m_owned.reset();  // rolls back unless it was committed
    } else {
        // After fork(), the connection is the parent's: the child must not say a word on it.
        static_cast<void>(m_owned.release());
    }
    if (!m_ended) {
        connection_state::of(m_native).active = nullptr;
        innermost = m_outer_on_thread;
        m_ended = true;
    }
}

transaction* transaction::current(const pool_state& from) noexcept
{
    for (transaction* t = innermost; t != nullptr; t = t->m_outer_on_thread) {
        if (t->m_pool == &from) {
            return t;
        }
    }
    return nullptr;
}

std::optional<std::string> transaction::current_correlation_id(const org_id& organization)
{
    for (const transaction* t = innermost; t != nullptr; t = t->m_outer_on_thread) {
        if (t->m_organization == organization) {
            return t->m_correlation_id;
        }
    }
    return std::nullopt;
}

void transaction::check_idle() const
{
    pq::settle(m_native);
    pq::hear_farewell(m_native);
    if (was_lost(m_native)) {
        throw pq::error_of(m_native);
    }
    check_encoding(m_native);
    if (PQtransactionStatus(m_native) != PQTRANS_IDLE) {
        throw error{error_kind::unsuitable_transaction, "the connection is inside a transaction",
                    "use bind_tenant for a transaction that is running already"};
    }
}

// One flush: first what begins the scope, unless the server has it already, then `statements`. The answers to the latter, errors
// among them; fewer than there were statements if the connection was lost.
std::vector<pq::result> transaction::send(const std::function<void(pq::pipeline&)>& statements)
{
    const exclusive_use guard{*m_sql};
    for (bool again = false;; again = true) {
        const bool beginning = !m_begun;
        pq::pipeline line{m_native};
        if (beginning) {
            line.send(m_access == access::snapshot ? "begin isolation level repeatable read read only" : "begin");
            pq::params values;
            values.add(m_organization.value()).add(std::string_view{connection_state::of(m_native).safe_role});
            line.send(embedded::sql::begin_scope, values);
            m_begun = true;
        }
        statements(line);
        std::vector<pq::result> answers = line.finish();
        if (!beginning) {
            return answers;
        }
        // SET ROLE since the connection was examined: the server has refused all that followed.
        if (!again && answers.size() >= 2 && answers[1].sqlstate() == "DB403") {
            pq::run(m_native, "rollback");
            examine(m_native);
            m_begun = false;
            continue;
        }
        // If even these were not answered, the connection was lost, and whoever sent something behind them knows what that means.
        const auto behind = answers.begin() + std::min<std::ptrdiff_t>(2, std::ssize(answers));
        std::for_each(answers.begin(), behind, [](const pq::result& answer) { answer.check(); });
        answers.erase(answers.begin(), behind);
        return answers;
    }
}

void transaction::begin()
{
    if (m_begun) {
        return;
    }
    send([](pq::pipeline&) {});
    if (was_lost(m_native)) {
        throw pq::error_of(m_native);
    }
}

void transaction::check_thread() const
{
    if (m_process != getpid()) {
        throw error{error_kind::wrong_thread, "this transaction belongs to the process that forked"};
    }
    if (m_thread != std::this_thread::get_id()) {
        throw error{error_kind::wrong_thread, "this transaction belongs to another thread"};
    }
}

void transaction::check_usable() const
{
    check_thread();
    if (m_ended) {
        throw error{error_kind::scope_ended, "the transaction is over"};
    }
    check_encoding(m_native);
    // Nothing is read here: a stream or pipeline of the host's may have answers coming.
    switch (PQtransactionStatus(m_native)) {
    case PQTRANS_INTRANS:
    case PQTRANS_ACTIVE:
        return;
    case PQTRANS_IDLE:
        if (!m_begun) {
            return;
        }
        break;
    case PQTRANS_INERROR:
        throw error{error_kind::not_committed, "a statement of this transaction has failed",
                    "let its error leave the scope"};
    case PQTRANS_UNKNOWN:
        throw pq::error_of(m_native);
    default: break;
    }
    throw ended_behind();
}

pqxx::transaction_base& transaction::sql()
{
    check_thread();
    if (m_ended) {
        throw error{error_kind::scope_ended, "the transaction is over"};
    }
    begin();
    m_used_raw_sql = true;
    return *m_sql;
}

pqxx::result transaction::exec(std::string_view sql, const pqxx::params& values)
{
    check_usable();
    if (sql.find('\0') != std::string_view::npos) {
        throw error{error_kind::invalid_text, "the statement holds a NUL character"};
    }
    const auto text = std::make_shared<std::string>(sql);
    const host_params host{values};
    std::vector<pq::result> answers;
    try {
        answers = send([&](pq::pipeline& line) { line.send_view(text->c_str(), host.get(), pq::form::text); });
    } catch (...) {
        // COPY was refused once it had run; what could not begin has left nothing.
        m_used_raw_sql = m_used_raw_sql || PQtransactionStatus(m_native) == PQTRANS_INTRANS;
        throw;
    }
    m_used_raw_sql = true;
    if (answers.empty()) {
        throw pq::error_of(m_native);
    }
    // Throws what libpqxx throws.
    pqxx::result result = host_result(m_sql->conn(), answers.front().release(), text);
    check_usable();  // it may have been COMMIT
    return result;
}

outgoing_event transaction::shape(const event& e) const
{
    return detail::shape(m_rules.get(), m_pool, m_organization, e);
}

std::vector<receipt> transaction::log(std::span<const event> events)
{
    check_usable();
    if (m_rules == nullptr) {
        return log_shaped(events, [](std::size_t) { return std::optional<std::string>{}; });
    }
    std::vector<event> shaped;
    std::vector<std::optional<std::string>> shapers;
    for (const event& e : events) {
        try {
            outgoing_event one = shape(e);
            shapers.push_back(stored_shaper(one));
            shaped.push_back(std::move(one.content));
        } catch (const error& problem) {
            throw events.size() == 1 ? problem : at_place(problem, shaped.size() + 1, events.size());
        }
    }
    return log_shaped(shaped, [&shapers](std::size_t i) { return shapers[i]; });
}

std::vector<receipt> transaction::log_shaped(std::span<const event> events,
                                             const std::function<std::optional<std::string>(std::size_t)>& shaper)
{
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());

    std::vector<receipt> receipts;
    receipts.reserve(events.size());
    for (const event& e : events) {
        try {
            check_event(e);
            const event_id id = e.id ? *e.id : event_id::generate(e.occurred_at.value_or(now));
            if (id.time() > now + limits::clock_ahead) {
                throw error{error_kind::invalid_event, "occurred_at is " + to_string(id.time()) +
                                                           ", more than five minutes ahead of this machine's clock"};
            }
            receipts.push_back({id, id.time()});
        } catch (const error& e) {
            if (events.size() == 1) {
                throw;
            }
            throw at_place(e, receipts.size() + 1, events.size());
        }
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (m_queue.full()) {
            flush();
        }
        m_queue.add(events[i], receipts[i].id, shaper(i));
        if (events[i].correlation_id) {
            m_correlation_id = events[i].correlation_id;
        }
    }
    if (m_owned == nullptr) {
        flush();  // nobody tells us of the host's commit
    }
    return receipts;
}

// Everything that waits, and `statements`, in one flush. Throws the first error among the answers.
std::vector<pq::result> transaction::send_queue_and(const std::function<void(pq::pipeline&)>& statements)
{
    std::vector<pq::result> answers = send([&](pq::pipeline& line) {
        m_queue.write(line, m_organization);
        statements(line);
    });
    m_queue.clear();
    for (const pq::result& answer : answers) {
        answer.check();
    }
    if (was_lost(m_native)) {
        throw pq::error_of(m_native);
    }
    return answers;
}

void transaction::flush()
{
    check_usable();
    if (!m_queue.empty()) {
        send_queue_and([](pq::pipeline&) {});
    }
}

pq::result transaction::execute(const char* sql, const pq::params& values)
{
    check_usable();
    std::vector<pq::result> answers = send_queue_and([&](pq::pipeline& line) { line.send(sql, values); });
    if (answers.empty()) {
        throw pq::error_of(m_native);
    }
    return std::move(answers.back());
}

pq::result transaction::execute_again(const char* sql, const pq::params& values)
{
    // A pooler would hand the next transaction to a session that has no such statement, and raw SQL may have removed it. On a
    // host's own connection, prepared statements are the host's.
    connection_state& state = connection_state::of(m_native);
    if (m_pool == nullptr || !state.direct || m_used_raw_sql) {
        return execute(sql, values);
    }
    check_usable();
    const auto known = state.prepared.find(sql);
    const std::string name = known != state.prepared.end() ? known->second : "daybook_" + std::to_string(state.prepared.size());
    const bool new_one = known == state.prepared.end();
    const std::size_t before = (m_queue.empty() ? 0 : 1) + (new_one ? 1 : 0);
    std::vector<pq::result> answers = send([&](pq::pipeline& line) {
        m_queue.write(line, m_organization);
        if (new_one) {
            line.prepare(name.c_str(), sql, values);
        }
        line.send("set local plan_cache_mode = force_generic_plan");
        line.send_prepared(name.c_str(), values);
        line.send("reset plan_cache_mode");
    });
    m_queue.clear();
    if (new_one && answers.size() >= before && answers[before - 1].status() == PGRES_COMMAND_OK) {
        state.prepared.emplace(sql, name);  // whatever becomes of the transaction
    }
    for (const pq::result& answer : answers) {
        answer.check();
    }
    if (answers.size() < before + 3 || was_lost(m_native)) {
        throw pq::error_of(m_native);
    }
    return std::move(answers[before + 1]);
}

void transaction::stream(const char* sql, const pq::params& values, const std::function<void(const pq::result&)>& each)
{
    flush();
    begin();
    const exclusive_use guard{*m_sql};
    pq::pipeline line{m_native};
    line.send(sql, values);
    line.finish_rows(each);
}

void transaction::commit()
{
    check_thread();
    connection_state& state = connection_state::of(m_native);
    // From here on the scope is over, whatever happens.
    m_ended = true;
    state.active = nullptr;
    innermost = m_outer_on_thread;
    try {
        m_owned->commit();
    } catch (const pqxx::failure& e) {
        // libpqxx's own refusals: an open stream, a lost connection.
        m_owned->abort();
        throw error{was_lost(m_native) ? error_kind::connection_lost : error_kind::not_committed, e.what()};
    } catch (const pqxx::usage_error& e) {
        // The host ended it through sql().
        throw error{error_kind::not_committed, e.what(), "commit() and abort() have no place inside a scope"};
    }
}

// Called by libpqxx, from commit().
void transaction::commit_flush()
{
    if (!m_begun && m_queue.empty()) {
        return;  // the server was told nothing
    }
    pq::settle(m_native);
    const PGTransactionStatusType status = PQtransactionStatus(m_native);
    if (status == PQTRANS_INERROR) {
        throw error{error_kind::not_committed, "a statement failed inside the scope, and its error was swallowed",
                    "let errors leave the scope"};
    }
    if (status == PQTRANS_UNKNOWN) {
        throw pq::error_of(m_native);
    }
    if ((status == PQTRANS_IDLE) == m_begun) {
        throw ended_behind();
    }
    check_encoding(m_native);  // raw SQL may have set another one

    // From here on the server may have the COMMIT: only its answer tells.
    const auto unknown = [] {
        return error{error_kind::commit_unknown, "the connection was lost during COMMIT",
                     "run the transaction again with the same event ids"};
    };
    // ROLLBACK AND CHAIN leaves another transaction, which no event could be written in.
    const bool checked = m_used_raw_sql && m_queue.empty();
    std::vector<pq::result> answers;
    try {
        answers = send([&](pq::pipeline& line) {
            if (checked) {
                pq::params values;
                values.add(m_organization.value());
                line.send(embedded::sql::check_scope, values);
            }
            m_queue.write(line, m_organization);
            line.send("commit");
        });
        m_queue.clear();
    } catch (const error& e) {
        if (e.kind() == error_kind::connection_lost) {
            throw unknown();
        }
        throw;  // the scope could not begin
    }

    if (checked && !answers.empty() && answers.front().sqlstate() == "22012") {
        throw error{error_kind::not_committed, "raw SQL ended the scope's transaction, or changed its organization",
                    "COMMIT, ROLLBACK and app.org_id have no place inside a scope"};
    }
    bool committed = false;
    for (const pq::result& answer : answers) {
        if (answer.status() == PGRES_PIPELINE_ABORTED) {
            continue;
        }
        try {
            answer.check();
        } catch (const error&) {
            if (!is_verdict(answer)) {
                break;  // nothing is known of the COMMIT
            }
            throw;  // the server refused: nothing was committed
        }
        const char* const tag = PQcmdStatus(answer.get());
        committed = std::strcmp(tag, "COMMIT") == 0;
        if (std::strcmp(tag, "ROLLBACK") == 0) {
            throw error{error_kind::not_committed, "the server answered COMMIT with ROLLBACK"};
        }
    }
    if (!committed) {
        throw unknown();
    }
}

void transaction::roll_back() noexcept
{
    m_queue.clear();
    if (m_process != getpid()) {
        return;
    }
    try {
        pq::settle(m_native);
        const PGTransactionStatusType status = PQtransactionStatus(m_native);
        if (status != PQTRANS_IDLE && status != PQTRANS_UNKNOWN) {
            pq::run(m_native, "rollback");
        }
    } catch (...) {
        // Not idle: the pool throws the connection away, and the server rolls back when it is closed.
    }
}

void transaction::begin_nested()
{
    check_usable();
    // What waits belongs to the outer scope, so it goes before the savepoint.
    const std::string statement = "savepoint daybook_" + std::to_string(m_nesting + 1);
    send_queue_and([&](pq::pipeline& line) { line.send(statement.c_str()); });
    ++m_nesting;
}

void transaction::commit_nested()
{
    check_usable();
    const std::string statement = "release savepoint daybook_" + std::to_string(m_nesting);
    send_queue_and([&](pq::pipeline& line) { line.send(statement.c_str()); });
    --m_nesting;
}

void transaction::roll_back_nested() noexcept
{
    m_queue.clear();
    if (m_process != getpid()) {
        return;  // the connection is the parent's
    }
    // ROLLBACK TO alone keeps the savepoint, and the next one would lie inside it.
    const std::string savepoint = "savepoint daybook_" + std::to_string(m_nesting);
    const std::string statement = "rollback to " + savepoint + "; release " + savepoint;
    --m_nesting;
    try {
        pq::settle(m_native);
        pq::run(m_native, statement.c_str());
    } catch (...) {
        // The transaction stays failed, and check_usable() and commit() say so.
    }
}

}  // namespace daybook::detail
