#include "sealed_log.hpp"

#include <algorithm>
#include <set>

#include <pqxx/pqxx>

#include <daybook/merkle.hpp>

namespace daybook::testing {

namespace {

// The line of docs/seal_format.md, for texts without control characters, and json without line breaks.
constexpr const char* leaves_and_events = R"(
with sealable as (
    select a.id, sha256('\x00'::bytea || convert_to(
        '{"format":"daybook-event-1","organization_id":"' || a.organization_id || '","id":"' || a.id || '","recorded_at":"'
        || to_char(a.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'
        || ',"action":' || to_json(a.action) || ',"outcome":' || to_json(a.outcome)
        || ',"actor_type":' || to_json(a.actor_type) || ',"actor_id":' || to_json(a.actor_id)
        || coalesce(',"actor_name":' || to_json(a.actor_name), '') || coalesce(',"on_behalf_of":' || a.on_behalf_of, '')
        || coalesce(',"targets":' || a.targets, '') || coalesce(',"target_type":' || to_json(a.target_type), '')
        || coalesce(',"target_id":' || to_json(a.target_id), '') || coalesce(',"reason":' || to_json(a.reason), '')
        || coalesce(',"changes":' || a.changes, '') || coalesce(',"source_ip":' || to_json(a.source_ip), '')
        || coalesce(',"user_agent":' || to_json(a.user_agent), '') || coalesce(',"request_id":' || to_json(a.request_id), '')
        || coalesce(',"correlation_id":' || to_json(a.correlation_id), '') || coalesce(',"trace_id":' || to_json(a.trace_id), '')
        || coalesce(',"source":' || to_json(a.source), '') || coalesce(',"metadata":' || a.metadata, '')
        || coalesce(',"facets":' || a.facets, '')
        || coalesce(',"shaped_by":' || to_json(a.shaped_by), '') || ',"db_role":' || to_json(a.db_role)
        || ',"schema_version":' || a.schema_version || '}', 'UTF8')) as hash
    from daybook.audit_logs a
    where a.organization_id = $1
)
select l.first, cardinality(l.ids), u.n, u.id::text, encode(substring(l.hashes from (32 * u.n - 31)::int for 32), 'base64'),
       coalesce(encode(s.hash, 'base64'), ''), u.id between l.least_id and l.greatest_id
from daybook.leaves l
cross join lateral unnest(l.ids) with ordinality as u (id, n)
left join sealable s on s.id = u.id
where l.organization_id = $1
order by l.first, u.n)";

constexpr const char* tile_hashes = R"(
select t.level, t.first + n - 1, encode(substring(t.hashes from (32 * n - 31)::int for 32), 'base64')
from daybook.tiles t
cross join lateral generate_series(1, octet_length(t.hashes) / 32) as n
where t.organization_id = $1
order by t.level, t.first, n)";

// All perfect subtrees of a list of leaves, level by level.
class naive_tree {
public:
    explicit naive_tree(std::vector<tree_hash> leaves)
    {
        m_levels.push_back(std::move(leaves));
        while (m_levels.back().size() > 1) {
            std::vector<tree_hash> above;
            for (std::size_t i = 0; i + 1 < m_levels.back().size(); i += 2) {
                above.push_back(node_hash(m_levels.back()[i], m_levels.back()[i + 1]));
            }
            m_levels.push_back(std::move(above));
        }
    }

    [[nodiscard]] tree_hash subtree(std::uint64_t first, unsigned level) const
    {
        return m_levels.at(level).at(first >> level);
    }

    [[nodiscard]] std::size_t complete(unsigned level) const
    {
        return level < m_levels.size() ? m_levels[level].size() : 0;
    }

    // Split at the greatest power of two below the size, as RFC 6962 says it.
    [[nodiscard]] tree_hash root(std::uint64_t first, std::uint64_t size) const
    {
        unsigned level = 0;
        while ((std::uint64_t{2} << level) <= size) {
            ++level;
        }
        const std::uint64_t left = std::uint64_t{1} << level;
        return left == size ? subtree(first, level) : node_hash(subtree(first, level), root(first + left, size - left));
    }

private:
    std::vector<std::vector<tree_hash>> m_levels;
};

tree_hash read_hash(const std::string& base64)
{
    return parse_tree_hash(base64).value();
}

class examination {
public:
    examination(const temporary_database& database, const org_id& organization)
        : m_organization{organization}, m_connection{database.superuser_url()}, m_work{m_connection}
    {
    }

    sealed_log run(const std::vector<trusted_key>& keys)
    {
        const naive_tree tree{leaves()};
        tiles(tree);
        checkpoints(tree, keys);
        return std::move(m_log);
    }

private:
    void complain(const std::string& what)
    {
        if (m_log.complaints.size() < 10) {
            m_log.complaints.push_back(what);
        }
    }

    [[nodiscard]] pqxx::params organization() const { return pqxx::params{to_string(m_organization)}; }

    std::vector<tree_hash> leaves()
    {
        std::vector<tree_hash> hashes;
        std::set<std::string> seen;
        for (const auto& [first, width, place, id, stored, computed, within] :
             m_work.query<std::uint64_t, std::uint64_t, std::uint64_t, std::string, std::string, std::string, bool>(
                 leaves_and_events, organization())) {
            const std::string leaf = "leaf " + std::to_string(first + place - 1) + " ";
            if (first + place - 1 != hashes.size()) {
                complain(leaf + "is not where the one before ended");
            }
            if (place == 1) {
                m_log.rows.push_back({first, width});
                if (first / 256 != (first + width - 1) / 256) {
                    complain(leaf + "begins a row that crosses a tile");
                }
            }
            if (stored != computed) {
                complain(leaf + (computed.empty() ? "is of no event" : "is not the hash of its event"));
            }
            if (!within || !seen.insert(id).second) {
                complain(leaf +
                         (within ? "is of an event that was sealed before" : "is not between the ids of its row"));
            }
            hashes.push_back(read_hash(stored));
            m_log.ids.push_back(id);
        }
        return hashes;
    }

    void tiles(const naive_tree& tree)
    {
        std::vector<std::uint64_t> next(8);
        for (const auto& [level, at, hash] :
             m_work.query<unsigned, std::uint64_t, std::string>(tile_hashes, organization())) {
            if (at != next.at(level)++) {
                complain("tiles of level " + std::to_string(level) + " have a gap");
            } else if (at >= tree.complete(8 * level) ||
                       read_hash(hash) != tree.subtree(at << (8 * level), 8 * level)) {
                complain("hash " + std::to_string(at) + " of level " + std::to_string(level) +
                         " is not that of its subtree");
            }
        }
        for (unsigned level = 1; level < 8; ++level) {
            if (next[level] != tree.complete(8 * level)) {
                complain("level " + std::to_string(level) + " has " + std::to_string(next[level]) + " hashes");
            }
        }
    }

    void checkpoints(const naive_tree& tree, const std::vector<trusted_key>& keys)
    {
        const auto subtree = [&tree](std::uint64_t first, unsigned level) { return tree.subtree(first, level); };
        checkpoint before{.organization = m_organization, .root = {}};
        for (const auto& [size, note] : m_work.query<std::uint64_t, std::string>(
                 "select size, note from daybook.checkpoints where organization_id = $1 order by size",
                 organization())) {
            const std::string which = "the checkpoint of " + std::to_string(size) + " ";
            m_log.checkpoints.push_back(signed_checkpoint::parse(note));
            const checkpoint& said = m_log.checkpoints.back().said;
            if (said.size != size || said.organization != m_organization || said.previous != before.size) {
                complain(which + "says something else");
            }
            if (examine(m_log.checkpoints.back(), keys) != signature_state::good) {
                complain(which + "is not signed by a known key");
            }
            if (size > m_log.ids.size() || said.root != tree.root(0, size)) {
                complain(which + "does not have the root of the rows");
                return;
            }
            if (before.size > 0 && !proves_consistency(before.size, before.root, size, said.root,
                                                       consistency_proof(before.size, size, subtree))) {
                complain(which + "does not continue the one before");
            }
            before = said;
        }
        if (before.size != m_log.ids.size()) {
            complain("leaves reach beyond the last checkpoint");
        }
    }

    org_id m_organization;
    pqxx::connection m_connection;
    pqxx::work m_work;
    sealed_log m_log;
};

}  // namespace

std::string sealed_log::complaint() const
{
    std::string text;
    for (const std::string& one : complaints) {
        text += one + "\n";
    }
    return text;
}

sealed_log read_sealed(const temporary_database& database, const org_id& organization,
                       const std::vector<trusted_key>& keys)
{
    return examination{database, organization}.run(keys);
}

}  // namespace daybook::testing
