#include "sealed_tree.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "sql/latest_checkpoint.hpp"
#include "sql/leaf_hashes.hpp"
#include "sql/tile_hashes.hpp"

namespace daybook::detail {

std::vector<tree_hash> stored_tile(const org_id& organization, const tile& wanted, const statement_runner& run)
{
    const auto first = static_cast<std::int64_t>(wanted.index * tile_width);
    pq::params values;
    values.add(organization.value()).add(first).add(first + wanted.width);
    const char* statement = embedded::sql::leaf_hashes;
    if (wanted.level > 0) {
        values.add(std::int64_t{wanted.level});
        statement = embedded::sql::tile_hashes;
    }
    const pq::result rows = run(statement, values);
    std::vector<tree_hash> hashes;
    // A row may reach beyond what is wanted, and must begin where the one before ended.
    for (int row = 0; row < rows.rows() && rows.integer(row, 0) == first + std::ssize(hashes); ++row) {
        std::string_view bytes = rows.bytes(row, 1);
        for (; bytes.size() >= 32 && hashes.size() < wanted.width; bytes.remove_prefix(32)) {
            std::ranges::copy(bytes.substr(0, 32), hashes.emplace_back().bytes.begin());
        }
    }
    return hashes;
}

tiled_tree stored_tree(const org_id& organization, std::uint64_t size, statement_runner run)
{
    return {size, [organization, run = std::move(run)](const tile& wanted) { return stored_tile(organization, wanted, run); }};
}

std::optional<std::string> latest_note(const org_id& organization, const statement_runner& run)
{
    pq::params values;
    values.add(organization.value());
    const pq::result rows = run(embedded::sql::latest_checkpoint, values);
    return rows.rows() == 0 ? std::nullopt : std::optional{rows.text(0, 1)};
}

}  // namespace daybook::detail
