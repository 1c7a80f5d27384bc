#include <daybook/query.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include <daybook/error.hpp>

#include "libpq.hpp"
#include "sql/events_newest_first.hpp"
#include "sql/events_oldest_first.hpp"
#include "stored_row.hpp"
#include "transaction.hpp"

namespace daybook {

namespace {

using pq::type;

constexpr std::size_t most = 10'000;

// Ids from `from` up to, but not including, `to`.
struct id_range {
    uuid from{};
    uuid to;

    id_range() { to.bytes.fill(0xff); }
};

// The next id: turns "behind this one" into "from that one on".
uuid successor(uuid value)
{
    for (std::size_t i = value.bytes.size(); i-- > 0;) {
        if (++value.bytes[i] != 0) {
            break;
        }
    }
    return value;
}

id_range range_of(const filter& f, reading_order order, const std::optional<event_id>& last)
{
    id_range range;
    if (f.since) {
        range.from = event_id::floor(std::max(*f.since, timestamp{}));
    }
    if (f.until) {
        range.to = event_id::floor(std::max(*f.until, timestamp{}));
    }
    if (last) {
        if (order == reading_order::newest_first) {
            range.to = std::min(range.to, last->value());
        } else {
            range.from = std::max(range.from, successor(last->value()));
        }
    }
    return range;
}

// An actor or target may be asked for by its id, as type:id, or as type/id; ids hold colons and slashes themselves.
struct references {
    std::optional<std::string> only;    // one value that can be nothing but an id
    std::vector<std::string> ids;       // every id that may be meant
    std::vector<std::string> plain;     // the values, taken as ids
    std::vector<std::string> with_type;  // the values, taken as type and id, written type:id
};

references references_of(const std::vector<std::string>& values)
{
    references result;
    if (values.size() == 1 && values.front().find_first_of(":/") == std::string::npos) {
        result.only = values.front();
        return result;
    }
    for (const std::string& value : values) {
        result.plain.push_back(value);
        result.ids.push_back(value);
        for (const char separator : {':', '/'}) {
            const std::size_t at = value.find(separator);
            if (at != std::string::npos && at > 0 && at + 1 < value.size()) {
                const std::string id = value.substr(at + 1);
                result.ids.push_back(id);
                result.with_type.push_back(value.substr(0, at) + ":" + id);
            }
        }
    }
    return result;
}

void add_references(pq::params& values, const std::vector<std::string>& wanted)
{
    const references r = references_of(wanted);
    values.add(r.only, type::text);
    if (r.ids.empty()) {
        values.add_null(type::text_array).add_null(type::text_array).add_null(type::text_array);
    } else {
        values.add(r.ids).add(r.plain).add(r.with_type);
    }
}

void add_actions(pq::params& values, const std::vector<std::string>& wanted)
{
    std::vector<std::string> exact;
    std::vector<std::string> prefixes;
    for (const std::string& action : wanted) {
        if (action.ends_with('*')) {
            prefixes.push_back(action.substr(0, action.size() - 1));
        } else {
            exact.push_back(action);
        }
    }
    const bool one_exact = exact.size() == 1 && prefixes.empty();
    const bool one_prefix = prefixes.size() == 1 && exact.empty();
    values.add(one_exact ? std::optional{exact.front()} : std::nullopt, type::text);
    values.add(one_prefix ? std::optional{prefixes.front()} : std::nullopt, type::text);
    if (wanted.empty() || one_exact || one_prefix) {
        values.add_null(type::text_array).add_null(type::text_array);
    } else {
        values.add(exact).add(prefixes);
    }
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

// $1 … $29 of event_filter.sql.
pq::params parameters(const org_id& organization, const filter& f, const id_range& range, std::size_t limit)
{
    pq::params values;
    values.add(organization.value()).add(range.from).add(range.to).add(static_cast<std::int64_t>(limit));
    if (f.id.empty()) {
        values.add_null(type::uuid_array);
    } else {
        std::vector<uuid> ids;
        std::ranges::transform(f.id, std::back_inserter(ids), [](const event_id& id) { return id.value(); });
        values.add(ids);
    }
    add_actions(values, f.action);
    values.add_unless_empty(f.outcome);
    add_references(values, f.actor);
    values.add_unless_empty(f.actor_type).add_unless_empty(f.actor_name);
    add_references(values, f.target);
    values.add_unless_empty(f.target_type)
        .add_unless_empty(f.source_ip)
        .add_unless_empty(f.request_id)
        .add_unless_empty(f.correlation_id)
        .add_unless_empty(f.trace_id)
        .add_unless_empty(f.source);
    add_facets(values, f.facets);
    return values;
}

pq::result fetch(detail::transaction& engine, const filter& f, reading_order order,
                 const std::optional<event_id>& last, std::size_t limit)
{
    const char* const sql = order == reading_order::newest_first ? embedded::sql::events_newest_first
                                                                 : embedded::sql::events_oldest_first;
    return engine.execute(sql, parameters(engine.organization(), f, range_of(f, order, last), limit));
}

}  // namespace

page query(tenant_tx& tx, const filter& f, const query_options& options)
{
    detail::transaction& engine = detail::engine(tx);
    if (options.limit < 1 || options.limit > most) {
        throw error{error_kind::invalid_filter, "the limit is " + std::to_string(options.limit) + "; 1 to 10000 are allowed",
                    "go on with the cursor"};
    }
    std::optional<event_id> last;
    if (options.after) {
        if (options.after->organization != tx.organization()) {
            throw error{error_kind::invalid_cursor, "the cursor belongs to another organization"};
        }
        if (options.after->order != options.order) {
            throw error{error_kind::invalid_cursor, "the cursor belongs to a list in the other order"};
        }
        last = options.after->last;
    }
    // One more than asked for tells whether there is a next page.
    const pq::result rows = fetch(engine, f, options.order, last, options.limit + 1);
    page result;
    const int shown = std::min(rows.rows(), static_cast<int>(options.limit));
    result.events.reserve(static_cast<std::size_t>(shown));
    for (int row = 0; row < shown; ++row) {
        result.events.push_back(detail::stored_row(rows, row));
    }
    if (rows.rows() > shown) {
        result.next = cursor{tx.organization(), *result.events.back().id, options.order};
    }
    return result;
}

void for_each_event(tenant_tx& tx, const filter& f, reading_order order,
                    const std::function<bool(const stored_event&)>& each)
{
    detail::transaction& engine = detail::engine(tx);
    constexpr std::size_t at_once = 500;
    std::optional<event_id> last;
    for (;;) {
        const pq::result rows = fetch(engine, f, order, last, at_once);
        for (int row = 0; row < rows.rows(); ++row) {
            const stored_event e = detail::stored_row(rows, row);
            last = e.id;
            if (!each(e)) {
                return;
            }
        }
        if (rows.rows() < static_cast<int>(at_once)) {
            return;
        }
    }
}

std::optional<stored_event> find_event(tenant_tx& tx, const event_id& id)
{
    filter f;
    f.id.push_back(id);
    const pq::result rows = fetch(detail::engine(tx), f, reading_order::newest_first, std::nullopt, 1);
    if (rows.rows() == 0) {
        return std::nullopt;
    }
    return detail::stored_row(rows, 0);
}

}  // namespace daybook
