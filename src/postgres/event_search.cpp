#include "event_search.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <set>

#include "sql/count_candidates.hpp"
#include "sql/count_events.hpp"
#include "sql/count_events_by_action.hpp"
#include "sql/count_events_by_actor.hpp"
#include "sql/count_events_by_correlation.hpp"
#include "sql/count_events_by_facet.hpp"
#include "sql/count_events_by_id.hpp"
#include "sql/count_events_by_prefix.hpp"
#include "sql/count_events_by_target.hpp"
#include "sql/events_by_action_newest_first.hpp"
#include "sql/events_by_action_oldest_first.hpp"
#include "sql/events_by_actor_newest_first.hpp"
#include "sql/events_by_actor_oldest_first.hpp"
#include "sql/events_by_correlation_newest_first.hpp"
#include "sql/events_by_correlation_oldest_first.hpp"
#include "sql/events_by_facet_newest_first.hpp"
#include "sql/events_by_facet_oldest_first.hpp"
#include "sql/events_by_id_newest_first.hpp"
#include "sql/events_by_id_oldest_first.hpp"
#include "sql/events_by_prefix_newest_first.hpp"
#include "sql/events_by_prefix_oldest_first.hpp"
#include "sql/events_by_target_newest_first.hpp"
#include "sql/events_by_target_oldest_first.hpp"
#include "sql/events_nearby_newest_first.hpp"
#include "sql/events_nearby_oldest_first.hpp"
#include "sql/events_newest_first.hpp"
#include "sql/events_oldest_first.hpp"

namespace daybook::detail {

namespace {

using pq::type;

struct statements {
    const char* newest_first;
    const char* oldest_first;
    const char* count;
};

const statements& statements_of(way chosen)
{
    using namespace embedded::sql;
    // In the order of `way`.
    static constexpr std::array all{
        statements{events_newest_first, events_oldest_first, count_events},
        statements{events_by_id_newest_first, events_by_id_oldest_first, count_events_by_id},
        statements{events_by_correlation_newest_first, events_by_correlation_oldest_first, count_events_by_correlation},
        statements{events_by_target_newest_first, events_by_target_oldest_first, count_events_by_target},
        statements{events_by_actor_newest_first, events_by_actor_oldest_first, count_events_by_actor},
        statements{events_by_action_newest_first, events_by_action_oldest_first, count_events_by_action},
        statements{events_by_prefix_newest_first, events_by_prefix_oldest_first, count_events_by_prefix},
        statements{events_by_facet_newest_first, events_by_facet_oldest_first, count_events_by_facet},
    };
    return all[static_cast<std::size_t>(chosen)];
}

// Beyond so many events, it does not matter which part of a filter leads: a page is full soon, or nothing helps.
constexpr std::int64_t enough = 500;

template <typename T>
void remove_repetitions(std::vector<T>& values)
{
    std::ranges::sort(values);
    values.erase(std::ranges::unique(values).begin(), values.end());
}

std::vector<std::string> ids_of(const std::vector<std::string>& references)
{
    std::vector<std::string> ids = references_of(references).ids;
    remove_repetitions(ids);
    return ids;
}

// Whether an index on ids alone says it all.
bool are_plain_ids(const std::vector<std::string>& values)
{
    return references_of(values).with_type.empty();
}

// A prefix is looked up in whole months: of a partition that is no longer than that, every event is within.
id_range whole_months(const id_range& range)
{
    using namespace std::chrono;
    const auto month_of = [](const uuid& id) {
        std::int64_t since_1970 = 0;
        for (std::size_t i = 0; i < 6; ++i) {
            since_1970 = since_1970 << 8 | id.bytes[i];
        }
        const year_month_day day{floor<days>(sys_time<milliseconds>{milliseconds{since_1970}})};
        return std::min(day.year(), year{9999}) / day.month();
    };
    const auto first_id_of = [](year_month month) { return event_id::floor(timestamp{sys_days{month / 1}}); };
    const uuid last = id_range{}.to;
    id_range result;
    if (range.from != uuid{}) {
        result.from = first_id_of(month_of(range.from));
    }
    if (range.to != last) {
        result.to = first_id_of(month_of(range.to) + months{1});
    }
    return result;
}

}  // namespace

event_search::event_search(transaction& engine, const filter& f, reading_order order)
    : m_engine{engine}, m_filter{f}, m_order{order}, m_range{range_of(f)}
{
    if (std::ranges::find(f.action, "*") != f.action.end()) {
        m_filter.action.clear();  // each has one
    }
    choose();
}

void event_search::choose()
{
    if (!m_filter.id.empty()) {
        return lead_by(way::id);
    }
    if (!m_filter.correlation_id.empty()) {
        return lead_by(way::correlation);
    }
    const bool by_prefix = std::ranges::any_of(m_filter.action, is_prefix);
    std::set<std::string> keys;
    for (const facet& one : m_filter.facets) {
        keys.insert(one.key);
    }

    std::vector<way> candidates;
    if (!m_filter.target.empty()) {
        candidates.push_back(way::target);
    }
    if (!m_filter.actor.empty()) {
        candidates.push_back(way::actor);
    }
    if (!m_filter.action.empty() && !by_prefix) {
        candidates.push_back(way::action);
    }
    candidates.insert(candidates.end(), keys.size(), way::facet);
    if (candidates.empty()) {
        return lead_by(by_prefix ? way::prefix : way::time);
    }
    if (!keys.empty()) {
        m_facet_key = *keys.begin();
    }
    if (candidates.size() == 1) {
        return lead_by(candidates.front());
    }

    pq::params values;
    values.add(m_engine.organization().value()).add(m_range.from).add(m_range.to).add(enough);
    values.add(ids_of(m_filter.target)).add(ids_of(m_filter.actor));
    values.add_unless_empty(by_prefix ? std::vector<std::string>{} : m_filter.action);
    add_facets(values, m_filter.facets);
    const pq::result counts = m_engine.execute_again(embedded::sql::count_candidates, values);
    std::optional<std::int64_t> fewest;
    way chosen = candidates.front();
    for (int row = 0; row < counts.rows(); ++row) {
        static constexpr std::array parts{way::target, way::actor, way::action, way::facet};
        const way part = parts.at(static_cast<std::size_t>(counts.integer(row, 0) - 1));
        const std::int64_t events = counts.integer(row, 2);
        if (std::ranges::find(candidates, part) != candidates.end() && (!fewest || events < *fewest)) {
            fewest = events;
            chosen = part;
            if (part == way::facet) {
                m_facet_key = counts.text(row, 1);
            }
        }
    }
    lead_by(chosen);
}

// Takes what leads out of the filter, as far as the index says it all.
void event_search::lead_by(way chosen)
{
    m_way = chosen;
    switch (chosen) {
    case way::time: break;
    case way::id:
        std::ranges::transform(m_filter.id, std::back_inserter(m_ids), [](const event_id& id) { return id.value(); });
        remove_repetitions(m_ids);
        m_range.from = std::max(m_range.from, m_ids.front());
        m_range.to = std::min(m_range.to, successor(m_ids.back()));
        if (m_ids.size() == 1) {
            m_way = way::time;
        }
        break;
    case way::correlation: m_values.swap(m_filter.correlation_id); break;
    case way::target:
        m_values = ids_of(m_filter.target);
        if (are_plain_ids(m_filter.target)) {
            m_filter.target.clear();
        }
        break;
    case way::actor:
        m_values = ids_of(m_filter.actor);
        if (are_plain_ids(m_filter.actor)) {
            m_filter.actor.clear();
        }
        break;
    case way::action: m_values.swap(m_filter.action); break;
    case way::prefix:
        // An exact one is a prefix too, of which the filter drops the others.
        std::ranges::transform(m_filter.action, std::back_inserter(m_values), without_star);
        break;
    case way::facet:
        for (const facet& one : m_filter.facets) {
            if (one.key == m_facet_key) {
                m_values.push_back(one.value);
            }
        }
        std::erase_if(m_filter.facets, [&](const facet& one) { return one.key == m_facet_key; });
        break;
    }
    remove_repetitions(m_values);
}

// $1 … $28.
pq::params event_search::parameters(const id_range& range, std::optional<std::size_t> limit) const
{
    pq::params values = filter_parameters(m_engine.organization(), m_filter, range, limit);
    if (m_way == way::id) {
        values.add(m_ids);
    } else {
        values.add(m_values);
    }
    const id_range whole = whole_months(range);
    return std::move(values.add(m_facet_key).add(whole.from).add(whole.to));
}

const char* event_search::statement() const
{
    const statements& known = statements_of(m_way);
    return m_order == reading_order::newest_first ? known.newest_first : known.oldest_first;
}

pq::result event_search::page(const std::optional<event_id>& last, std::size_t limit) const
{
    if (m_way == way::prefix) {
        // Most prefixes that people ask for are common: then there is no need to find out which actions have it.
        const char* const nearby = m_order == reading_order::newest_first ? embedded::sql::events_nearby_newest_first
                                                                          : embedded::sql::events_nearby_oldest_first;
        pq::result found = m_engine.execute_again(nearby, parameters(behind(m_range, m_order, last), limit));
        if (static_cast<std::size_t>(found.rows()) == limit) {
            return found;
        }
    }
    const char* const sql = statement();
    return m_engine.execute_again(sql, parameters(behind(m_range, m_order, last), limit));
}

void event_search::stream(const std::optional<event_id>& last, const std::function<void(const pq::result&)>& each) const
{
    m_engine.stream(statement(), parameters(behind(m_range, m_order, last), std::nullopt), each);
}

pq::result event_search::count(const std::string& field, const std::string& facet_key, const std::vector<uuid>& boundaries,
                               std::size_t limit, std::size_t most) const
{
    const char* const sql = statements_of(m_way).count;
    pq::params values = parameters(m_range, limit);
    values.add(field).add(facet_key).add(boundaries).add(static_cast<std::int64_t>(most));
    return m_engine.execute_again(sql, values);
}

}  // namespace daybook::detail
