#include "stored_row.hpp"

namespace daybook::detail {

namespace {

std::optional<std::string> copy_of(const std::optional<std::string_view>& text)
{
    return text ? std::optional<std::string>{*text} : std::nullopt;
}

event_row views_from(const pq::result& rows, int row, int& column)
{
    const auto text = [&] { return rows.bytes(row, column++); };
    const auto optional = [&]() -> std::optional<std::string_view> {
        const int at = column++;
        if (rows.is_null(row, at)) {
            return std::nullopt;
        }
        return rows.bytes(row, at);
    };

    event_row r{};
    r.organization = rows.id(row, column++);
    r.id = rows.id(row, column++);
    // Only somebody who altered the table leaves these empty; a row of ours never has such values.
    r.recorded_at = rows.is_null(row, column) ? timestamp::min() : rows.time(row, column);
    ++column;
    r.action = text();
    r.outcome = text();
    r.actor_type = text();
    r.actor_id = text();
    r.actor_name = optional();
    r.on_behalf_of = optional();
    r.targets = optional();
    r.reason = optional();
    r.changes = optional();
    r.source_ip = optional();
    r.user_agent = optional();
    r.request_id = optional();
    r.correlation_id = optional();
    r.trace_id = optional();
    r.source = optional();
    r.metadata = optional();
    r.facets = optional();
    r.shaped_by = optional();
    r.db_role = text();
    r.schema_version = rows.is_null(row, column) ? 0 : static_cast<int>(rows.integer(row, column));
    ++column;
    return r;
}

}  // namespace

event_row stored_views(const pq::result& rows, int row)
{
    int column = 0;
    event_row r = views_from(rows, row, column);
    r.occurred_at = event_id{r.id}.time();
    return r;
}

event_row sealed_views(const pq::result& rows, int row)
{
    int column = 0;
    event_row r = views_from(rows, row, column);
    for (std::optional<std::string_view>* const target : {&r.target_type, &r.target_id}) {
        if (!rows.is_null(row, column)) {
            *target = rows.bytes(row, column);
        }
        ++column;
    }
    return r;
}

stored_event stored_row(const pq::result& rows, int row)
{
    const event_row r = stored_views(rows, row);
    stored_event e{event{}, org_id{r.organization}, r.recorded_at, std::string{r.db_role}, r.schema_version, copy_of(r.shaped_by)};
    e.id = event_id{r.id};
    e.occurred_at = r.occurred_at;
    e.action = r.action;
    e.outcome = parse_outcome(r.outcome);
    e.actor = {.type = std::string{r.actor_type}, .id = std::string{r.actor_id}, .name = copy_of(r.actor_name)};
    if (r.on_behalf_of) {
        e.on_behalf_of = entities_from_json(*r.on_behalf_of, "on_behalf_of");
    }
    if (r.targets) {
        e.targets = entities_from_json(*r.targets, "targets");
    }
    e.reason = copy_of(r.reason);
    if (r.changes) {
        e.changes = changes_from_json(*r.changes);
    }
    e.source_ip = copy_of(r.source_ip);
    e.user_agent = copy_of(r.user_agent);
    e.request_id = copy_of(r.request_id);
    e.correlation_id = copy_of(r.correlation_id);
    e.trace_id = copy_of(r.trace_id);
    e.source = copy_of(r.source);
    e.metadata = copy_of(r.metadata);
    if (r.facets) {
        e.facets = facets_from_json(*r.facets);
    }
    return e;
}

}  // namespace daybook::detail
