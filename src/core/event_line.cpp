#include <daybook/event_line.hpp>

#include <algorithm>

#include <daybook/json.hpp>

#include "append.hpp"
#include "stored_json.hpp"

namespace daybook {

using append::optional_view;

// ---------------------------------------------------------------- JSON

void append_members(std::string& out, const event_row& row)
{
    std::string spare;
    append::text(out, R"("action":)", row.action);
    append::text(out, R"(,"outcome":)", row.outcome);
    out += R"(,"actor":{)";
    if (!row.actor_type.empty()) {
        append::text(out, R"("type":)", row.actor_type);
    }
    if (!row.actor_id.empty()) {
        append::text(out, row.actor_type.empty() ? R"("id":)" : R"(,"id":)", row.actor_id);
    }
    append::text(out, row.actor_type.empty() && row.actor_id.empty() ? R"("name":)" : R"(,"name":)", row.actor_name);
    out += '}';
    append::raw(out, R"(,"on_behalf_of":)", stored_json::entities(row.on_behalf_of, "on_behalf_of", spare));
    append::raw(out, R"(,"targets":)", stored_json::entities(row.targets, "targets", spare));
    append::text(out, R"(,"reason":)", row.reason);
    append::one_line(out, R"(,"changes":)", stored_json::changes(row.changes, spare));
    append::text(out, R"(,"source_ip":)", row.source_ip);
    append::text(out, R"(,"user_agent":)", row.user_agent);
    append::text(out, R"(,"request_id":)", row.request_id);
    append::text(out, R"(,"correlation_id":)", row.correlation_id);
    append::text(out, R"(,"trace_id":)", row.trace_id);
    append::text(out, R"(,"source":)", row.source);
    append::one_line(out, R"(,"metadata":)", row.metadata);
    append::raw(out, R"(,"facets":)", stored_json::facets(row.facets, spare));
}

void append_json(std::string& out, const event_row& row)
{
    append::quoted(out, R"({"id":)", row.id);
    append::quoted(out, R"(,"organization_id":)", row.organization);
    append::quoted(out, R"(,"occurred_at":)", row.occurred_at);
    out += ',';
    append_members(out, row);
    append::quoted(out, R"(,"recorded_at":)", row.recorded_at);
    append::text(out, R"(,"shaped_by":)", row.shaped_by);
    append::text(out, R"(,"db_role":)", row.db_role);
    out += R"(,"schema_version":)";
    append::number(out, row.schema_version);
    out += '}';
}

// ---------------------------------------------------------------- CSV

void append_csv_cell(std::string& out, std::string_view text)
{
    const bool formula = !text.empty() && std::string_view{"=+-@\t\r"}.find(text.front()) != std::string_view::npos;
    const bool quote = std::ranges::any_of(text, [](char c) { return c == ',' || c == '"' || c == '\r' || c == '\n'; });
    if (quote) {
        out += '"';
    }
    if (formula) {
        out += '\'';
    }
    if (!quote) {
        out += text;
        return;
    }
    for (;;) {
        const std::size_t next = text.find('"');
        if (next == std::string_view::npos) {
            break;
        }
        out += text.substr(0, next + 1);
        out += '"';
        text.remove_prefix(next + 1);
    }
    out += text;
    out += '"';
}

void append_csv_header(std::string& out)
{
    out += "id,occurred_at,action,outcome,actor_type,actor_id,actor_name,on_behalf_of,target_type,target_id,targets,reason,"
           "changes,source_ip,user_agent,request_id,correlation_id,trace_id,source,metadata,facets,shaped_by,recorded_at,db_role,"
           "schema_version,organization_id\r\n";
}

void append_csv(std::string& out, const event_row& row)
{
    const auto cell = [&out](const optional_view& value) {
        out += ',';
        if (value) {
            append_csv_cell(out, *value);
        }
    };
    const auto json_string_cell = [&](std::string_view json) {
        if (json.find('\\') == std::string_view::npos) {
            cell(json.empty() ? json : json.substr(1, json.size() - 2));
        } else {
            cell(json_text(json));
        }
    };
    std::string spare;
    append::id(out, row.id);
    out += ',';
    append::time(out, row.occurred_at);
    cell(row.action);
    cell(row.outcome);
    cell(row.actor_type);
    cell(row.actor_id);
    cell(row.actor_name);
    cell(stored_json::entities(row.on_behalf_of, "on_behalf_of", spare));
    const optional_view targets = stored_json::entities(row.targets, "targets", spare);
    stored_json::raw_entity first;
    std::string_view list = targets.value_or(std::string_view{});
    static_cast<void>(stored_json::next_entity(list, first));
    json_string_cell(first.type);
    json_string_cell(first.id);
    cell(targets);
    cell(row.reason);
    cell(stored_json::changes(row.changes, spare));
    cell(row.source_ip);
    cell(row.user_agent);
    cell(row.request_id);
    cell(row.correlation_id);
    cell(row.trace_id);
    cell(row.source);
    cell(row.metadata);
    cell(stored_json::facets(row.facets, spare));
    cell(row.shaped_by);
    out += ',';
    append::time(out, row.recorded_at);
    cell(row.db_role);
    out += ',';
    append::number(out, row.schema_version);
    out += ',';
    append::id(out, row.organization);
    out += "\r\n";
}

}  // namespace daybook
