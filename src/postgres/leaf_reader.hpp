// The leaves of an organization's tree, part by part, with the rows of their events.

#ifndef DAYBOOK_POSTGRES_LEAF_READER_HPP
#define DAYBOOK_POSTGRES_LEAF_READER_HPP

#include <cstdint>
#include <functional>
#include <vector>

#include <daybook/event_line.hpp>
#include <daybook/filter.hpp>
#include <daybook/merkle.hpp>
#include <daybook/uuid.hpp>

#include "transaction.hpp"

namespace daybook::detail {

struct leaf {
    uuid id;
    tree_hash hash;
};

/// From leaf `first` on, at least one row of them and at most about `most` leaves; empty at the end of the log. Throws error
/// (broken_seal) if leaves are missing.
[[nodiscard]] std::vector<leaf> read_leaves(transaction& engine, std::uint64_t first, std::size_t most);

/// Hands over those events of `leaves` that are in the log and that `f` asks for, in the order of their ids.
void read_events_of(transaction& engine, const std::vector<leaf>& leaves, const filter& f,
                    const std::function<void(const pq::result& row)>& each);

}  // namespace daybook::detail

#endif
