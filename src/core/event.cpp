// The rules of an event. Its JSON form is in event_json.cpp.

#include <daybook/event.hpp>

#include <algorithm>
#include <array>

#include <daybook/error.hpp>
#include <daybook/json.hpp>
#include <daybook/limits.hpp>

namespace daybook {

namespace {

constexpr std::array<std::string_view, 4> outcomes{"success", "failure", "denied", "unknown"};

// Adds up the bytes of an event while it looks at each field.
class checker {
public:
    void text(std::string_view value, std::string_view field)
    {
        check_text(value, field);
        m_bytes += value.size();
    }

    void optional(const std::optional<std::string>& value, std::string_view field)
    {
        if (value) {
            text(*value, field);
        }
    }

    // One of the short ones that index entries are made of.
    void bounded(std::string_view value, std::string_view field, std::size_t most)
    {
        if (value.size() > most) {
            throw error{error_kind::invalid_event, std::string{field} + " has " + std::to_string(value.size()) +
                                                       " bytes; " + std::to_string(most) + " are allowed"};
        }
        text(value, field);
    }

    void required(std::string_view value, std::string_view field, std::size_t most)
    {
        if (value.empty()) {
            throw error{error_kind::invalid_event, std::string{field} + " is missing or empty"};
        }
        bounded(value, field, most);
    }

    void count(std::size_t number, std::string_view field, std::size_t most)
    {
        if (number > most) {
            throw error{error_kind::invalid_event, std::string{field} + " has " + std::to_string(number) +
                                                       " entries; " + std::to_string(most) + " are allowed"};
        }
    }

    void json(const std::optional<std::string>& value, std::string_view field)
    {
        if (value) {
            m_bytes += value->size();
            try {
                check_json(*value, field);
            } catch (const error& e) {
                throw error{e.kind(), e.what(), "values here are JSON: a text has its double quotes"};
            }
        }
    }

    void add(std::size_t bytes) { m_bytes += bytes; }

    void end() const
    {
        if (m_bytes > limits::event_bytes) {
            throw error{error_kind::event_too_large, "the event has " + std::to_string(m_bytes) + " bytes; " +
                                                         std::to_string(limits::event_bytes) + " are allowed"};
        }
    }

private:
    std::size_t m_bytes = 0;
};

std::string element(std::string_view field, std::size_t index, std::string_view member)
{
    return std::string{field} + "[" + std::to_string(index + 1) + "]." + std::string{member};
}

void check_path(std::string_view path, std::string_view field)
{
    const bool pointer = path.empty() || path.front() == '/';
    bool escapes = true;
    for (std::size_t i = 0; i < path.size(); ++i) {
        escapes = escapes && (path[i] != '~' || (i + 1 < path.size() && (path[i + 1] == '0' || path[i + 1] == '1')));
    }
    if (!pointer || !escapes) {
        throw error{error_kind::invalid_event,
                    std::string{field} + " is not a JSON pointer (RFC 6901), as in /address/city"};
    }
}

void check_facets(checker& check, const std::vector<facet>& facets)
{
    check.count(facets.size(), "facets", limits::facets);
    for (std::size_t i = 0; i < facets.size(); ++i) {
        const facet& f = facets[i];
        check.required(f.key, "a key of facets", limits::facet_key_bytes);
        check.bounded(f.value, "facets." + f.key, limits::facet_value_bytes);
        const auto same = [&f](const facet& other) { return other.key == f.key; };
        if (std::any_of(facets.begin(), facets.begin() + static_cast<std::ptrdiff_t>(i), same)) {
            throw error{error_kind::invalid_event, "facets." + f.key + " is given twice"};
        }
    }
}

}  // namespace

std::string_view to_string(outcome value) noexcept
{
    return outcomes[static_cast<std::size_t>(value)];
}

outcome parse_outcome(std::string_view text)
{
    const auto* const found = std::find(outcomes.begin(), outcomes.end(), text);
    if (found == outcomes.end()) {
        throw error{error_kind::invalid_event,
                    "outcome \"" + std::string{text.substr(0, 60)} + "\" is none of success, failure, denied, unknown"};
    }
    return static_cast<outcome>(found - outcomes.begin());
}

void check_event(const event& e)
{
    checker check;
    check.required(e.action, "action", limits::name_bytes);
    check.required(e.actor.type, "actor.type", limits::name_bytes);
    check.required(e.actor.id, "actor.id", limits::id_bytes);
    check.optional(e.actor.name, "actor.name");

    check.count(e.on_behalf_of.size(), "on_behalf_of", limits::on_behalf_of);
    for (std::size_t i = 0; i < e.on_behalf_of.size(); ++i) {
        const entity& one = e.on_behalf_of[i];
        check.required(one.type, element("on_behalf_of", i, "type"), limits::name_bytes);
        check.required(one.id, element("on_behalf_of", i, "id"), limits::id_bytes);
        check.optional(one.name, element("on_behalf_of", i, "name"));
    }

    check.count(e.targets.size(), "targets", limits::targets);
    for (std::size_t i = 0; i < e.targets.size(); ++i) {
        const entity& target = e.targets[i];
        if (target.type.empty() && target.id.empty()) {
            throw error{error_kind::invalid_event, element("targets", i, "type") + " and its id are both missing"};
        }
        check.bounded(target.type, element("targets", i, "type"), limits::name_bytes);
        check.bounded(target.id, element("targets", i, "id"), limits::id_bytes);
        check.optional(target.name, element("targets", i, "name"));
    }

    if (e.outcome == outcome::denied && (!e.reason || e.reason->empty())) {
        throw error{error_kind::invalid_event, "reason is missing: a denied outcome needs one"};
    }
    check.optional(e.reason, "reason");

    check.count(e.changes.size(), "changes", limits::changes);
    for (std::size_t i = 0; i < e.changes.size(); ++i) {
        const change& c = e.changes[i];
        check_path(c.path, element("changes", i, "path"));
        check.text(c.path, element("changes", i, "path"));
        check.json(c.old_value, element("changes", i, "old"));
        check.json(c.new_value, element("changes", i, "new"));
    }

    check.optional(e.source_ip, "source_ip");
    check.optional(e.user_agent, "user_agent");
    check.optional(e.request_id, "request_id");
    if (e.correlation_id) {
        check.bounded(*e.correlation_id, "correlation_id", limits::id_bytes);
    }
    check.optional(e.trace_id, "trace_id");
    check.optional(e.source, "source");
    if (e.metadata) {
        check.add(e.metadata->size());
        check.end();  // before a hostile text is parsed
        check_json_object(*e.metadata, "metadata");
    }
    check_facets(check, e.facets);
    check.end();

    if (e.id && e.occurred_at && e.id->time() != *e.occurred_at) {
        throw error{error_kind::invalid_event, "occurred_at is " + to_string(*e.occurred_at) + ", but the id carries " +
                                                   to_string(e.id->time()),
                    "leave out one of them"};
    }
}

}  // namespace daybook
