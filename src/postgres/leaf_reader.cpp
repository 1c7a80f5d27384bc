#include "leaf_reader.hpp"

#include <algorithm>
#include <iterator>

#include <daybook/error.hpp>

#include "filter_parameters.hpp"
#include "sql/leaves_from.hpp"
#include "sql/sealed_events.hpp"

namespace daybook::detail {

std::vector<leaf> read_leaves(transaction& engine, std::uint64_t first, std::size_t most)
{
    pq::params values;
    values.add(engine.organization().value()).add(static_cast<std::int64_t>(first)).add(static_cast<std::int64_t>(most));
    const pq::result rows = engine.execute(embedded::sql::leaves_from, values);
    std::vector<leaf> leaves;
    if (rows.rows() == 0) {
        return leaves;
    }
    const auto begin = std::min(first, static_cast<std::uint64_t>(rows.integer(0, 0)));
    for (int row = 0; row < rows.rows(); ++row) {
        const std::vector<uuid> ids = rows.ids(row, 1);
        std::string_view hashes = rows.bytes(row, 2);
        const std::uint64_t expected = begin + leaves.size();
        if (static_cast<std::uint64_t>(rows.integer(row, 0)) != expected || ids.empty() || hashes.size() != ids.size() * 32) {
            throw error{error_kind::broken_seal, "the leaves from " + std::to_string(expected) + " on are not in order",
                        "`daybook verify` says more"};
        }
        for (const uuid& id : ids) {
            leaf& one = leaves.emplace_back(leaf{id, {}});
            std::ranges::copy(hashes.substr(0, 32), one.hash.bytes.begin());
            hashes.remove_prefix(32);
        }
    }
    leaves.erase(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(first - begin, leaves.size())));
    return leaves;
}

void read_events_of(transaction& engine, const std::vector<leaf>& leaves, const filter& f,
                    const std::function<void(const pq::result& row)>& each)
{
    std::vector<uuid> ids;
    for (const leaf& one : leaves) {
        if (f.id.empty() || std::ranges::any_of(f.id, [&one](const event_id& wanted) { return wanted.value() == one.id; })) {
            ids.push_back(one.id);
        }
    }
    if (ids.empty()) {
        return;
    }
    std::ranges::sort(ids);
    id_range range = range_of(f);
    range.from = std::max(range.from, ids.front());
    range.to = std::min(range.to, successor(ids.back()));
    pq::params values = filter_parameters(engine.organization(), f, range, std::nullopt);
    values.add(ids);
    engine.stream(embedded::sql::sealed_events, values, each);
}

}  // namespace daybook::detail
