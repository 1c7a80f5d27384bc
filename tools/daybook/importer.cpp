#include "importer.hpp"

#include <span>
#include <utility>

namespace daybook::command {

namespace {

constexpr std::size_t events_at_once = 1000;
constexpr std::size_t bytes_in_memory = 16 * 1024 * 1024;

// The data is at fault, not the connection or the schema: trying its neighbours makes sense.
bool is_about_one_event(const error& e)
{
    return e.kind() == error_kind::invalid_event || e.kind() == error_kind::invalid_text || e.kind() == error_kind::invalid_json ||
           e.kind() == error_kind::event_too_large || e.kind() == error_kind::refused_event || e.kind() == error_kind::undeclared ||
           e.kind() == error_kind::hook_failed ||
           e.sqlstate().starts_with("22") || e.sqlstate().starts_with("23") || e.sqlstate() == "54000";
}

}  // namespace

void importer::add(const org_id& organization, event e, origin from)
{
    gathering& g = m_gatherings[organization];
    const std::size_t size = from.text.size() + (e.metadata ? e.metadata->size() : 0) + 500;
    g.bytes += size;
    m_bytes += size;
    g.events.push_back(std::move(e));
    g.origins.push_back(std::move(from));
    if (g.events.size() >= events_at_once) {
        write(organization, g);
    } else if (m_bytes >= bytes_in_memory) {
        flush();
    }
}

void importer::flush()
{
    for (auto& [organization, g] : m_gatherings) {
        write(organization, g);
    }
    m_gatherings.clear();
    finish_writing();
}

void importer::count(write_outcome outcome)
{
    switch (outcome) {
    case write_outcome::written: ++m_counts.written; break;
    case write_outcome::already_there: ++m_counts.already_there; break;
    case write_outcome::conflict: ++m_counts.refused; break;
    }
}

void importer::refuse_conflict(const gathering& g, std::size_t index)
{
    m_refuse(g.origins[index], error{error_kind::event_conflict,
                                     "event " + to_string(*g.events[index].id) +
                                         " is in the log already, with other content: the key is not unique"});
}

void importer::write(const org_id& organization, gathering& g)
{
    if (g.events.empty()) {
        return;
    }
    // Taken out first: should a refusal end the import, nothing is written twice.
    const auto now = std::make_shared<const gathering>(std::exchange(g, {}));
    m_bytes -= now->bytes;
    finish_writing();
    m_writing = writing{organization, now, std::async(std::launch::async, [this, organization, now] {
                            return with_tenant(m_pool, organization, [&](tenant_tx& tx) { return log_new(tx, now->events); });
                        })};
}

void importer::finish_writing()
{
    std::optional<writing> last = std::exchange(m_writing, std::nullopt);
    if (!last) {
        return;
    }
    std::vector<write_outcome> outcomes;
    try {
        outcomes = last->outcomes.get();
    } catch (const error& e) {
        if (!is_about_one_event(e)) {
            throw;
        }
        write_one_by_one(last->organization, *last->what);
        return;
    }
    // Everything is counted before the first refusal may end the import.
    for (const write_outcome outcome : outcomes) {
        count(outcome);
    }
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes[i] == write_outcome::conflict) {
            refuse_conflict(*last->what, i);
        }
    }
}

void importer::write_one_by_one(const org_id& organization, const gathering& g)
{
    for (std::size_t i = 0; i < g.events.size(); ++i) {
        try {
            const auto outcome = with_tenant(m_pool, organization,
                                             [&](tenant_tx& tx) { return log_new(tx, std::span{&g.events[i], 1}); });
            count(outcome.front());
            if (outcome.front() == write_outcome::conflict) {
                refuse_conflict(g, i);
            }
        } catch (const error& e) {
            if (!is_about_one_event(e)) {
                throw;
            }
            ++m_counts.refused;
            m_refuse(g.origins[i], e);
        }
    }
}

}  // namespace daybook::command
