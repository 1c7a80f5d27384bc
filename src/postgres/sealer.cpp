#include <daybook/sealer.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <daybook/checkpoint.hpp>
#include <daybook/merkle.hpp>
#include <daybook/sealed_event.hpp>
#include <daybook/tenant_tx.hpp>
#include <daybook/tiles.hpp>

#include "libpq.hpp"
#include "rows_by_id.hpp"
#include "sealed_tree.hpp"
#include "sql/append_checkpoint.hpp"
#include "sql/append_leaves.hpp"
#include "sql/append_tiles.hpp"
#include "sql/events_to_seal.hpp"
#include "sql/examine_sealer.hpp"
#include "sql/latest_checkpoint.hpp"
#include "sql/mark_missed.hpp"
#include "sql/organizations_to_seal.hpp"
#include "sql/record_key.hpp"
#include "sql/seal_backlog.hpp"
#include "sql/seal_coverage.hpp"
#include "sql/sealed_organizations.hpp"
#include "sql/take_from_queue.hpp"
#include "stored_row.hpp"
#include "transaction.hpp"

namespace daybook {

namespace {

constexpr std::int64_t statements_at_once = 4096;
constexpr int most_conflicts = 20;
constexpr std::size_t most_remembered = 10'000;  // logs, at about 1 KiB each

// What was appended last, so that the next time nothing needs to be read.
struct grown_tree {
    std::string note;
    compact_range range;
};

struct uuid_hash {
    std::size_t operator()(const uuid& value) const noexcept
    {
        std::size_t hash = 0;
        for (const std::uint8_t byte : value.bytes) {
            hash = hash * 31 + byte;
        }
        return hash;
    }
};

struct leaf {
    uuid id;
    tree_hash hash;
};

// Hashes of one level that are to be appended.
struct run {
    unsigned level;
    std::uint64_t first;
    std::string hashes{};
    std::vector<uuid> ids{};  // of level 0
};

void add_hash(std::vector<run>& runs, unsigned level, std::uint64_t at, const tree_hash& hash, const uuid* id)
{
    // The last one of this level, unless a tile ends there.
    const auto last = std::ranges::find(runs.rbegin(), runs.rend(), level, &run::level);
    run& into = last == runs.rend() || at % tile_width == 0 ? runs.emplace_back(run{level, at}) : *last;
    into.hashes.append(reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size());
    if (id != nullptr) {
        into.ids.push_back(*id);
    }
}

bool is_conflict(const error& e)
{
    // Another sealer took the same part of the queue, or stood in the way.
    return e.sqlstate() == "22012" || e.sqlstate() == "40P01" || e.sqlstate() == "40001";
}

seal_backlog read_backlog(const detail::statement_runner& run, const std::optional<org_id>& organization)
{
    pq::params values;
    values.add(organization ? std::optional{organization->value()} : std::nullopt, pq::type::uuid);
    const pq::result answer = run(embedded::sql::seal_backlog, values);
    return {static_cast<std::uint64_t>(answer.integer(0, 0)),
            answer.is_null(0, 1) ? std::nullopt : std::optional{answer.time(0, 1)},
            static_cast<std::uint64_t>(answer.integer(0, 2))};
}

// Rolls back unless everything was committed, or the connection is gone.
class open_transaction {
public:
    explicit open_transaction(PGconn* connection) : m_connection{connection} {}
    ~open_transaction()
    {
        if (PQtransactionStatus(m_connection) != PQTRANS_IDLE && PQstatus(m_connection) == CONNECTION_OK) {
            PQclear(PQexec(m_connection, "rollback"));
        }
    }
    open_transaction(const open_transaction&) = delete;
    open_transaction& operator=(const open_transaction&) = delete;

private:
    PGconn* m_connection;
};

}  // namespace

struct sealer::state {
    explicit state(sealer_options given) : options{std::move(given)}
    {
        options.batch = std::max<std::size_t>(options.batch, 1);
        keys = options.trusted;
        keys.push_back({options.key.public_half()});  // without a limit, whatever the list says of it
    }

    PGconn* connected()
    {
        if (connection == nullptr || PQstatus(connection.get()) != CONNECTION_OK) {
            connection.reset();
            grown.clear();
            pq::connection_ptr fresh = pq::connect(options.url);
            const pq::result answer = pq::execute(fresh.get(), embedded::sql::examine_sealer);
            const std::string role = answer.text(0, 0);
            if (answer.boolean(0, 2)) {
                throw error{error_kind::unsafe_role, "the sealer's URL logs in as \"" + role + "\", a superuser or BYPASSRLS role",
                            "use the role daybook_sealer"};
            }
            if (!answer.boolean(0, 3)) {
                throw error{error_kind::schema_missing, "the database has no Daybook schema, or one from before there were seals",
                            "run `daybook migrate up`"};
            }
            if (!answer.boolean(0, 1)) {
                throw error{error_kind::permission_denied, "the role \"" + role + "\" is not the sealer's", "use the role daybook_sealer"};
            }
            connection = std::move(fresh);
        }
        return connection.get();
    }

    [[nodiscard]] detail::statement_runner runner()
    {
        return [this](const char* sql, const pq::params& values) { return pq::execute(connection.get(), sql, values); };
    }

    std::vector<org_id> organizations(const char* statement)
    {
        const pq::result rows = pq::execute(connected(), statement);
        std::vector<org_id> all;
        for (int row = 0; row < rows.rows(); ++row) {
            all.emplace_back(rows.id(row, 0));
        }
        return all;
    }

    // The tree that `note` describes, if tree, note and keys agree, and it stands in the place of its size.
    compact_range examined(const org_id& organization, const std::string& note, std::int64_t size)
    {
        const auto broken = [](const std::string& what) {
            return error{error_kind::broken_seal, what, "nothing is sealed on top of it; `daybook verify` says more"};
        };
        try {
            const signed_checkpoint last = signed_checkpoint::parse(note);
            if (last.said.organization != organization) {
                throw broken("the last checkpoint is of the log of " + to_string(last.said.organization));
            }
            if (static_cast<std::int64_t>(last.said.size) != size) {
                throw broken("the last checkpoint, of " + std::to_string(last.said.size) + " events, stands in the place of one of " +
                             std::to_string(size));
            }
            switch (examine(last, keys)) {
            case signature_state::good: break;
            case signature_state::key_not_valid_then:
            case signature_state::unknown_key:
                throw broken("the last checkpoint, of " + std::to_string(last.said.size) +
                             " events, is signed by a key that the sealer does not know: " + last.note.signatures.front().name);
            case signature_state::bad_signature: throw broken("the signature of the last checkpoint does not hold");
            }
            compact_range range = detail::stored_tree(organization, last.said.size, runner()).edge();
            if (range.root() != last.said.root) {
                throw broken("the stored tree of " + std::to_string(last.said.size) + " events does not have the root that was signed");
            }
            return range;
        } catch (const error& e) {
            if (e.kind() == error_kind::invalid_proof) {
                throw broken(e.what());
            }
            throw;
        }
    }

    const grown_tree& tree_of(const org_id& organization, const std::optional<std::string>& note, std::int64_t size)
    {
        const auto known = grown.find(organization.value());
        if (known != grown.end() && note && known->second.note == *note) {
            return known->second;
        }
        grown_tree fresh;
        if (note) {
            fresh = {*note, examined(organization, *note, size)};
        }
        if (grown.size() >= most_remembered) {
            grown.clear();
        }
        return grown[organization.value()] = std::move(fresh);
    }

    // One transaction. Returns whether more may be waiting; `note` is the checkpoint that it builds upon.
    bool seal_some(const org_id& organization, seal_pass& pass, std::optional<std::string>& note)
    {
        PGconn* const native = connected();
        const open_transaction guard{native};
        std::vector<uuid> statements;
        std::vector<uuid> ids;
        timestamp oldest = timestamp::max();
        std::int64_t size = 0;
        {
            pq::pipeline line{native};
            line.send("begin isolation level read committed read write");
            // Whatever was set for the role or the database.
            line.send("set local search_path = pg_catalog, pg_temp");
            line.send("set local statement_timeout = 0");
            pq::params values;
            values.add(organization.value()).add(statements_at_once).add(static_cast<std::int64_t>(options.batch));
            line.send(embedded::sql::events_to_seal, values);
            pq::params whose;
            whose.add(organization.value());
            line.send(embedded::sql::latest_checkpoint, whose);
            const std::vector<pq::result> answers = finished(line, 5);
            for (int row = 0; row < answers[3].rows(); ++row) {
                statements.push_back(answers[3].id(row, 0));
                std::ranges::copy(answers[3].ids(row, 1), std::back_inserter(ids));
                oldest = std::min(oldest, answers[3].time(row, 2));
            }
            if (answers[4].rows() > 0) {
                size = answers[4].integer(0, 0);
                note = answers[4].text(0, 1);
            }
        }
        if (ids.empty()) {
            return false;
        }
        const bool more = ids.size() >= options.batch || std::ssize(statements) == statements_at_once;
        const grown_tree& before = tree_of(organization, note, size);
        std::ranges::sort(ids);
        const std::vector<leaf> leaves = leaves_of(organization, ids);

        compact_range range = before.range;
        std::vector<run> runs;
        const auto completed = [&runs](std::uint64_t first, unsigned level, const tree_hash& root) {
            if (level % tile_height == 0) {
                add_hash(runs, level / tile_height, first >> level, root, nullptr);
            }
        };
        for (const leaf& one : leaves) {
            add_hash(runs, 0, range.size(), one.hash, &one.id);
            range.append(one.hash, completed);
        }
        std::string fresh_note = before.note;
        if (!leaves.empty()) {
            const timestamp now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
            fresh_note = to_string(
                sign_checkpoint({organization, range.size(), range.root(), before.range.size(), now}, options.key).note);
        }
        const std::vector<uuid> missed = without(ids, leaves);
        commit(organization, runs, leaves.empty() ? std::nullopt : std::optional{std::pair{range.size(), fresh_note}}, statements,
               missed, oldest);

        grown[organization.value()] = {std::move(fresh_note), std::move(range)};
        pass.events += leaves.size();
        pass.checkpoints += leaves.empty() ? 0 : 1;
        pass.missed += missed.size();
        return more;
    }

    // One at a time, since a single event may have hundreds of kilobytes.
    std::vector<leaf> leaves_of(const org_id& organization, const std::vector<uuid>& ids)
    {
        std::vector<leaf> leaves;
        leaves.reserve(ids.size());
        std::string line;
        const auto stream = [this](const char* sql, const pq::params& values, const std::function<void(const pq::result&)>& each) {
            pq::pipeline rows{connection.get()};
            rows.send(sql, values);
            rows.finish_rows(each);
        };
        detail::read_rows_by_id(stream, organization, ids, [&](const pq::result& row) {
            const event_row one = detail::sealed_views(row, 0);
            line.clear();
            append_sealed(line, one);
            leaves.push_back({one.id, leaf_hash(line)});
        });
        return leaves;
    }

    static std::vector<uuid> without(const std::vector<uuid>& ids, const std::vector<leaf>& found)
    {
        std::vector<uuid> rest;
        auto next = found.begin();
        for (const uuid& id : ids) {
            if (next != found.end() && next->id == id) {
                ++next;
            } else {
                rest.push_back(id);
            }
        }
        return rest;
    }

    void commit(const org_id& organization, const std::vector<run>& runs,
                const std::optional<std::pair<std::uint64_t, std::string>>& signed_note, const std::vector<uuid>& statements,
                const std::vector<uuid>& missed, timestamp oldest)
    {
        pq::pipeline line{connection.get()};
        std::size_t sent = 0;
        const auto send = [&](const char* sql, const pq::params& values) {
            line.send(sql, values);
            ++sent;
        };
        for (const run& one : runs) {
            pq::params values;
            values.add(organization.value());
            if (one.level == 0) {
                const auto [least, greatest] = std::ranges::minmax(one.ids);
                values.add(static_cast<std::int64_t>(one.first)).add(one.ids).add_bytes(pq::type::bytea, one.hashes);
                values.add(least).add(greatest);
                send(embedded::sql::append_leaves, values);
            } else {
                values.add(std::int64_t{one.level}).add(static_cast<std::int64_t>(one.first));
                values.add_bytes(pq::type::bytea, one.hashes);
                send(embedded::sql::append_tiles, values);
            }
        }
        if (signed_note) {
            pq::params values;
            values.add(organization.value()).add(static_cast<std::int64_t>(signed_note->first)).add(signed_note->second);
            send(embedded::sql::append_checkpoint, values);
        }
        pq::params taken;
        taken.add(organization.value()).add(statements);
        send(embedded::sql::take_from_queue, taken);
        if (!missed.empty()) {
            pq::params values;
            values.add(organization.value()).add(missed).add(oldest.time_since_epoch().count());
            send(embedded::sql::mark_missed, values);
        }
        send("commit", {});
        const std::vector<pq::result> answers = finished(line, sent);
        if (std::string_view{PQcmdStatus(answers.back().get())} != "COMMIT") {
            throw error{error_kind::not_committed, "the server rolled a seal back"};
        }
    }

    // All answers, the first error thrown.
    std::vector<pq::result> finished(pq::pipeline& line, std::size_t expected)
    {
        std::vector<pq::result> answers = line.finish();
        std::ranges::for_each(answers, [](const pq::result& answer) { answer.check(); });
        if (answers.size() < expected) {
            throw pq::error_of(connection.get());
        }
        return answers;
    }

    // One turn of an organization. Returns whether it needs another one.
    bool seal_turn(const org_id& organization, seal_pass& pass, const std::stop_token& stop)
    {
        int lost = 0;  // in a row, without another sealer's having appended
        while (!stop.stop_requested()) {
            std::optional<std::string> seen;
            try {
                return seal_some(organization, pass, seen);
            } catch (const error& e) {
                grown.erase(organization.value());
                if (connection == nullptr || e.kind() == error_kind::connection_lost) {
                    throw;
                }
                if (PQstatus(connection.get()) != CONNECTION_OK) {
                    throw pq::error_of(connection.get());  // what was refused before that is no news
                }
                if (e.sqlstate() == "23505") {
                    // Who appends first leaves a checkpoint, and may do so any number of times: the log grows all the same.
                    if (detail::latest_note(organization, runner()) != seen) {
                        lost = 0;
                        continue;
                    }
                    pass.problems.push_back({organization, error{error_kind::broken_seal,
                                                                 "the stored tree reaches beyond its last checkpoint",
                                                                 "nothing is sealed on top of it; `daybook verify` says more"}});
                    return false;
                }
                if (!is_conflict(e) || ++lost == most_conflicts) {
                    pass.problems.push_back({organization, e});
                    return false;
                }
            }
        }
        return false;
    }

    sealer_options options;
    std::vector<trusted_key> keys;
    pq::connection_ptr connection;
    std::unordered_map<uuid, grown_tree, uuid_hash> grown;
};

sealer::sealer(sealer_options options) : m_state{std::make_unique<state>(std::move(options))}
{
    m_state->connected();
}

sealer::~sealer() = default;

seal_pass sealer::seal(std::stop_token stop)
{
    seal_pass pass;
    // In turns: one log that is written faster than it is sealed does not keep the others waiting.
    std::vector<org_id> waiting = m_state->organizations(embedded::sql::organizations_to_seal);
    while (!waiting.empty() && !stop.stop_requested()) {
        std::erase_if(waiting, [&](const org_id& organization) { return !m_state->seal_turn(organization, pass, stop); });
    }
    return pass;
}

void sealer::follow(std::stop_token stop, std::chrono::milliseconds interval,
                    const std::function<void(const seal_pass&, const std::optional<error>&)>& after)
{
    std::mutex mutex;
    std::condition_variable_any changed;
    while (!stop.stop_requested()) {
        seal_pass pass;
        std::optional<error> failed;
        try {
            pass = seal(stop);
        } catch (const error& e) {
            failed = e;
        }
        after(pass, failed);
        std::unique_lock lock{mutex};
        changed.wait_for(lock, stop, interval, [] { return false; });
    }
}

seal_backlog sealer::backlog()
{
    m_state->connected();
    return read_backlog(m_state->runner(), std::nullopt);
}

std::uint64_t sealer::announce(const verifying_key& next, const std::string& reason)
{
    std::uint64_t logs = 0;
    for (const org_id& organization : m_state->organizations(embedded::sql::sealed_organizations)) {
        pq::params values;
        values.add(organization.value());
        values.add(to_string(m_state->options.key.public_half())).add(to_string(next)).add(reason);
        pq::execute(m_state->connected(), embedded::sql::record_key, values);
        ++logs;
    }
    const seal_pass pass = seal();
    if (!pass.problems.empty()) {
        throw pass.problems.front().why;
    }
    return logs;
}

seal_backlog read_backlog(const std::string& url)
{
    const pq::connection_ptr connection = pq::connect(url);
    return read_backlog([&connection](const char* sql, const pq::params& values) { return pq::execute(connection.get(), sql, values); },
                        std::nullopt);
}

namespace {

signed_checkpoint stored_checkpoint(std::string_view note)
{
    try {
        return signed_checkpoint::parse(note);
    } catch (const error& e) {
        throw error{error_kind::broken_seal, std::string{"a stored checkpoint cannot be read: "} + e.what(), "see `daybook verify`"};
    }
}

}  // namespace

seal_coverage read_coverage(const std::string& url)
{
    const pq::connection_ptr connection = pq::connect(url);
    seal_coverage found;
    const pq::result rows = pq::execute(connection.get(), embedded::sql::seal_coverage);
    for (int row = 0; row < rows.rows(); ++row) {
        ++found.organizations;
        if (rows.is_null(row, 1)) {
            continue;
        }
        ++found.sealed;
        found.events += static_cast<std::uint64_t>(rows.integer(row, 1));
        const timestamp at = stored_checkpoint(rows.bytes(row, 2)).said.time;
        found.first = std::min(found.first.value_or(at), at);
        found.last = std::max(found.last.value_or(at), at);
    }
    found.waiting = read_backlog([&connection](const char* sql, const pq::params& values) { return pq::execute(connection.get(), sql, values); },
                                 std::nullopt);
    return found;
}

seal_backlog read_backlog(tenant_tx& tx)
{
    detail::transaction& engine = detail::engine(tx);
    return read_backlog([&engine](const char* sql, const pq::params& values) { return engine.execute(sql, values); },
                        tx.organization());
}

}  // namespace daybook
