// An event as one JSON object, in both directions.

#include <algorithm>
#include <array>
#include <utility>

#include <daybook/error.hpp>
#include <daybook/event.hpp>
#include <daybook/event_line.hpp>
#include <daybook/json.hpp>

#include "append.hpp"
#include "json_walk.hpp"

namespace daybook {

namespace {

using json_walk::known_members;
using json_walk::reader;
using json_walk::shape;
using json_walk::unknown_field;
using json_walk::wrong_type;

// ---------------------------------------------------------------- reading

entity read_entity(reader& in, json_token token, const std::string& field)
{
    static constexpr std::array<std::string_view, 3> known{"type", "id", "name"};
    entity result;
    if (token != json_token::object_begin) {
        if (in.strict()) {
            wrong_type(field, "an object with type and id");
        }
        result.id = in.text(token, field);
        return result;
    }
    known_members(in, token, field, known, [&](const std::string& name, json_token value) {
        if (name == "type") {
            result.type = in.optional_text(value, field + ".type").value_or("");
        } else if (name == "id") {
            result.id = in.optional_text(value, field + ".id").value_or("");
        } else {
            result.name = in.optional_text(value, field + ".name");
        }
    });
    return result;
}

std::vector<entity> read_entities(reader& in, json_token token, std::string_view field)
{
    std::vector<entity> result;
    if (token == json_token::null) {
        return result;
    }
    in.array(token, field, [&](std::size_t index, json_token item) {
        result.push_back(read_entity(in, item, std::string{field} + "[" + std::to_string(index + 1) + "]"));
    });
    return result;
}

std::vector<change> read_changes(reader& in, json_token token)
{
    static constexpr std::array<std::string_view, 3> known{"path", "old", "new"};
    std::vector<change> result;
    if (token == json_token::null) {
        return result;
    }
    in.array(token, "changes", [&](std::size_t index, json_token item) {
        const std::string field = "changes[" + std::to_string(index + 1) + "]";
        change& one = result.emplace_back();
        if (!in.strict() && item != json_token::object_begin) {
            one.new_value = in.raw_value(item);
            return;
        }
        known_members(in, item, field, known, [&](const std::string& name, json_token value) {
            if (name == "path") {
                one.path = in.text(value, field + ".path");
            } else if (name == "old") {
                one.old_value = in.raw_value(value);
            } else {
                one.new_value = in.raw_value(value);
            }
        });
    });
    return result;
}

std::vector<facet> read_facets(reader& in, json_token token)
{
    std::vector<facet> result;
    if (token == json_token::null) {
        return result;
    }
    in.object(token, "facets", [&](const std::string& name, json_token value) {
        result.push_back({name, in.text(value, "facets." + name)});
    });
    return result;
}

using field_setter = void (*)(event&, reader&, json_token);

struct field {
    std::string_view name;
    field_setter set;
};

#define DAYBOOK_TEXT_FIELD(member)                                                  \
    field                                                                           \
    {                                                                               \
        #member, [](event& e, reader& in, json_token t) { e.member = in.optional_text(t, #member); } \
    }

// Also what an NDJSON import and a Lua table may hold.
constexpr std::array fields{
    field{"id",
          [](event& e, reader& in, json_token t) {
              if (const auto text = in.optional_text(t, "id")) {
                  e.id = event_id::parse(*text);
              }
          }},
    field{"occurred_at",
          [](event& e, reader& in, json_token t) {
              if (const auto text = in.optional_text(t, "occurred_at")) {
                  e.occurred_at = parse_time(*text);
              }
          }},
    field{"action", [](event& e, reader& in, json_token t) { e.action = in.text(t, "action"); }},
    field{"outcome", [](event& e, reader& in, json_token t) { e.outcome = parse_outcome(in.text(t, "outcome")); }},
    field{"actor", [](event& e, reader& in, json_token t) { e.actor = read_entity(in, t, "actor"); }},
    field{"on_behalf_of",
          [](event& e, reader& in, json_token t) { e.on_behalf_of = read_entities(in, t, "on_behalf_of"); }},
    field{"targets", [](event& e, reader& in, json_token t) { e.targets = read_entities(in, t, "targets"); }},
    DAYBOOK_TEXT_FIELD(reason),
    field{"changes", [](event& e, reader& in, json_token t) { e.changes = read_changes(in, t); }},
    DAYBOOK_TEXT_FIELD(source_ip),
    DAYBOOK_TEXT_FIELD(user_agent),
    DAYBOOK_TEXT_FIELD(request_id),
    DAYBOOK_TEXT_FIELD(correlation_id),
    DAYBOOK_TEXT_FIELD(trace_id),
    DAYBOOK_TEXT_FIELD(source),
    field{"metadata",
          [](event& e, reader& in, json_token t) {
              if (t != json_token::null) {
                  e.metadata = in.raw_value(t);
              }
          }},
    field{"facets", [](event& e, reader& in, json_token t) { e.facets = read_facets(in, t); }},
};

#undef DAYBOOK_TEXT_FIELD

[[noreturn]] void unknown_event_field(std::string_view name)
{
    std::array<std::string_view, fields.size()> known;
    std::transform(fields.begin(), fields.end(), known.begin(), [](const field& f) { return f.name; });
    unknown_field("", name, known);
}

// ---------------------------------------------------------------- writing

// Members of one object, with their commas.
class object_writer {
public:
    explicit object_writer(std::string& out) : m_out{out} { m_out += '{'; }

    void raw(std::string_view name, std::string_view json)
    {
        key(name);
        m_out += json;
    }

    void optional_raw(std::string_view name, const std::optional<std::string>& json)
    {
        if (json) {
            raw(name, *json);
        }
    }

    void text(std::string_view name, std::string_view value)
    {
        key(name);
        append_json_string(m_out, value);
    }

    void optional_text(std::string_view name, const std::optional<std::string>& value)
    {
        if (value) {
            text(name, *value);
        }
    }

    void end() { m_out += '}'; }

private:
    void key(std::string_view name)
    {
        if (m_any) {
            m_out += ',';
        }
        m_any = true;
        append_json_string(m_out, name);
        m_out += ':';
    }

    std::string& m_out;
    bool m_any = false;
};

void append_entity(std::string& out, const entity& one)
{
    object_writer object{out};
    if (!one.type.empty()) {
        object.text("type", one.type);
    }
    if (!one.id.empty()) {
        object.text("id", one.id);
    }
    object.optional_text("name", one.name);
    object.end();
}

// What a row has as JSON, while its views are needed.
struct lists {
    explicit lists(const event& e)
        : on_behalf_of{entities_to_json(e.on_behalf_of)}, targets{entities_to_json(e.targets)},
          changes{changes_to_json(e.changes)}, facets{facets_to_json(e.facets)}
    {
    }

    std::optional<std::string> on_behalf_of;
    std::optional<std::string> targets;
    std::optional<std::string> changes;
    std::optional<std::string> facets;
};

event_row row_of(const event& e, const lists& json)
{
    event_row row{};
    row.action = e.action;
    row.outcome = to_string(e.outcome);
    row.actor_type = e.actor.type;
    row.actor_id = e.actor.id;
    row.actor_name = e.actor.name;
    row.on_behalf_of = json.on_behalf_of;
    row.targets = json.targets;
    row.reason = e.reason;
    row.changes = json.changes;
    row.source_ip = e.source_ip;
    row.user_agent = e.user_agent;
    row.request_id = e.request_id;
    row.correlation_id = e.correlation_id;
    row.trace_id = e.trace_id;
    row.source = e.source;
    row.metadata = e.metadata;
    row.facets = json.facets;
    return row;
}

constexpr std::array<std::string_view, 5> added_by_database{"organization_id", "recorded_at", "db_role", "schema_version", "shaped_by"};

event read_event(std::string_view json, std::span<const std::string_view> passed_over)
{
    event result;
    reader in{json};
    std::array<bool, fields.size()> seen{};
    if (in.next() != json_token::object_begin) {
        wrong_type("the event", "an object");
    }
    while (in.next() == json_token::key) {
        const std::string name = json_text(in.raw());
        const auto* const found =
            std::find_if(fields.begin(), fields.end(), [&name](const field& f) { return f.name == name; });
        if (found == fields.end()) {
            if (std::ranges::find(passed_over, name) == passed_over.end()) {
                unknown_event_field(name);
            }
            in.raw_value(in.next());
            continue;
        }
        if (std::exchange(seen[static_cast<std::size_t>(found - fields.begin())], true)) {
            throw error{error_kind::invalid_event, name + " is given twice"};
        }
        try {
            found->set(result, in, in.next());
        } catch (const error& e) {
            // What these say is about the value alone.
            if (e.kind() == error_kind::invalid_json) {
                throw error{e.kind(), name + " is " + e.what()};
            }
            if (e.kind() == error_kind::invalid_id || e.kind() == error_kind::invalid_time) {
                throw error{e.kind(), name + ": " + e.what()};
            }
            throw;
        }
    }
    in.next();  // throws if something follows
    return result;
}

}  // namespace

event event_from_json(std::string_view json)
{
    return read_event(json, {});
}

event event_from_stored_json(std::string_view json)
{
    return read_event(json, added_by_database);
}

std::string to_json(const event& e)
{
    std::string out{"{"};
    if (e.id) {
        append::quoted(out, R"("id":)", e.id->value());
        out += ',';
    }
    if (e.occurred_at) {
        append::quoted(out, R"("occurred_at":)", *e.occurred_at);
        out += ',';
    }
    append_members(out, row_of(e, lists{e}));
    out += '}';
    return out;
}

std::string to_json(const stored_event& e)
{
    const lists json{e};
    event_row row = row_of(e, json);
    row.id = e.id->value();
    row.organization = e.organization.value();
    row.occurred_at = *e.occurred_at;
    row.recorded_at = e.recorded_at;
    row.db_role = e.db_role;
    row.shaped_by = e.shaped_by;
    row.schema_version = e.schema_version;
    std::string out;
    append_json(out, row);
    return out;
}

std::optional<std::string> entities_to_json(std::span<const entity> entities)
{
    if (entities.empty()) {
        return std::nullopt;
    }
    std::string out;
    for (const entity& one : entities) {
        out += out.empty() ? '[' : ',';
        append_entity(out, one);
    }
    out += ']';
    return out;
}

std::optional<std::string> changes_to_json(std::span<const change> changes)
{
    if (changes.empty()) {
        return std::nullopt;
    }
    std::string out;
    for (const change& one : changes) {
        out += out.empty() ? '[' : ',';
        object_writer object{out};
        object.text("path", one.path);
        object.optional_raw("old", one.old_value);
        object.optional_raw("new", one.new_value);
        object.end();
    }
    out += ']';
    return out;
}

std::optional<std::string> facets_to_json(std::span<const facet> facets)
{
    if (facets.empty()) {
        return std::nullopt;
    }
    std::string out;
    object_writer object{out};
    for (const facet& one : facets) {
        object.text(one.key, one.value);
    }
    object.end();
    return out;
}

namespace {

// `json` as a JSON string: for what PostgreSQL takes for json and we cannot read, such as a lone surrogate.
std::string as_json_string(std::string_view json)
{
    std::string out;
    append_json_string(out, json);
    return out;
}

}  // namespace

std::vector<entity> entities_from_json(std::string_view json, std::string_view field)
{
    try {
        reader in{json, shape::as_it_is};
        return read_entities(in, in.next(), field);
    } catch (const error&) {
        return {{.type = {}, .id = std::string{json}}};
    }
}

std::vector<change> changes_from_json(std::string_view json)
{
    try {
        reader in{json, shape::as_it_is};
        return read_changes(in, in.next());
    } catch (const error&) {
        return {{.path = {}, .new_value = as_json_string(json)}};
    }
}

std::vector<facet> facets_from_json(std::string_view json)
{
    try {
        reader in{json, shape::as_it_is};
        return read_facets(in, in.next());
    } catch (const error&) {
        return {{.key = {}, .value = std::string{json}}};
    }
}

}  // namespace daybook
