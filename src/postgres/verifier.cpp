#include <daybook/verifier.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include <daybook/error.hpp>
#include <daybook/merkle.hpp>
#include <daybook/sealed_event.hpp>
#include <daybook/tenant_tx.hpp>
#include <daybook/tiles.hpp>

#include "libpq.hpp"
#include "rows_by_id.hpp"
#include "sealed_tree.hpp"
#include "sql/added_events.hpp"
#include "sql/checkpoints_from.hpp"
#include "sql/count_rows.hpp"
#include "sql/facet_differences.hpp"
#include "sql/find_leaf.hpp"
#include "sql/leaves_from.hpp"
#include "sql/lost_events.hpp"
#include "sql/queued_again.hpp"
#include "sql/retention_records.hpp"
#include "sql/tile_ends.hpp"
#include "sql/twice_sealed.hpp"
#include "stored_row.hpp"
#include "transaction.hpp"

namespace daybook {

namespace {

constexpr std::int64_t leaves_at_once = 4096;
constexpr std::int64_t checkpoints_at_once = 1000;
constexpr std::int64_t most_listed = 1000;  // of a kind that a query finds

struct sealed_leaf {
    uuid id;
    tree_hash hash;
};

struct read_event {
    uuid id;
    tree_hash hash;  // of the row as it is now
};

// What left the log, as a sealed record says: so many events with ids from `lower` up to `upper`.
struct retired {
    uuid record;
    std::uint64_t left;
    uuid lower;
    uuid upper;
    std::optional<std::uint64_t> index;  // of its leaf, as the database says
    bool proved = false;                 // the leaf was looked at, and the record is what was sealed
    std::uint64_t covered = 0;
    std::uint64_t first_covered = 0;
};

// What retention writes into its records; nothing for any other text.
std::optional<std::uint64_t> count_in(std::string_view text)
{
    std::uint64_t count = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size() ? std::optional{count} : std::nullopt;
}

std::optional<uuid> bound_in(std::string_view text)
{
    try {
        return event_id::floor(parse_time(text));
    } catch (const error&) {
        return std::nullopt;
    }
}

// A leaf and its row that do not agree, until a checkpoint shows which of them was sealed.
struct difference {
    std::uint64_t index;
    uuid id;
    tree_hash stored;
    tree_hash recomputed;
    std::optional<std::uint64_t> belongs_to;
};

class walk {
public:
    walk(detail::transaction& engine, const verify_options& options, const finding_sink& found)
        : m_engine{engine}, m_options{options}, m_sink{found}, m_organization{engine.organization()},
          m_run{[&engine](const char* sql, const pq::params& values) { return engine.execute(sql, values); }},
          m_result{.organization = m_organization}
    {
    }

    verification run()
    {
        sort_anchors();
        if (m_options.after) {
            go_on_behind(*m_options.after);
        }
        read_retired();
        read_checkpoints();
        while (check_leaves()) {
        }
        finish_tree();
        finish_anchors();
        finish_retired();
        check_rows();
        return std::move(m_result);
    }

private:
    // ------------------------------------------------------------ findings

    void tell(finding one)
    {
        one.organization = m_organization;
        ++m_result.findings;
        m_sink(one);
    }

    [[nodiscard]] pq::params whose() const
    {
        pq::params values;
        values.add(m_organization.value());
        return values;
    }

    // ------------------------------------------------------------ checkpoints

    bool is_believed(const signed_checkpoint& one, const std::string& which)
    {
        return daybook::is_believed(one, m_organization, m_options.keys, which, m_result, [this](const finding& f) { tell(f); });
    }

    void sort_anchors()
    {
        for (const signed_checkpoint& one : m_options.anchors) {
            if (is_believed(one, "a checkpoint that was kept elsewhere")) {
                m_anchors.push_back(&one);
            }
        }
        std::ranges::sort(m_anchors, {}, [](const signed_checkpoint* one) { return one->said.size; });
    }

    void go_on_behind(const signed_checkpoint& trusted)
    {
        if (!is_believed(trusted, "the checkpoint to go on from")) {
            return;
        }
        tiled_tree tree = detail::stored_tree(m_organization, trusted.said.size, m_run);
        try {
            m_tree = tree.edge();
        } catch (const error& e) {
            if (e.kind() != error_kind::invalid_proof) {
                throw;
            }
        }
        if (m_tree.root() != trusted.said.root && !go_on_behind_leaves(trusted)) {
            m_tree = {};
            return;
        }
        m_result.first = trusted.said.size;
        m_position = trusted.said.size;
        m_agreed = trusted.said.size;
        m_next_row = trusted.said.size;
        m_read_checkpoint = trusted.said.size;
        m_last_checkpoint = trusted.said.size;
        for (auto anchor = m_anchors.begin(); anchor != m_anchors.end() && (*anchor)->said.size <= m_position; ++anchor) {
            compare_earlier(**anchor, tree);
        }
        std::erase_if(m_anchors, [this](const signed_checkpoint* one) { return one->said.size <= m_position; });
        for (auto& upper : m_upper) {
            upper.begun = false;
        }
    }

    // The upper levels do not give the root: do the leaves? False if they are not there.
    bool go_on_behind_leaves(const signed_checkpoint& trusted)
    {
        const std::uint64_t size = trusted.said.size;
        m_tree = {};
        for (bool more = true; more && m_tree.size() < size;) {
            const auto width = static_cast<unsigned>(std::min<std::uint64_t>(tile_width, size - m_tree.size()));
            const std::vector<tree_hash> hashes =
                detail::stored_tile(m_organization, {0, m_tree.size() / tile_width, width}, m_run);
            std::ranges::for_each(hashes, [this](const tree_hash& one) { m_tree.append(one); });
            more = hashes.size() == width;
        }
        if (m_tree.size() < size) {
            tell({.what = verdict::log_shorter, .organization = m_organization, .index = size,
                  .expected = to_string(trusted.note), .found = std::to_string(m_tree.size()),
                  .detail = "of the leaves before the checkpoint to go on from, only the first " +
                            std::to_string(m_tree.size()) + " are there"});
            return false;
        }
        if (m_tree.root() == trusted.said.root) {
            tell({.what = verdict::tiles_changed, .organization = m_organization, .index = 0,
                  .detail = "the upper levels are not what the leaves give that lie before the checkpoint to go on from"});
        } else {
            tell({.what = verdict::split_view, .organization = m_organization, .index = size,
                  .expected = to_string(trusted.note), .found = to_string(m_tree.root()),
                  .detail = "the log has another beginning than the checkpoint to go on from"});
        }
        return true;
    }

    // The next ones, a thousand at a time.
    void read_checkpoints()
    {
        pq::params values = whose();
        values.add(static_cast<std::int64_t>(m_read_checkpoint)).add(checkpoints_at_once);
        const pq::result rows = m_run(embedded::sql::checkpoints_from, values);
        m_checkpoints.clear();
        m_next_checkpoint = 0;
        for (int row = 0; row < rows.rows(); ++row) {
            m_read_checkpoint = static_cast<std::uint64_t>(rows.integer(row, 0));
            m_checkpoints.emplace_back(m_read_checkpoint, rows.text(row, 1));
        }
        m_all_checkpoints_read = rows.rows() < checkpoints_at_once;
    }

    [[nodiscard]] const std::pair<std::uint64_t, std::string>* next_checkpoint()
    {
        while (m_next_checkpoint == m_checkpoints.size() && !m_all_checkpoints_read) {
            read_checkpoints();
        }
        return m_next_checkpoint == m_checkpoints.size() ? nullptr : &m_checkpoints[m_next_checkpoint];
    }

    // Of a stored checkpoint, all but its root.
    std::optional<signed_checkpoint> examined(std::uint64_t size, const std::string& note)
    {
        std::optional<signed_checkpoint> one;
        const auto damaged = [&](const std::string& why) {
            tell({.what = verdict::checkpoint_damaged, .organization = m_organization, .index = size, .found = note, .detail = why});
        };
        try {
            one = signed_checkpoint::parse(note);
        } catch (const error& e) {
            damaged(e.what());
            return std::nullopt;
        }
        if (!is_believed(*one, "the checkpoint of " + std::to_string(size) + " events")) {
            return std::nullopt;
        }
        if (one->said.size != size) {
            damaged("it is kept as that of " + std::to_string(size) + " events, and says " + std::to_string(one->said.size));
            return std::nullopt;
        }
        if (one->said.previous != m_last_checkpoint) {
            tell({.what = verdict::checkpoint_missing, .organization = m_organization, .index = one->said.previous,
                  .expected = std::to_string(one->said.previous), .found = std::to_string(m_last_checkpoint),
                  .detail = "the checkpoint of " + std::to_string(size) + " events names one of " +
                            std::to_string(one->said.previous) + " before it; there is " +
                            (m_last_checkpoint == 0 ? "none" : "one of " + std::to_string(m_last_checkpoint))});
        }
        return one;
    }

    void compare_anchor(const signed_checkpoint& anchor, const tree_hash& root)
    {
        if (anchor.said.root == root) {
            ++m_result.anchors;
            return;
        }
        tell(split_view(anchor, m_note && m_note->first == anchor.said.size ? m_note->second : to_string(root)));
    }

    // One of before the checkpoint to go on from.
    void compare_earlier(const signed_checkpoint& anchor, tiled_tree& tree)
    {
        tree_hash root;
        try {
            root = tree.root(anchor.said.size);
        } catch (const error& e) {
            if (e.kind() != error_kind::invalid_proof) {
                throw;
            }
            tell({.what = verdict::leaves_missing, .organization = m_organization, .index = anchor.said.size,
                  .expected = to_string(anchor.note),
                  .detail = std::string{"the tree of a checkpoint that was kept elsewhere is not there: "} + e.what()});
            return;
        }
        compare_anchor(anchor, root);
    }

    // At each size that some checkpoint speaks of.
    void compare_here()
    {
        for (const auto* next = next_checkpoint(); next != nullptr && next->first == m_position;
             next = next_checkpoint()) {
            const auto [size, note] = *next;
            ++m_next_checkpoint;
            if (const auto one = examined(size, note)) {
                m_note = {size, note};
                ++m_result.checkpoints;
                m_result.sealed_at = one->said.time;
                compare_root(one->said);
            } else {
                tell_differences();
            }
            m_last_checkpoint = size;
        }
        while (!m_anchors.empty() && m_anchors.front()->said.size == m_position) {
            if (!m_tree_is_broken) {
                compare_anchor(*m_anchors.front(), m_tree.root());
            }
            m_anchors.erase(m_anchors.begin());
        }
    }

    void compare_root(const checkpoint& said)
    {
        if (m_tree_is_broken) {
            tell_differences();
            return;
        }
        if (m_tree.root() == said.root) {
            tell_differences();
            return;
        }
        // Either the stored tree was changed, or this and the rows together.
        const bool rows_agree = m_rows && m_rows->root() == said.root;
        tell({.what = verdict::tree_changed, .organization = m_organization, .index = m_agreed,
              .expected = to_string(said.root), .found = to_string(m_tree.root()),
              .detail = "the stored leaves from " + std::to_string(m_agreed) + " on do not give the root that was signed for " +
                        std::to_string(said.size) + " events; " +
                        (rows_agree ? "the events themselves do: only the tree was changed"
                                    : "nor do the events themselves")});
        if (rows_agree) {
            m_differences.clear();
            m_tree = *m_rows;
            m_rows.reset();
            m_agreed = said.size;
        } else {
            tell_differences();
            m_tree_is_broken = true;  // it cannot agree with anything any more: once is enough
        }
    }

    void tell_differences()
    {
        for (const difference& one : m_differences) {
            finding told{.what = verdict::content_changed, .organization = m_organization, .index = one.index, .event = one.id,
                         .expected = to_string(one.stored), .found = to_string(one.recomputed),
                         .detail = "the event is not what was sealed"};
            if (one.belongs_to) {
                told.what = verdict::leaf_moved;
                told.detail = "the event's own leaf is at " + std::to_string(*one.belongs_to);
            }
            tell(std::move(told));
        }
        m_differences.clear();
        m_rows.reset();
        m_agreed = m_position;
    }

    // ------------------------------------------------------------ leaves

    // The next part of the tree; false at its end.
    bool check_leaves()
    {
        pq::params values = whose();
        values.add(static_cast<std::int64_t>(m_next_row)).add(leaves_at_once);
        const pq::result rows = m_run(embedded::sql::leaves_from, values);
        std::vector<sealed_leaf> leaves;
        std::uint64_t first = m_position;
        for (int row = 0; row < rows.rows(); ++row) {
            const auto at = static_cast<std::uint64_t>(rows.integer(row, 0));
            m_next_row = at + static_cast<std::uint64_t>(std::max<std::int64_t>(rows.integer(row, 5), 1));
            const std::uint64_t expected = first + leaves.size();
            if (at != expected) {
                check_part(first, leaves);
                leaves.clear();
                gap(expected, at);
                first = at;
            }
            const std::vector<uuid> ids = rows.ids(row, 1);
            std::string_view hashes = rows.bytes(row, 2);
            if (ids.empty()) {
                tell({.what = verdict::tree_changed, .organization = m_organization, .index = at,
                      .detail = "a row of leaves has ids that cannot be read, or none"});
                continue;
            }
            const auto [least, greatest] = std::ranges::minmax(ids);
            if (rows.id(row, 3) != least || rows.id(row, 4) != greatest) {
                tell({.what = verdict::tree_changed, .organization = m_organization, .index = at,
                      .detail = "a row of leaves says that other ids are its least and its greatest: its events would not be found"});
            }
            if (hashes.size() != ids.size() * 32) {
                tell({.what = verdict::tree_changed, .organization = m_organization, .index = at,
                      .detail = "a row of leaves has " + std::to_string(ids.size()) + " ids and " + std::to_string(hashes.size()) +
                                " bytes of hashes"});
            }
            for (const uuid& id : ids) {
                sealed_leaf& one = leaves.emplace_back(sealed_leaf{id, {}});
                std::ranges::copy(hashes.substr(0, 32), one.hash.bytes.begin());
                hashes.remove_prefix(std::min<std::size_t>(32, hashes.size()));
            }
        }
        check_part(first, leaves);
        return rows.rows() > 0;
    }

    void gap(std::uint64_t from, std::uint64_t to)
    {
        if (to < from) {
            tell({.what = verdict::tree_changed, .organization = m_organization, .index = to,
                  .detail = "two rows of leaves hold the leaf " + std::to_string(to)});
        } else {
            tell({.what = verdict::leaves_missing, .organization = m_organization, .index = from,
                  .expected = std::to_string(to - from), .found = "0",
                  .detail = "the leaves from " + std::to_string(from) + " up to " + std::to_string(to - 1) + " are not there"});
        }
        tell_differences();
        m_tree_is_broken = true;
        // The checkpoints of what is missing can only be looked at by themselves.
        m_position = to;
        skip_checkpoints();
    }

    void skip_checkpoints()
    {
        for (const auto* next = next_checkpoint(); next != nullptr && next->first < m_position; next = next_checkpoint()) {
            const auto [size, note] = *next;
            ++m_next_checkpoint;
            if (examined(size, note)) {
                ++m_result.checkpoints;
            }
            m_last_checkpoint = size;
        }
    }

    void check_part(std::uint64_t first, const std::vector<sealed_leaf>& leaves)
    {
        const std::vector<read_event> events = read_events(leaves);
        m_position = first;
        for (const sealed_leaf& leaf : leaves) {
            const auto event = std::ranges::lower_bound(events, leaf.id, {}, &read_event::id);
            if (event == events.end() || event->id != leaf.id) {
                check_expired(leaf.id);
                append(leaf.hash, leaf.hash);
            } else {
                if (event->hash == leaf.hash) {
                    ++m_result.checked;
                    note_time(leaf.id);
                    const auto [begin, end] = m_records.equal_range(m_position);
                    std::for_each(begin, end, [&](const auto& record) {
                        retired& one = m_retired[record.second];
                        one.proved = one.proved || one.record == leaf.id;
                    });
                } else {
                    std::optional<std::uint64_t> elsewhere;
                    const auto own = std::ranges::find(leaves, event->hash, &sealed_leaf::hash);
                    if (own != leaves.end()) {
                        elsewhere = first + static_cast<std::uint64_t>(own - leaves.begin());
                    }
                    if (m_differences.size() == most_listed) {
                        tell_differences();
                    }
                    if (!m_rows && !m_tree_is_broken) {
                        m_rows = m_tree;
                    }
                    m_differences.push_back({m_position, leaf.id, leaf.hash, event->hash, elsewhere});
                }
                ++m_found;
                append(leaf.hash, event->hash);
            }
            compare_here();
        }
    }

    void append(const tree_hash& stored, const tree_hash& recomputed)
    {
        if (!m_tree_is_broken) {
            m_tree.append(stored, [this](std::uint64_t begin, unsigned level, const tree_hash& root) {
                if (level % tile_height == 0) {
                    add_upper(level / tile_height, begin >> level, root);
                }
            });
            if (m_rows) {
                m_rows->append(recomputed);
            }
        }
        ++m_position;
    }

    // Sorted by id.
    std::vector<read_event> read_events(const std::vector<sealed_leaf>& leaves)
    {
        std::vector<read_event> events;
        if (leaves.empty()) {
            return events;
        }
        std::vector<uuid> ids;
        ids.reserve(leaves.size());
        std::ranges::transform(leaves, std::back_inserter(ids), &sealed_leaf::id);
        std::ranges::sort(ids);
        const auto repeated = std::ranges::unique(ids);
        ids.erase(repeated.begin(), repeated.end());
        std::string line;
        events.reserve(leaves.size());
        const auto stream = [this](const char* sql, const pq::params& values, const std::function<void(const pq::result&)>& each) {
            m_engine.stream(sql, values, each);
        };
        detail::read_rows_by_id(stream, m_organization, ids, [&](const pq::result& row) {
            const event_row one = detail::sealed_views(row, 0);
            line.clear();
            append_sealed(line, one);
            events.push_back({one.id, leaf_hash(line)});
        });
        for (auto twice = std::ranges::adjacent_find(events, {}, &read_event::id); twice != events.end();
             twice = std::ranges::adjacent_find(twice + 1, events.end(), {}, &read_event::id)) {
            tell({.what = verdict::event_added, .organization = m_organization, .event = twice->id,
                  .detail = "the log has more than one row of this event"});
        }
        return events;
    }

    void note_time(const uuid& id)
    {
        if (const auto time = time_of_id(id)) {
            m_result.from = std::min(m_result.from.value_or(*time), *time);
            m_result.until = std::max(m_result.until.value_or(*time), *time);
        }
    }

    // ------------------------------------------------------------ retention

    void read_retired()
    {
        const pq::result rows = m_run(embedded::sql::retention_records, whose());
        for (int row = 0; row < rows.rows(); ++row) {
            const uuid id = rows.id(row, 0);
            const auto count = count_in(rows.bytes(row, 1));
            const auto lower = rows.is_null(row, 2) ? uuid{} : bound_in(rows.bytes(row, 2));
            const auto upper = bound_in(rows.bytes(row, 3));
            const auto unsealed = rows.is_null(row, 4) ? std::uint64_t{0} : count_in(rows.bytes(row, 4));
            if (!count || !lower || !upper || !unsealed) {
                continue;  // no record of ours; if one was sealed there, its leaf tells
            }
            retired one{.record = id, .left = *count - std::min(*count, *unsealed), .lower = *lower, .upper = *upper, .index = {}};
            pq::params values = whose();
            values.add(id);
            if (const pq::result found = m_run(embedded::sql::find_leaf, values); found.rows() > 0) {
                one.index = static_cast<std::uint64_t>(found.integer(0, 0));
                one.proved = *one.index < m_result.first && is_in_trusted_part(id, *one.index);
                m_records.emplace(*one.index, m_retired.size());
            }
            m_retired.push_back(one);
        }
    }

    // A record that was sealed before the checkpoint to go on from.
    bool is_in_trusted_part(const uuid& id, std::uint64_t index)
    {
        const std::vector<read_event> events = read_events({sealed_leaf{id, {}}});
        tiled_tree tree = detail::stored_tree(m_organization, m_result.first, m_run);
        try {
            return events.size() == 1 && proves_inclusion(events.front().hash, index, m_result.first, tree.inclusion(index),
                                                          m_options.after->said.root);
        } catch (const error& e) {
            if (e.kind() != error_kind::invalid_proof) {
                throw;
            }
            return false;
        }
    }

    void check_expired(const uuid& id)
    {
        bool waits = false;
        for (retired& one : m_retired) {
            if (one.left == 0 || id < one.lower || id >= one.upper) {
                continue;
            }
            // What left was sealed before the record was written.
            if (one.index && m_position >= *one.index) {
                continue;
            }
            if (one.index) {
                --one.left;
                ++m_result.expired;
                if (++one.covered == 1) {
                    one.first_covered = m_position;
                }
                return;
            }
            waits = true;
        }
        tell({.what = verdict::event_missing, .organization = m_organization, .index = m_position, .event = id,
              .detail = waits ? "the event is not in the log; a record of retention that may cover it is not sealed yet: seal, and "
                                "verify again"
                              : "the event was sealed, and is not in the log"});
    }

    // Retention writes its record after the events have left, so that its leaf comes behind theirs.
    void finish_retired()
    {
        for (const retired& one : m_retired) {
            if (one.proved || one.covered == 0) {
                continue;
            }
            m_result.expired -= one.covered;
            tell({.what = verdict::event_missing, .organization = m_organization, .index = one.first_covered, .event = one.record,
                  .detail = std::to_string(one.covered) + " sealed events from this leaf on are not in the log; the record of retention "
                            "that would cover them is not what was sealed"});
        }
    }

    // ------------------------------------------------------------ upper levels

    struct upper_level {
        std::uint64_t first = 0;  // of the hashes below
        std::vector<tree_hash> hashes{};
        bool begun = true;  // false until the first tile that is seen from its beginning
    };

    void add_upper(unsigned level, std::uint64_t at, const tree_hash& hash)
    {
        upper_level& upper = m_upper[level];
        if (at % tile_width == 0) {
            upper = {at, {}, true};
        }
        if (!upper.begun) {
            return;
        }
        upper.hashes.push_back(hash);
        if (upper.hashes.size() == tile_width) {
            compare_upper(level);
        }
    }

    void compare_upper(unsigned level)
    {
        upper_level& upper = m_upper[level];
        if (upper.hashes.empty()) {
            return;
        }
        const tile wanted{level, upper.first / tile_width, static_cast<unsigned>(upper.hashes.size())};
        if (detail::stored_tile(m_organization, wanted, m_run) != upper.hashes) {
            tell({.what = verdict::tiles_changed, .organization = m_organization, .index = upper.first << (level * tile_height),
                  .detail = path_of(wanted) + " is not what the leaves give: proofs made with it would not hold"});
        }
        upper.hashes.clear();
        upper.begun = false;
    }

    // Hashes of what was never sealed: the sealer could not append its own.
    void compare_ends()
    {
        const pq::result rows = m_run(embedded::sql::tile_ends, whose());
        for (int row = 0; row < rows.rows(); ++row) {
            const std::int64_t level = rows.integer(row, 0);
            const bool is_level = level > 0 && level < std::ssize(m_upper);
            const std::uint64_t full = is_level ? m_position >> (static_cast<unsigned>(level) * tile_height) : 0;
            const auto expected = static_cast<std::int64_t>(full);
            const std::int64_t found = std::max(rows.integer(row, 1), rows.integer(row, 2));
            if (found > expected) {
                tell({.what = verdict::tiles_changed, .organization = m_organization, .expected = std::to_string(expected),
                      .found = std::to_string(found),
                      .detail = "level " + std::to_string(level) + " has more hashes than the leaves give"});
            }
        }
    }

    // ------------------------------------------------------------ at the end

    void finish_tree()
    {
        m_result.size = m_position;
        for (unsigned level = 1; level < m_upper.size(); ++level) {
            compare_upper(level);
        }
        compare_ends();
        if (m_position > m_last_checkpoint) {
            tell({.what = verdict::leaves_unsigned, .organization = m_organization, .index = m_last_checkpoint,
                  .expected = std::to_string(m_last_checkpoint), .found = std::to_string(m_position),
                  .detail = "no checkpoint covers the leaves from " + std::to_string(m_last_checkpoint) + " on"});
        }
        tell_differences();
        const auto* next = next_checkpoint();
        if (next == nullptr) {
            return;
        }
        std::uint64_t largest = 0;
        for (; next != nullptr; next = next_checkpoint()) {
            const auto [size, note] = *next;
            ++m_next_checkpoint;
            if (examined(size, note)) {
                ++m_result.checkpoints;
                largest = size;
            }
            m_last_checkpoint = size;
        }
        if (largest > 0) {
            tell({.what = verdict::leaves_missing, .organization = m_organization, .index = m_position,
                  .expected = std::to_string(largest), .found = std::to_string(m_position),
                  .detail = "a signed checkpoint has " + std::to_string(largest) + " events, and the tree only " +
                            std::to_string(m_position) + " leaves"});
        }
    }

    void finish_anchors()
    {
        for (const signed_checkpoint* const anchor : m_anchors) {
            if (anchor->said.size > m_position) {
                tell({.what = verdict::log_shorter, .organization = m_organization, .index = anchor->said.size,
                      .expected = to_string(anchor->note), .found = std::to_string(m_position),
                      .detail = "a checkpoint that was kept elsewhere has " + std::to_string(anchor->said.size) +
                                " events, and the log only " + std::to_string(m_position) +
                                ": its end was cut off, or an older backup was restored"});
            }
        }
    }

    int list(const char* statement, verdict what, const std::string& detail)
    {
        pq::params values = whose();
        values.add(most_listed);
        const pq::result rows = m_run(statement, values);
        for (int row = 0; row < rows.rows(); ++row) {
            tell({.what = what, .organization = m_organization, .event = rows.id(row, 0), .detail = detail});
        }
        return rows.rows();
    }

    // Every row is sealed, or waits for it.
    void check_rows()
    {
        const pq::result counts = m_run(embedded::sql::count_rows, whose());
        const std::int64_t rows = counts.integer(0, 0);
        const std::int64_t waiting = counts.integer(0, 1);
        const std::int64_t present = counts.integer(0, 2);
        const std::int64_t unsealed = counts.integer(0, 4);
        m_result.waiting = static_cast<std::uint64_t>(unsealed);
        if (unsealed > 0 && !counts.is_null(0, 3)) {
            m_result.waiting_since = counts.time(0, 3);
        }
        if (present < waiting) {
            list(embedded::sql::lost_events, verdict::event_lost,
                 "the event was committed, and removed from the log before it was sealed");
        }
        if (unsealed < counts.integer(0, 5)) {
            list(embedded::sql::queued_again, verdict::event_queued_again, "the event is sealed, and waits to be sealed again");
        }
        // They are counted twice in m_found.
        const bool twice = list(embedded::sql::twice_sealed, verdict::leaf_moved, "the event has more than one leaf") > 0;
        const std::int64_t expected = static_cast<std::int64_t>(m_found) + unsealed;
        if (m_result.first == 0 && (twice || rows != expected)) {
            const int added = list(embedded::sql::added_events, verdict::event_added,
                                   "the event is neither sealed nor waiting for it: it was put into the log behind the seal");
            if (added == 0 && !twice && m_result.findings == 0) {
                tell({.what = verdict::event_added, .organization = m_organization, .expected = std::to_string(expected),
                      .found = std::to_string(rows),
                      .detail = "the log has another number of rows than its leaves and what waits"});
            }
        }
        pq::params values = whose();
        values.add(most_listed);
        const pq::result facets = m_run(embedded::sql::facet_differences, values);
        for (int row = 0; row < facets.rows(); ++row) {
            tell({.what = verdict::facets_changed, .organization = m_organization, .event = facets.id(row, 0),
                  .expected = facets.optional_text(row, 2).value_or(""), .found = facets.optional_text(row, 3).value_or(""),
                  .detail = "facet \"" + facets.text(row, 1) + "\": " +
                            (facets.is_null(row, 3) ? "the event says it, and a search for it will not find the event"
                                                    : "the event does not say it, and a search for it finds the event")});
        }
    }

    detail::transaction& m_engine;
    const verify_options& m_options;
    const finding_sink& m_sink;
    org_id m_organization;
    detail::statement_runner m_run;
    verification m_result;

    std::vector<const signed_checkpoint*> m_anchors;  // that are still to be met, smallest first
    std::vector<std::pair<std::uint64_t, std::string>> m_checkpoints;
    std::size_t m_next_checkpoint = 0;    // in m_checkpoints
    std::uint64_t m_read_checkpoint = 0;  // the last that was read
    bool m_all_checkpoints_read = false;
    std::uint64_t m_last_checkpoint = 0;  // the last that was met
    std::optional<std::pair<std::uint64_t, std::string>> m_note;  // of the last one at which leaves were compared

    compact_range m_tree;                 // of the stored leaves
    std::optional<compact_range> m_rows;  // of the events, since they first differed
    std::vector<difference> m_differences;
    bool m_tree_is_broken = false;
    std::uint64_t m_position = 0;
    std::uint64_t m_next_row = 0;  // of leaves, to be read
    std::uint64_t m_agreed = 0;  // up to here, leaves agree with a signed root
    std::uint64_t m_found = 0;   // rows that have a leaf
    std::vector<retired> m_retired;
    std::multimap<std::uint64_t, std::size_t> m_records;  // by their leaf, in m_retired
    std::array<upper_level, 8> m_upper;
};

}  // namespace

verification verify_log(pool& connections, const org_id& organization, const verify_options& options, const finding_sink& found)
{
    if (options.keys.empty()) {
        throw error{error_kind::wrong_usage, "no public key to verify with"};
    }
    detail::scope snapshot{connections, organization, detail::access::snapshot};
    // A role's own search_path could put another count() in front of PostgreSQL's.
    detail::engine(snapshot.tx()).execute("set local search_path = pg_catalog, pg_temp");
    return walk{detail::engine(snapshot.tx()), options, found}.run();
}

}  // namespace daybook
