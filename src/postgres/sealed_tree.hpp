// An organization's Merkle tree, as it lies in the database.

#ifndef DAYBOOK_POSTGRES_SEALED_TREE_HPP
#define DAYBOOK_POSTGRES_SEALED_TREE_HPP

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <daybook/checkpoint.hpp>
#include <daybook/org_id.hpp>
#include <daybook/tiles.hpp>

#include "libpq.hpp"

namespace daybook::detail {

/// Runs one statement, in whatever transaction there is.
using statement_runner = std::function<pq::result(const char* sql, const pq::params& values)>;

/// The hashes of one tile, as far as they are there.
[[nodiscard]] std::vector<tree_hash> stored_tile(const org_id& organization, const tile& wanted, const statement_runner& run);

/// The first `size` leaves. Hashes that are not there make error (invalid_proof), when they are needed.
[[nodiscard]] tiled_tree stored_tree(const org_id& organization, std::uint64_t size, statement_runner run);

/// The note of the newest checkpoint, as it is stored; nothing if the log has none.
[[nodiscard]] std::optional<std::string> latest_note(const org_id& organization, const statement_runner& run);

}  // namespace daybook::detail

#endif
