// What the sealer leaves behind: proofs out of a large tree, and the space that it takes.

#include "seal_parts.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include <daybook/daybook.hpp>
#include <daybook/merkle.hpp>
#include <daybook/tiles.hpp>

#include "by_hand.hpp"
#include "cpu_time.hpp"
#include "latency.hpp"

namespace daybook::bench {

namespace {

constexpr Oid bytea_type = 17;
constexpr Oid int8_type = 20;
constexpr Oid uuid_type = 2950;
constexpr Oid uuid_array_type = 2951;

// ---------------------------------------------------------------- a tree that nobody sealed

// splitmix64, https://prng.di.unimi.it/splitmix64.c: numbers that look random, the same for the same `number`.
std::uint64_t scattered(std::uint64_t number)
{
    number += 0x9e3779b97f4a7c15;
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
    number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
    return number ^ (number >> 31);
}

template <typename Bytes>
void put(Bytes& into, std::size_t at, std::uint64_t value, std::size_t width)
{
    for (std::size_t i = 0; i < width; ++i) {
        into[at + i] = static_cast<typename Bytes::value_type>(value >> (8 * (width - 1 - i)));
    }
}

tree_hash hash_of(std::uint64_t leaf)
{
    tree_hash hash;
    for (std::size_t i = 0; i < 4; ++i) {
        put(hash.bytes, 8 * i, scattered(4 * leaf + i), 8);
    }
    return hash;
}

// An event each two milliseconds, sealed in the order of time. In between there was none.
std::string id_at(std::uint64_t milliseconds, std::uint64_t random)
{
    std::string id(16, '\0');
    put(id, 0, 1'700'000'000'000 + milliseconds, 6);
    put(id, 6, 0x7000 | (random & 0xfff), 2);
    put(id, 8, (random >> 2) | (std::uint64_t{1} << 63), 8);
    return id;
}
std::string id_of(std::uint64_t leaf)
{
    return id_at(2 * leaf, scattered(leaf));
}

std::string number_of(std::uint64_t value, std::size_t width = 8)
{
    std::string bytes(width, '\0');
    put(bytes, 0, value, width);
    return bytes;
}

std::string array_of(const std::vector<std::string>& ids)
{
    // One dimension, no nulls, the type, so many, from 1.
    std::string bytes = number_of(1, 4) + number_of(0, 4) + number_of(uuid_type, 4) + number_of(ids.size(), 4) + number_of(1, 4);
    for (const std::string& id : ids) {
        bytes += number_of(16, 4) + id;
    }
    return bytes;
}

void add(std::string& bytes, const tree_hash& hash)
{
    bytes.append(reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size());
}

statement binary(statement s, std::vector<std::optional<std::string>> values)
{
    s.formats.assign(values.size(), 1);
    s.values = std::move(values);
    s.answer = 1;
    return s;
}

std::string bytes_of(const org_id& organization)
{
    const auto& bytes = organization.value().bytes;
    return {bytes.begin(), bytes.end()};
}

// Full rows, as a sealer leaves them that had enough to do. Returns the root.
tree_hash make_tree(const database_urls& urls, const org_id& organization, std::uint64_t leaves)
{
    hand connection{urls.superuser};
    const statement insert_leaves{.name = "leaves",
                                  .sql = "insert into daybook.leaves (organization_id, first, ids, hashes, least_id, greatest_id) "
                                         "values ($1, $2, $3, $4, $5, $6)",
                                  .types = {uuid_type, int8_type, uuid_array_type, bytea_type, uuid_type, uuid_type}};
    const statement insert_tiles{.name = "tiles",
                                 .sql = "insert into daybook.tiles (organization_id, level, first, hashes) values ($1, $2, $3, $4)",
                                 .types = {uuid_type, int8_type, int8_type, bytea_type}};
    connection.prepare(insert_leaves);
    connection.prepare(insert_tiles);
    const std::string whose = bytes_of(organization);
    std::vector<std::vector<tree_hash>> upper(8);
    compact_range tree;
    std::vector<statement> rows;
    const auto send = [&](std::size_t at_least) {
        if (rows.size() >= at_least) {
            connection.flush(rows);
            rows.clear();
        }
    };
    connection.run("begin");
    while (tree.size() < leaves) {
        const std::uint64_t first = tree.size();
        std::vector<std::string> ids;
        std::string hashes;
        while (tree.size() < leaves && ids.size() < tile_width) {
            ids.push_back(id_of(tree.size()));
            const tree_hash hash = hash_of(tree.size());
            add(hashes, hash);
            tree.append(hash, [&upper](std::uint64_t, unsigned level, const tree_hash& root) {
                if (level % tile_height == 0) {
                    upper[level / tile_height].push_back(root);
                }
            });
        }
        rows.push_back(binary(insert_leaves, {whose, number_of(first), array_of(ids), hashes, ids.front(), ids.back()}));
        send(64);
    }
    for (std::size_t level = 1; level < upper.size(); ++level) {
        for (std::size_t first = 0; first < upper[level].size(); first += tile_width) {
            std::string hashes;
            for (std::size_t i = first; i < std::min(first + tile_width, upper[level].size()); ++i) {
                add(hashes, upper[level][i]);
            }
            rows.push_back(binary(insert_tiles, {whose, number_of(level), number_of(first), hashes}));
            send(64);
        }
    }
    send(1);
    connection.run("commit");
    connection.run("vacuum daybook.leaves");
    connection.run("vacuum daybook.tiles");
    return tree.root();
}

// ---------------------------------------------------------------- proofs

// The same statements as the library's, as the application's role in its scope.
class tree_reader {
public:
    tree_reader(const std::string& url, const org_id& organization) : m_connection{url}, m_whose{bytes_of(organization)}
    {
        m_scope = {{.sql = "begin read only"},
                   statement{.sql = "select set_config('app.org_id', $1, true)"}.with({to_string(organization)})};
    }

    [[nodiscard]] int backend() const { return m_connection.backend(); }

    void begin() { m_connection.flush(m_scope); }
    void end() { m_connection.run("rollback"); }

    std::vector<tree_hash> load(const tile& wanted)
    {
        ++m_loaded;
        const std::uint64_t first = wanted.index * tile_width;
        std::vector<std::optional<std::string>> values{m_whose, number_of(first), number_of(first + wanted.width)};
        if (wanted.level > 0) {
            values.emplace_back(number_of(wanted.level));
        }
        std::vector<tree_hash> hashes;
        m_connection.stream(binary(wanted.level == 0 ? m_leaves : m_tiles, std::move(values)), [&](const PGresult* row) {
            std::string_view bytes{PQgetvalue(row, 0, 0), static_cast<std::size_t>(PQgetlength(row, 0, 0))};
            for (; bytes.size() >= 32 && hashes.size() < wanted.width; bytes.remove_prefix(32)) {
                std::ranges::copy(bytes.substr(0, 32), hashes.emplace_back().bytes.begin());
            }
        });
        return hashes;
    }

    /// Where the leaf of an event is; nothing if there is none. Few rows lie before the right one, unless the event was sealed late.
    std::optional<std::uint64_t> find(const std::string& id)
    {
        const auto near = find(m_near, id);
        return near ? near : find(m_anywhere, id);
    }

    std::optional<std::uint64_t> find_anywhere(const std::string& id) { return find(m_anywhere, id); }

    [[nodiscard]] std::uint64_t loaded() const { return m_loaded; }

private:
    std::optional<std::uint64_t> find(const statement& how, const std::string& id)
    {
        std::optional<std::uint64_t> found;
        m_connection.stream(binary(how, {m_whose, id}), [&](const PGresult* row) {
            found = 0;
            for (std::size_t i = 0; i < 8; ++i) {
                found = (*found << 8) | static_cast<unsigned char>(PQgetvalue(row, 0, 0)[i]);
            }
        });
        return found;
    }

    hand m_connection;
    std::string m_whose;
    std::vector<statement> m_scope;
    statement m_leaves{.sql = "select l.hashes from daybook.leaves l "
                              "where l.organization_id = $1 and l.first >= $2 and l.first < $3 order by l.first",
                       .types = {uuid_type, int8_type, int8_type}};
    statement m_tiles{.sql = "select t.hashes from daybook.tiles t "
                             "where t.organization_id = $1 and t.level = $4 and t.first >= $2 and t.first < $3 order by t.first",
                      .types = {uuid_type, int8_type, int8_type, int8_type}};
    statement m_near{.sql = "select l.first + array_position(l.ids, $2) - 1 from (select * from daybook.leaves "
                            "where organization_id = $1 and greatest_id >= $2 order by greatest_id limit 4) l "
                            "where $2 = any (l.ids)",
                     .types = {uuid_type, uuid_type}};
    // PostgreSQL reads the index from the id to its end, whatever the limit.
    statement m_anywhere{.sql = "select l.first + array_position(l.ids, $2) - 1 from daybook.leaves l "
                                "where l.organization_id = $1 and l.greatest_id >= $2 and l.least_id <= $2 and $2 = any (l.ids) "
                                "order by l.greatest_id limit 1",
                         .types = {uuid_type, uuid_type}};
    std::uint64_t m_loaded = 0;
};

std::vector<tree_hash> proof_of(tree_reader& reader, std::uint64_t leaf, std::uint64_t size)
{
    reader.begin();
    tiled_tree tree{size, [&](const tile& wanted) { return reader.load(wanted); }};
    std::vector<tree_hash> proof = tree.inclusion(leaf);
    reader.end();
    return proof;
}

}  // namespace

figures measure_proofs(const seal_ground& ground)
{
    const org_id& organization = ground.organizations.front();
    const std::uint64_t size = ground.options.leaves;
    figures all;
    ground.postgres.with_database([&](const database_urls& urls) {
        const tree_hash root = make_tree(urls, organization, size);
        tree_reader reader{urls.app, organization};
        std::uint64_t number = 0;
        const auto any = [&] { return scattered(++number) % size; };

        constexpr int checked = 100;
        for (int i = 0; i < checked; ++i) {
            const std::uint64_t leaf = any();
            if (!proves_inclusion(hash_of(leaf), leaf, size, proof_of(reader, leaf, size), root)) {
                throw std::runtime_error{"a proof out of the tree does not hold"};
            }
        }
        const double tiles = static_cast<double>(reader.loaded()) / checked;

        const auto expect = [](bool as_it_is) {
            if (!as_it_is) {
                throw std::runtime_error{"an event was not found where it is, or where it is not"};
            }
        };
        const auto found = [&](std::uint64_t leaf) { expect(reader.find(id_of(leaf)) == leaf); };
        const auto missing = [&](std::uint64_t leaf) { expect(!reader.find(id_at(2 * leaf + 1, 0))); };
        const auto in_scope = [&](const char* name, const std::function<void()>& once) {
            return variant{name, [&reader, once] {
                               reader.begin();
                               once();
                               reader.end();
                           },
                           reader.backend()};
        };
        const one_processor shared;
        shared.add(reader.backend());
        const latencies times{{{"proof", [&] { proof_of(reader, any(), size); }, reader.backend()},
                               in_scope("nothing", [] {}),
                               in_scope("find", [&] { found(any()); }),
                               in_scope("anywhere", [&] {
                                   const std::uint64_t leaf = any();
                                   expect(reader.find_anywhere(id_of(leaf)) == leaf);
                               }),
                               in_scope("missing", [&] { missing(any()); }),
                               in_scope("missing first", [&] { missing(1); })},
                              4 * ground.options.rounds, 50};
        const auto milliseconds = [&](const char* name) {
            std::vector<double> values = times.of(name).microseconds;
            for (double& value : values) {
                value /= 1000;
            }
            return values;
        };
        all = {
            {"proof_ms", "an inclusion proof, ms", milliseconds("proof"), at_most(2)},
            {"tiles", "tiles read for it", {tiles}},
            {"scope_ms", "of which BEGIN, the organization and ROLLBACK, ms", milliseconds("nothing")},
            {"find_ms", "finding an event's leaf, in such a transaction, ms", milliseconds("find")},
            {"anywhere_ms", "the same, if it may have been sealed at any time after it happened, ms", milliseconds("anywhere")},
            {"missing_ms", "finding that an event of any time is not there, ms", milliseconds("missing")},
            {"missing_first_ms", "finding that one of the first time is not there, ms", milliseconds("missing first")},
        };
    });
    return all;
}

// ---------------------------------------------------------------- storage

figures measure_storage(const seal_ground& ground)
{
    struct at_batch {
        std::size_t batch;
        std::size_t events;
    };
    figures all;
    for (const auto& [batch, events] : {at_batch{1, 4000}, at_batch{100, 40'000}, at_batch{4096, 4096 * 25}}) {
        ground.postgres.with_database([&, batch = batch, events = events](const database_urls& urls) {
            load(urls, ground.organizations.front(), events, batch);
            sealer one{sealing(urls, batch)};
            seal_exactly(one, events);
            if (ask_number(urls, "select count(*) from daybook.checkpoints") != static_cast<double>(events / batch)) {
                throw std::runtime_error{"a pass did not seal as many events as it was to"};
            }
            const auto each = [&](const std::string& sql) {
                return std::vector{ask_number(urls, "select " + sql) / static_cast<double>(events)};
            };
            const std::string name = std::to_string(batch);
            const std::string about = name + (batch == 1 ? " event" : " events") + " a checkpoint, bytes an event: ";
            all.push_back({"all_" + name, about + "all",
                           each("sum(pg_total_relation_size(t)) "
                                "from unnest('{daybook.leaves,daybook.tiles,daybook.checkpoints}'::regclass[]) t"),
                           at_most(80)});
            all.push_back({"leaves_" + name, about + "leaves", each("pg_table_size('daybook.leaves')")});
            all.push_back({"leaves_key_" + name, about + "the leaves' primary key",
                           each("pg_relation_size('daybook.leaves_pkey')")});
            all.push_back({"leaves_id_" + name, about + "the leaves' index of ids",
                           each("pg_relation_size('daybook.leaves_id')")});
            all.push_back({"tiles_" + name, about + "tiles", each("pg_total_relation_size('daybook.tiles')")});
            all.push_back({"checkpoints_" + name, about + "checkpoints",
                           each("pg_total_relation_size('daybook.checkpoints')")});
        });
    }
    return all;
}

}  // namespace daybook::bench
