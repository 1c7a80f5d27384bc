// What happened, in words.

#include <algorithm>
#include <array>

#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "catalogue_content.hpp"

namespace daybook {

namespace {

// What a text of the event says; an empty one is like none.
using text_getter = const std::optional<std::string>& (*)(const event&);

struct text_place {
    std::string_view name;
    text_getter get;
};

constexpr std::array texts{
    text_place{"reason", [](const event& e) -> const std::optional<std::string>& { return e.reason; }},
    text_place{"source_ip", [](const event& e) -> const std::optional<std::string>& { return e.source_ip; }},
    text_place{"user_agent", [](const event& e) -> const std::optional<std::string>& { return e.user_agent; }},
    text_place{"request_id", [](const event& e) -> const std::optional<std::string>& { return e.request_id; }},
    text_place{"correlation_id", [](const event& e) -> const std::optional<std::string>& { return e.correlation_id; }},
    text_place{"trace_id", [](const event& e) -> const std::optional<std::string>& { return e.trace_id; }},
    text_place{"source", [](const event& e) -> const std::optional<std::string>& { return e.source; }},
};

constexpr std::array<std::string_view, 15> places{"actor",    "target",  "targets",    "on_behalf_of", "action",         "outcome",  "metadata",
                                                  "changes",  "reason",  "source_ip",  "user_agent",   "request_id", "correlation_id", "trace_id", "source"};

constexpr std::string_view nothing = "…";

// By name; else by type and id, where both say something.
std::string tell_entity(const entity& one)
{
    if (one.name && !one.name->empty()) {
        return *one.name;
    }
    if (one.id.empty() || one.type.empty() || one.type == "unknown") {
        return one.id.empty() ? one.type : one.id;
    }
    return one.type == one.id ? one.id : one.type + " " + one.id;
}

std::string tell_part(const entity& one, const std::vector<std::string>& place)
{
    if (place.size() < 2) {
        return tell_entity(one);
    }
    return place[1] == "type" ? one.type : place[1] == "id" ? one.id : one.name.value_or("");
}

std::string tell_entities(const std::vector<entity>& list)
{
    std::string result;
    for (std::size_t i = 0; i < list.size(); ++i) {
        result += i == 0 ? "" : i + 1 == list.size() ? " and " : ", ";
        result += tell_entity(list[i]);
    }
    return result;
}

// A text without its quotes; everything else as it is written.
std::string tell_value(json_token token, json_reader& reader)
{
    switch (token) {
    case json_token::string: return json_text(reader.raw());
    case json_token::null: return "nothing";
    case json_token::object_begin:
    case json_token::array_begin: return json_on_one_line(reader.skip());
    default: return std::string{reader.raw()};
    }
}

// The value at the end of `path`, from its second part on; empty where there is none.
std::string value_at(std::string_view json, std::span<const std::string> path)
{
    json_reader reader{json};
    json_token token = reader.next();
    for (const std::string& part : path) {
        if (token != json_token::object_begin) {
            return {};
        }
        bool found = false;
        while (!found && reader.next() == json_token::key) {
            found = json_text(reader.raw()) == part;
            token = reader.next();
            if (!found && (token == json_token::object_begin || token == json_token::array_begin)) {
                reader.skip();
            }
        }
        if (!found) {
            return {};
        }
    }
    return token == json_token::invalid ? std::string{} : tell_value(token, reader);
}

// {changes.role.new}: the path without its last part, which is old or new.
std::string tell_change(const std::vector<change>& changes, const std::vector<std::string>& place)
{
    const std::span<const std::string> path{place.begin() + 1, place.end() - 1};
    for (const change& one : changes) {
        if (std::ranges::equal(pointer_parts(one.path.starts_with('/') ? one.path : ""), path)) {
            const auto& side = place.back() == "old" ? one.old_value : one.new_value;
            return side ? value_at(*side, {}) : "nothing";
        }
    }
    return {};
}

std::string tell_place(const std::vector<std::string>& place, const event& e)
{
    const std::string& name = place.front();
    if (name == "actor") {
        return tell_part(e.actor, place);
    }
    if (name == "target") {
        return e.targets.empty() ? std::string{} : tell_part(e.targets.front(), place);
    }
    if (name == "targets") {
        return tell_entities(e.targets);
    }
    if (name == "on_behalf_of") {
        return tell_entities(e.on_behalf_of);
    }
    if (name == "action") {
        return e.action;
    }
    if (name == "outcome") {
        return std::string{to_string(e.outcome)};
    }
    if (name == "metadata") {
        return e.metadata ? value_at(*e.metadata, std::span{place}.subspan(1)) : std::string{};
    }
    if (name == "changes") {
        return tell_change(e.changes, place);
    }
    const auto* const text = std::ranges::find(texts, name, &text_place::name);
    return text->get(e).value_or("");
}

// How it ended, unless it went as the sentence says.
void append_outcome(std::string& out, const event& e)
{
    if (e.outcome == outcome::success) {
        return;
    }
    out += e.outcome == outcome::denied ? " (denied" : e.outcome == outcome::failure ? " (failed" : " (outcome unknown";
    if (e.reason && !e.reason->empty()) {
        out += ": " + *e.reason;
    }
    out += ')';
}

[[noreturn]] void refuse(const std::string& where, const std::string& what, const std::string& hint = {})
{
    throw error{error_kind::invalid_rules, where + " " + what, hint};
}

std::vector<std::string> split(std::string_view text)
{
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == '.') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

// A field that is misspelt in a sentence would never be told.
void check_fields(const std::vector<field_declaration>& fields, bool open, std::span<const std::string> path, const std::string& whole,
                  const std::string& where)
{
    if (path.empty()) {
        return;
    }
    const field_declaration* const field = find_field(fields, path.front());
    if (field == nullptr) {
        if (!open) {
            std::vector<std::string_view> known;
            for (const field_declaration& one : fields) {
                known.push_back(one.name);
            }
            const std::string_view near = nearest_name(path.front(), known);
            refuse(where, "names {" + whole + "}, and \"" + path.front() + "\" is not declared",
                   near.empty() ? "" : "did you mean \"" + std::string{near} + "\"?");
        }
        return;
    }
    check_fields(field->fields, field->open, path.subspan(1), whole, where);
}

void check_place(const std::vector<std::string>& place, const std::string& whole, const action_declaration& of, const std::string& where)
{
    const std::string& name = place.front();
    if (std::ranges::find(places, name) == places.end()) {
        const std::string_view near = nearest_name(name, places);
        refuse(where, "names {" + whole + "}, which no event has",
               near.empty() ? "there are {actor}, {target}, {metadata.NAME}, {changes.NAME.new}, …"
                            : "did you mean {" + std::string{near} + "}?");
    }
    if (name == "metadata") {
        if (place.size() < 2) {
            refuse(where, "names {metadata} without a field", "as in {metadata.amount}");
        }
        check_fields(of.metadata, of.open, std::span{place}.subspan(1), whole, where);
    } else if (name == "changes") {
        if (place.size() < 3 || (place.back() != "old" && place.back() != "new")) {
            refuse(where, "names {" + whole + "} without saying old or new", "as in {changes.role.new}");
        }
        check_fields(of.changes, of.open, std::span{place}.subspan(1, place.size() - 2), whole, where);
    } else if (place.size() > 1) {
        const bool part = place.size() == 2 && (name == "actor" || name == "target") &&
                          (place[1] == "type" || place[1] == "id" || place[1] == "name");
        if (!part) {
            refuse(where, "names {" + whole + "}, which no event has", "there are {actor.type}, {actor.id}, {actor.name}, {target.id}, …");
        }
    }
}

}  // namespace

sentence_parts parse_sentence(std::string_view text, const action_declaration& of, const std::string& where)
{
    sentence_parts parts;
    while (!text.empty()) {
        const std::size_t open = text.find('{');
        if (open != 0) {
            parts.push_back({std::string{text.substr(0, open)}});
        }
        if (open == std::string_view::npos) {
            break;
        }
        const std::size_t close = text.find('}', open);
        if (close == std::string_view::npos) {
            refuse(where, "has a { without its }");
        }
        const std::string whole{text.substr(open + 1, close - open - 1)};
        sentence_part part{{}, split(whole)};
        check_place(part.place, whole, of, where);
        parts.push_back(std::move(part));
        text.remove_prefix(close + 1);
    }
    return parts;
}

std::string tell(const sentence_parts& parts, const event& e)
{
    std::string result;
    for (const sentence_part& part : parts) {
        if (part.place.empty()) {
            result += part.text;
            continue;
        }
        const std::string told = tell_place(part.place, e);
        result += told.empty() ? std::string{nothing} : told;
    }
    append_outcome(result, e);
    return result;
}

std::string catalogue::sentence(const event& e) const
{
    if (const action_declaration* const declared = find(e.action)) {
        const sentence_parts& parts = m_content->sentences[static_cast<std::size_t>(declared - m_content->actions.data())];
        if (!parts.empty()) {
            return tell(parts, e);
        }
    }
    return plain_sentence(e);
}

std::string plain_sentence(const event& e)
{
    std::string result = tell_entity(e.actor);
    if (!e.on_behalf_of.empty()) {
        result += " on behalf of " + tell_entities(e.on_behalf_of);
    }
    result += ": " + e.action;
    if (!e.targets.empty()) {
        result += " " + tell_entities(e.targets);
    }
    append_outcome(result, e);
    return result;
}

}  // namespace daybook
