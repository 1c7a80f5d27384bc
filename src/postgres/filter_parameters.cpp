#include "filter_parameters.hpp"

#include <algorithm>
#include <set>

#include <daybook/error.hpp>

namespace daybook::detail {

namespace {

using pq::type;

void add_actions(pq::params& values, const std::vector<std::string>& wanted)
{
    if (wanted.empty()) {
        values.add_null(type::text_array).add_null(type::text_array);
        return;
    }
    std::vector<std::string> exact;
    std::vector<std::string> prefixes;
    for (const std::string& action : wanted) {
        (is_prefix(action) ? prefixes : exact).push_back(without_star(action));
    }
    values.add(exact).add(prefixes);
}

}  // namespace

uuid successor(uuid value)
{
    for (std::size_t i = value.bytes.size(); i-- > 0;) {
        if (++value.bytes[i] != 0) {
            break;
        }
    }
    return value;
}

id_range range_of(const filter& f)
{
    id_range range;
    if (f.since) {
        range.from = event_id::floor(std::max(*f.since, timestamp{}));
    }
    if (f.until) {
        range.to = event_id::floor(std::max(*f.until, timestamp{}));
    }
    return range;
}

id_range behind(id_range range, reading_order order, const std::optional<event_id>& last)
{
    if (last && order == reading_order::newest_first) {
        range.to = std::min(range.to, last->value());
    } else if (last) {
        range.from = std::max(range.from, successor(last->value()));
    }
    return range;
}

references references_of(const std::vector<std::string>& values)
{
    references result;
    for (const std::string& value : values) {
        result.ids.push_back(value);
        // A type may hold separators itself; nobody has one with more than a few.
        std::size_t at = value.find_first_of(":/");
        for (int splits = 0; at != std::string::npos && splits < 8; ++splits, at = value.find_first_of(":/", at + 1)) {
            if (at > 0 && at + 1 < value.size()) {
                const std::string id = value.substr(at + 1);
                result.ids.push_back(id);
                result.with_type.push_back(value.substr(0, at) + ":" + id);
            }
        }
    }
    return result;
}

bool is_prefix(const std::string& action)
{
    return action.ends_with('*');
}

std::string without_star(const std::string& action)
{
    return is_prefix(action) ? action.substr(0, action.size() - 1) : action;
}

void add_facets(pq::params& values, const std::vector<facet>& wanted)
{
    if (wanted.empty()) {
        values.add_null(type::text_array).add_null(type::text_array).add_null(type::int8);
        return;
    }
    std::vector<std::string> keys;
    std::vector<std::string> of_keys;
    std::set<std::string> distinct;
    for (const facet& f : wanted) {
        keys.push_back(f.key);
        of_keys.push_back(f.value);
        distinct.insert(f.key);
    }
    values.add(keys).add(of_keys).add(static_cast<std::int64_t>(distinct.size()));
}

pq::params filter_parameters(const org_id& organization, const filter& f, const id_range& range,
                             std::optional<std::size_t> limit)
{
    const references actors = references_of(f.actor);
    const references targets = references_of(f.target);
    pq::params values;
    values.add(organization.value()).add(range.from).add(range.to);
    if (limit) {
        values.add(static_cast<std::int64_t>(*limit));
    } else {
        values.add_null(type::int8);
    }
    add_actions(values, f.action);
    values.add_unless_empty(f.outcome)
        .add_unless_empty(f.actor)
        .add_unless_empty(actors.with_type)
        .add_unless_empty(f.actor_type)
        .add_unless_empty(f.actor_name)
        .add_unless_empty(f.target)
        .add_unless_empty(targets.with_type)
        .add_unless_empty(f.target_type)
        .add_unless_empty(f.source_ip)
        .add_unless_empty(f.request_id)
        .add_unless_empty(f.correlation_id)
        .add_unless_empty(f.trace_id)
        .add_unless_empty(f.source);
    add_facets(values, f.facets);
    values.add_unless_empty(actors.ids).add_unless_empty(targets.ids);
    return values;
}

void check_cursor(const cursor& after, const org_id& organization, reading_order order)
{
    if (after.organization != organization) {
        throw error{error_kind::invalid_cursor, "the cursor belongs to another organization"};
    }
    if (after.order != order) {
        throw error{error_kind::invalid_cursor, "the cursor belongs to a list in the other order"};
    }
}

}  // namespace daybook::detail
