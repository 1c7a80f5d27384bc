#include "event_rows.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <daybook/error.hpp>

namespace daybook::command {

namespace {

using getter = cell (*)(const stored_event&);

struct field {
    std::string_view name;
    column_kind kind;
    getter get;
};

std::string reference(const entity& one)
{
    return one.type.empty() ? one.id : one.id.empty() ? one.type : one.type + ":" + one.id;
}

cell unless_empty(const std::string& text)
{
    return text.empty() ? cell{} : cell{text};
}

constexpr auto text = column_kind::text;
constexpr auto json = column_kind::json;

// Names as in the events view, and four for people: sentence, time, actor and target.
constexpr std::array fields{
    field{"sentence", text, [](const stored_event& e) -> cell { return plain_sentence(e); }},
    field{"id", text, [](const stored_event& e) -> cell { return to_string(*e.id); }},
    field{"occurred_at", text, [](const stored_event& e) -> cell { return to_string(*e.occurred_at); }},
    field{"time", text, [](const stored_event& e) -> cell { return friendly(*e.occurred_at); }},
    field{"action", text, [](const stored_event& e) -> cell { return e.action; }},
    field{"outcome", text, [](const stored_event& e) -> cell { return std::string{to_string(e.outcome)}; }},
    field{"actor", text, [](const stored_event& e) -> cell { return e.actor.name.value_or(reference(e.actor)); }},
    field{"actor_type", text, [](const stored_event& e) -> cell { return e.actor.type; }},
    field{"actor_id", text, [](const stored_event& e) -> cell { return e.actor.id; }},
    field{"actor_name", text, [](const stored_event& e) -> cell { return e.actor.name; }},
    field{"on_behalf_of", json, [](const stored_event& e) -> cell { return entities_to_json(e.on_behalf_of); }},
    field{"target", text,
          [](const stored_event& e) -> cell { return e.targets.empty() ? cell{} : reference(e.targets.front()); }},
    field{"target_type", text,
          [](const stored_event& e) -> cell { return e.targets.empty() ? cell{} : unless_empty(e.targets.front().type); }},
    field{"target_id", text,
          [](const stored_event& e) -> cell { return e.targets.empty() ? cell{} : unless_empty(e.targets.front().id); }},
    field{"targets", json, [](const stored_event& e) -> cell { return entities_to_json(e.targets); }},
    field{"reason", text, [](const stored_event& e) -> cell { return e.reason; }},
    field{"changes", json, [](const stored_event& e) -> cell { return changes_to_json(e.changes); }},
    field{"source_ip", text, [](const stored_event& e) -> cell { return e.source_ip; }},
    field{"user_agent", text, [](const stored_event& e) -> cell { return e.user_agent; }},
    field{"request_id", text, [](const stored_event& e) -> cell { return e.request_id; }},
    field{"correlation_id", text, [](const stored_event& e) -> cell { return e.correlation_id; }},
    field{"trace_id", text, [](const stored_event& e) -> cell { return e.trace_id; }},
    field{"source", text, [](const stored_event& e) -> cell { return e.source; }},
    field{"metadata", json, [](const stored_event& e) -> cell { return e.metadata; }},
    field{"facets", json, [](const stored_event& e) -> cell { return facets_to_json(e.facets); }},
    field{"shaped_by", text, [](const stored_event& e) -> cell { return e.shaped_by; }},
    field{"recorded_at", text, [](const stored_event& e) -> cell { return to_string(e.recorded_at); }},
    field{"db_role", text, [](const stored_event& e) -> cell { return e.db_role; }},
    field{"schema_version", column_kind::number,
          [](const stored_event& e) -> cell { return std::to_string(e.schema_version); }},
    field{"organization_id", text, [](const stored_event& e) -> cell { return to_string(e.organization); }},
};

const field& field_of(const std::string& name)
{
    const auto* const found = std::ranges::find(fields, name, &field::name);
    if (found != fields.end()) {
        return *found;
    }
    std::array<std::string_view, fields.size()> names;
    std::ranges::transform(fields, names.begin(), &field::name);
    const std::string_view near = nearest_name(name, names);
    throw error{error_kind::unknown_field, "unknown field \"" + name + "\"",
                near.empty() ? "" : "did you mean \"" + std::string{near} + "\"?"};
}

std::vector<std::string> default_fields(format f)
{
    if (f == format::table || f == format::markdown) {
        return {"time", "actor", "action", "target", "outcome", "source_ip"};
    }
    std::vector<std::string> all;
    for (const field& one : fields) {
        const bool told = one.name == "sentence" && f != format::line;
        if (!told && one.name != "time" && one.name != "actor" && one.name != "target") {
            all.emplace_back(one.name);
        }
    }
    return all;
}

}  // namespace

std::string friendly(timestamp time)
{
    std::string shown = to_string(time);
    shown[10] = ' ';
    shown.erase(19, 7);
    return shown;
}

event_writer::event_writer(format f, const std::vector<std::string>& chosen, output& out, std::shared_ptr<const catalogue> told_by)
    : m_fields{chosen}, m_told_by{std::move(told_by)}, m_format{f}, m_out{out}
{
    const bool whole = chosen.empty() && (f == format::json || f == format::ndjson);
    if (whole) {
        return;
    }
    if (m_fields.empty()) {
        m_fields = default_fields(f);
    }
    std::vector<result_column> columns;
    for (const std::string& name : m_fields) {
        columns.push_back({name, field_of(name).kind});
    }
    m_rows = make_writer(f, out);
    m_rows->begin(columns);
}

void event_writer::add(const stored_event& e)
{
    if (m_rows == nullptr) {
        if (m_format == format::json) {
            m_out.write(std::exchange(m_any, true) ? ",\n " : "[");
            m_out.write(to_json(e));
        } else {
            m_out.line(to_json(e));
        }
        return;
    }
    row values;
    for (const std::string& name : m_fields) {
        values.push_back(m_told_by != nullptr && name == "sentence" ? cell{m_told_by->sentence(e)} : field_of(name).get(e));
    }
    m_rows->add(values);
}

void event_writer::end()
{
    if (m_rows != nullptr) {
        m_rows->end();
    } else if (m_format == format::json) {
        m_out.line(m_any ? "]" : "[]");
    }
}

}  // namespace daybook::command
