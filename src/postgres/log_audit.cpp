#include <daybook/log_audit.hpp>

#include <functional>
#include <set>
#include <utility>

#include <daybook/error.hpp>

#include "attempt.hpp"
#include "event_batch.hpp"
#include "pool_state.hpp"
#include "shaping.hpp"
#include "sql/compare_events.hpp"
#include "sql/limit_lock_wait.hpp"
#include "sql/write_new_events.hpp"
#include "transaction.hpp"

namespace daybook {

namespace {

// The outcomes of one batch: what was inserted, and what the comparison with the rows says of the others.
std::vector<write_outcome> outcomes_of(const std::vector<event>& events, const pq::result& inserted,
                                       const pq::result& compared)
{
    std::set<uuid> fresh;
    for (int row = 0; row < inserted.rows(); ++row) {
        fresh.insert(inserted.id(row, 0));
    }
    std::vector<write_outcome> outcomes;
    outcomes.reserve(events.size());
    for (int row = 0; row < compared.rows(); ++row) {
        const event& e = events[static_cast<std::size_t>(row)];
        if (!compared.boolean(row, 0)) {
            throw error{error_kind::not_stored, "event " + to_string(*e.id) + " was sent, and is not in the log"};
        }
        if (!compared.boolean(row, 1)) {
            outcomes.push_back(write_outcome::conflict);
        } else {
            // Of two equal ones in a batch, the first was written.
            const bool first = fresh.erase(e.id->value()) == 1;
            outcomes.push_back(first ? write_outcome::written : write_outcome::already_there);
        }
    }
    return outcomes;
}

}  // namespace

receipt log_audit(tenant_tx& tx, const event& e)
{
    return detail::engine(tx).log(std::span{&e, 1}).front();
}

std::vector<receipt> log_audit(tenant_tx& tx, std::span<const event> events)
{
    return detail::engine(tx).log(events);
}

receipt log_audit(tenant_tx& tx, const event& e, write_now_t)
{
    const receipt result = log_audit(tx, e);
    tx.flush();
    return result;
}

namespace {

// What `next` gives, event by event, until it gives nothing.
std::vector<write_outcome> write_new(tenant_tx& tx, const std::function<std::optional<outgoing_event>()>& next)
{
    detail::transaction& engine = detail::engine(tx);
    std::vector<write_outcome> outcomes;
    std::vector<event> chunk;
    detail::event_batch batch;
    const auto write_chunk = [&] {
        if (chunk.empty()) {
            return;
        }
        const pq::params values = batch.params(tx.organization());
        const pq::result inserted = engine.execute(embedded::sql::write_new_events, values);
        if (inserted.rows() == static_cast<int>(chunk.size())) {
            outcomes.insert(outcomes.end(), chunk.size(), write_outcome::written);
        } else {
            const auto some = outcomes_of(chunk, inserted, engine.execute(embedded::sql::compare_events, values));
            outcomes.insert(outcomes.end(), some.begin(), some.end());
        }
        chunk.clear();
        batch.clear();
    };
    while (std::optional<outgoing_event> e = next()) {
        check_event(e->content);
        if (!e->content.id) {
            throw error{error_kind::invalid_event, "id is missing: only an event with an id can be recognised again"};
        }
        if (batch.full()) {
            write_chunk();
        }
        batch.add(e->content, *e->content.id, detail::stored_shaper(*e));
        chunk.push_back(std::move(e->content));
    }
    write_chunk();
    return outcomes;
}

}  // namespace

std::vector<write_outcome> log_new(tenant_tx& tx, std::span<const event> events)
{
    detail::transaction& engine = detail::engine(tx);
    std::size_t number = 0;
    return write_new(tx, [&]() -> std::optional<outgoing_event> {
        if (number == events.size()) {
            return std::nullopt;
        }
        return engine.shape(events[number++]);
    });
}

receipt detail::write_attempt(pool_state& connections, outgoing_event attempt)
{
    event& e = attempt.content;
    if (!e.id) {
        const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
        e.id = event_id::generate(e.occurred_at.value_or(now));
    }
    if (!e.correlation_id) {
        e.correlation_id = transaction::current_correlation_id(attempt.organization);
    }
    connections.attempt([&](pqxx::connection& connection) {
        with_tenant(connection, attempt.organization, [&](tenant_tx& tx) {
            engine(tx).execute(embedded::sql::limit_lock_wait);
            bool given = false;
            const auto once = [&]() -> std::optional<outgoing_event> {
                return std::exchange(given, true) ? std::nullopt : std::optional{attempt};
            };
            if (write_new(tx, once).front() == write_outcome::conflict) {
                throw error{error_kind::event_conflict, "event " + to_string(*e.id) + " is in the log already, with other content"};
            }
        });
    });
    return {*e.id, e.id->time()};
}

receipt log_attempt(pool& connections, const org_id& organization, const event& e)
{
    detail::pool_state& engine = detail::engine(connections);
    return detail::write_attempt(engine, detail::shape(engine.rules().get(), &engine, organization, e));
}

}  // namespace daybook
