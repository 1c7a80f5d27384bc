#include "stored_row.hpp"

namespace daybook::detail {

stored_event stored_row(const pq::result& rows, int row)
{
    int column = 0;
    const auto text = [&] { return rows.text(row, column++); };
    const auto optional = [&] { return rows.optional_text(row, column++); };

    const org_id organization{rows.id(row, column++)};
    const event_id id{rows.id(row, column++)};
    const timestamp recorded_at = rows.time(row, column++);
    stored_event e{event{}, organization, recorded_at, std::string{}, 1};
    e.id = id;
    e.occurred_at = id.time();
    e.action = text();
    e.outcome = parse_outcome(text());
    e.actor.type = text();
    e.actor.id = text();
    e.actor.name = optional();
    if (const auto json = optional()) {
        e.on_behalf_of = entities_from_json(*json, "on_behalf_of");
    }
    if (const auto json = optional()) {
        e.targets = entities_from_json(*json, "targets");
    }
    e.reason = optional();
    if (const auto json = optional()) {
        e.changes = changes_from_json(*json);
    }
    e.source_ip = optional();
    e.user_agent = optional();
    e.request_id = optional();
    e.correlation_id = optional();
    e.trace_id = optional();
    e.source = optional();
    e.metadata = optional();
    if (const auto json = optional()) {
        e.facets = facets_from_json(*json);
    }
    e.db_role = text();
    e.schema_version = static_cast<int>(rows.integer(row, column++));
    return e;
}

}  // namespace daybook::detail
