#include "event_batch.hpp"

#include <string_view>

#include "sql/write_event.hpp"
#include "sql/write_events.hpp"

namespace daybook::detail {

namespace {

using pq::type;

// In the order of src/sql/statements/event_rows.sql.
constexpr type column_types[] = {
    type::uuid,  // id
    type::text,  // action
    type::text,  // outcome
    type::text,  // actor_type
    type::text,  // actor_id
    type::text,  // actor_name
    type::json,  // on_behalf_of
    type::json,  // targets
    type::text,  // reason
    type::json,  // changes
    type::text,  // source_ip
    type::text,  // user_agent
    type::text,  // request_id
    type::text,  // correlation_id
    type::text,  // trace_id
    type::text,  // source
    type::json,  // metadata
    type::json,  // facets
    type::text,  // shaped_by
};

type array_of(type element)
{
    switch (element) {
    case type::uuid: return type::uuid_array;
    case type::json: return type::json_array;
    default: return type::text_array;
    }
}

}  // namespace

void event_batch::clear()
{
    m_columns.clear();
    m_size = 0;
    m_bytes = 0;
}

void event_batch::add(const event& e, const event_id& id, const std::optional<std::string>& shaped_by)
{
    if (m_columns.empty()) {
        for (const type t : column_types) {
            m_columns.emplace_back(t);
        }
    }
    auto column = m_columns.begin();
    const auto& bytes = id.value().bytes;
    column++->add(std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    column++->add(std::string_view{e.action});
    column++->add(to_string(e.outcome));
    column++->add(std::string_view{e.actor.type});
    column++->add(std::string_view{e.actor.id});
    column++->add(e.actor.name);
    column++->add(entities_to_json(e.on_behalf_of));
    column++->add(entities_to_json(e.targets));
    column++->add(e.reason);
    column++->add(changes_to_json(e.changes));
    column++->add(e.source_ip);
    column++->add(e.user_agent);
    column++->add(e.request_id);
    column++->add(e.correlation_id);
    column++->add(e.trace_id);
    column++->add(e.source);
    column++->add(e.metadata);
    column++->add(facets_to_json(e.facets));
    column++->add(shaped_by);
    ++m_size;
    m_bytes = 0;
    for (const pq::array_builder& one : m_columns) {
        m_bytes += one.bytes();
    }
}

void event_batch::write(pq::pipeline& line, const org_id& organization) const
{
    if (m_size > 1) {
        line.send(embedded::sql::write_events, params(organization));
    } else if (m_size == 1) {
        pq::params values;
        values.add(organization.value());
        auto column = m_columns.begin();
        for (const type t : column_types) {
            values.add_first(t, *column++);
        }
        line.send(embedded::sql::write_event, values);
    }
}

pq::params event_batch::params(const org_id& organization) const
{
    pq::params result;
    result.add(organization.value());
    auto column = m_columns.begin();
    for (const type t : column_types) {
        result.add_bytes(array_of(t), column++->value());
    }
    return result;
}

}  // namespace daybook::detail
