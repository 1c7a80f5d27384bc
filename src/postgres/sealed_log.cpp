#include <daybook/sealed_log.hpp>

#include <algorithm>
#include <map>

#include <daybook/error.hpp>
#include <daybook/sealed_event.hpp>

#include "leaf_reader.hpp"
#include "sealed_tree.hpp"
#include "sql/checkpoints_from.hpp"
#include "sql/events_by_ids.hpp"
#include "sql/find_leaf.hpp"
#include "stored_row.hpp"
#include "transaction.hpp"

namespace daybook {

namespace {

constexpr std::string_view see_verify = "`daybook verify` says more";

detail::statement_runner runner(detail::transaction& engine)
{
    return [&engine](const char* sql, const pq::params& values) { return engine.execute(sql, values); };
}

error broken(const std::string& what)
{
    return error{error_kind::broken_seal, what, std::string{see_verify}};
}

signed_checkpoint read(const std::string& note)
{
    try {
        return signed_checkpoint::parse(note);
    } catch (const error& e) {
        throw broken(std::string{"a stored checkpoint cannot be read: "} + e.what());
    }
}

}  // namespace

std::optional<signed_checkpoint> latest_checkpoint(tenant_tx& tx)
{
    const auto note = detail::latest_note(tx.organization(), runner(detail::engine(tx)));
    return note ? std::optional{read(*note)} : std::nullopt;
}

std::vector<signed_checkpoint> list_checkpoints(tenant_tx& tx, std::uint64_t behind, std::size_t limit)
{
    pq::params values;
    values.add(tx.organization().value()).add(static_cast<std::int64_t>(behind)).add(static_cast<std::int64_t>(limit));
    const pq::result rows = detail::engine(tx).execute(embedded::sql::checkpoints_from, values);
    std::vector<signed_checkpoint> all;
    for (int row = 0; row < rows.rows(); ++row) {
        all.push_back(read(rows.text(row, 1)));
    }
    return all;
}

tree_hash stored_root(tenant_tx& tx, std::uint64_t size)
{
    return detail::stored_tree(tx.organization(), size, runner(detail::engine(tx))).root();
}

event_proof prove_event(tenant_tx& tx, const event_id& id)
{
    detail::transaction& engine = detail::engine(tx);
    const std::vector<uuid> ids{id.value()};
    pq::params whose;
    whose.add(tx.organization().value()).add(ids);
    const pq::result rows = engine.execute(embedded::sql::events_by_ids, whose);
    if (rows.rows() == 0) {
        throw error{error_kind::unknown_event, "the organization has no event " + to_string(id)};
    }
    pq::params values;
    values.add(tx.organization().value()).add(id.value());
    const pq::result found = engine.execute(embedded::sql::find_leaf, values);
    std::optional<signed_checkpoint> last = latest_checkpoint(tx);
    if (found.rows() == 0 || !last || static_cast<std::uint64_t>(found.integer(0, 0)) >= last->said.size) {
        throw error{error_kind::not_sealed, "the event " + to_string(id) + " is not sealed yet"};
    }
    event_proof proof{{}, static_cast<std::uint64_t>(found.integer(0, 0)), {}, std::move(*last)};
    append_sealed(proof.sealed, detail::sealed_views(rows, 0));
    try {
        proof.hashes = detail::stored_tree(tx.organization(), proof.checkpoint.said.size, runner(engine)).inclusion(proof.index);
    } catch (const error& e) {
        if (e.kind() == error_kind::invalid_proof) {
            throw broken(e.what());
        }
        throw;
    }
    if (!proves_inclusion(leaf_hash(proof.sealed), proof.index, proof.checkpoint.said.size, proof.hashes, proof.checkpoint.said.root)) {
        throw broken("the event " + to_string(id) + " and the stored tree do not give the root that was signed");
    }
    return proof;
}

sealed_events read_sealed(tenant_tx& tx, std::uint64_t first, std::size_t leaves, const filter& f)
{
    detail::transaction& engine = detail::engine(tx);
    const std::vector<detail::leaf> part = detail::read_leaves(engine, first, std::max<std::size_t>(leaves, 1));
    sealed_events result{{}, first + part.size(), first + part.size()};
    if (part.empty()) {
        const auto last = latest_checkpoint(tx);
        result.size = last ? last->said.size : 0;
        if (first > result.size) {
            throw error{error_kind::invalid_cursor, "the log has " + std::to_string(result.size) + " sealed events, and the cursor stands behind " +
                        std::to_string(first), "it was shortened, or the cursor is of another database: `daybook verify --anchor` tells"};
        }
        return result;
    }
    std::map<uuid, std::uint64_t> index;
    for (std::uint64_t at = first; const detail::leaf& one : part) {
        index.emplace(one.id, at++);
    }
    detail::read_events_of(engine, part, f, [&](const pq::result& row) {
        stored_event event = detail::stored_row(row, 0);
        const std::uint64_t at = index.at(event.id->value());
        result.events.push_back({at, std::move(event)});
    });
    std::ranges::sort(result.events, {}, &sealed_event::index);
    return result;
}

}  // namespace daybook
