// The parts of daybook_bench seal: what feeds the sealer, the sealer at work, and the tree that it leaves.

#ifndef DAYBOOK_BENCH_SEAL_PARTS_HPP
#define DAYBOOK_BENCH_SEAL_PARTS_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <daybook/event.hpp>
#include <daybook/org_id.hpp>
#include <daybook/sealer.hpp>

#include "ratios.hpp"
#include "server.hpp"

namespace daybook::bench {

struct seal_options {
    std::size_t rows = 100'000;         ///< of a sealing pass
    std::size_t rounds = 5;
    std::uint64_t leaves = 10'000'000;  ///< of the tree that proofs are from
    bool durable = false;
};

/// What each part finds: databases with these organizations, and no event.
struct seal_ground {
    server& postgres;
    const std::vector<org_id>& organizations;
    const seal_options& options;
};

/// Each round's value of whatever a part measures; a quotient or not.
using figures = std::vector<ratio>;

[[nodiscard]] figures measure_queue(const seal_ground& ground);     ///< a writer with and without the queue's trigger
[[nodiscard]] figures measure_feeds(const seal_ground& ground);     ///< the queue beside other ways to tell a sealer
[[nodiscard]] figures measure_writers(const seal_ground& ground);   ///< sixteen of them with and without a sealer
[[nodiscard]] figures measure_pass(const seal_ground& ground);      ///< sealing beside reading
[[nodiscard]] figures measure_lag(const seal_ground& ground);       ///< from an event's commit to its checkpoint's
[[nodiscard]] figures measure_proofs(const seal_ground& ground);    ///< out of a large tree
[[nodiscard]] figures measure_storage(const seal_ground& ground);   ///< of the tree, an event

// What they share.

[[nodiscard]] event event_to_seal(std::size_t number);

/// As the application's role, so many events a transaction.
void load(const database_urls& urls, const org_id& organization, std::size_t count, std::size_t batch);

/// With a key of its own, which none of its organizations has seen before.
[[nodiscard]] sealer_options sealing(const database_urls& urls, std::size_t batch = 4096);

/// The whole backlog. Throws std::runtime_error unless it was of `events`.
void seal_exactly(sealer& one, std::uint64_t events);

/// One value, asked by the superuser.
[[nodiscard]] std::string ask(const database_urls& urls, const std::string& sql);
[[nodiscard]] double ask_number(const database_urls& urls, const std::string& sql);

}  // namespace daybook::bench

#endif
