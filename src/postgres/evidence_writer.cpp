#include <daybook/sealed_log.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <fstream>
#include <map>
#include <utility>

#include <daybook/digest.hpp>
#include <daybook/error.hpp>
#include <daybook/evidence.hpp>
#include <daybook/sealed_event.hpp>
#include <daybook/version.hpp>

#include "leaf_reader.hpp"
#include "pages/evidence.hpp"
#include "stored_row.hpp"
#include "transaction.hpp"

namespace daybook {

namespace {

// Their lines are kept until they are in the order of the leaves, and one may have hundreds of kilobytes.
constexpr std::size_t leaves_at_once = 256;
constexpr std::size_t most_checkpoints = 10'000;

// A file of the folder, counted and hashed while it is written.
class hashed_file {
public:
    hashed_file(const std::filesystem::path& folder, const std::string& name) : m_path{folder / name}, m_out{m_path, std::ios::binary}
    {
        check();
    }

    void write(std::string_view bytes)
    {
        m_out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        check();
        m_digest.add(bytes);
        m_file.bytes += bytes.size();
    }

    evidence_file finish()
    {
        m_out.close();
        check();
        m_file.sha256 = m_digest.hex();
        return m_file;
    }

private:
    void check() const
    {
        if (!m_out) {
            throw error{error_kind::unwritable_output, m_path.string() + " could not be written; the evidence is not complete"};
        }
    }

    std::filesystem::path m_path;
    std::ofstream m_out;
    sha256_digest m_digest;
    evidence_file m_file;
};

evidence_file write_file(const std::filesystem::path& folder, const std::string& name, std::string_view content)
{
    hashed_file file{folder, name};
    file.write(content);
    return file.finish();
}

// Leaves whose events are left out, as few subtrees as possible.
class pruned_leaves {
public:
    void add(std::uint64_t at, const tree_hash& leaf)
    {
        m_nodes.push_back({at, 0, leaf});
        while (m_nodes.size() > 1) {
            const node& right = m_nodes.back();
            node& left = m_nodes[m_nodes.size() - 2];
            if (left.level != right.level || (left.first >> left.level) % 2 != 0) {
                return;
            }
            left = {left.first, left.level + 1, node_hash(left.hash, right.hash)};
            m_nodes.pop_back();
        }
    }

    void write(hashed_file& tree)
    {
        for (const node& one : m_nodes) {
            tree.write("node " + std::to_string(one.level) + ' ' + to_string(one.hash) + '\n');
        }
        m_nodes.clear();
    }

private:
    struct node {
        std::uint64_t first;
        unsigned level;
        tree_hash hash;
    };
    std::vector<node> m_nodes;
};

std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
        }
    }
    return out;
}

std::string page(const evidence_manifest& manifest, const signed_checkpoint& last)
{
    const std::map<std::string, std::string> values{
        {"name", manifest.name.empty() ? manifest.key : manifest.name},
        {"key", manifest.key},
        {"id", to_string(manifest.organization)},
        {"events", std::to_string(manifest.events)},
        {"size", std::to_string(manifest.size)},
        {"filter", manifest.filter.empty() ? "every event that was sealed and is still there" : manifest.filter},
        {"made_at", manifest.made_at},
        {"made_with", manifest.made_with},
        {"sealed_at", to_string(last.said.time) + ", by the key of " + last.note.signatures.front().name},
        {"absent", manifest.filter.empty() ? "retention may have removed old ones, as the log itself then says."
                                           : "only those were taken that were asked for, see above."},
        {"checkpoint", to_string(last.note)},
    };
    std::string_view rest = embedded::pages::evidence;
    std::string out;
    for (std::size_t at = rest.find("{{"); at != std::string_view::npos; at = rest.find("{{")) {
        const std::size_t end = rest.find("}}", at);
        out += rest.substr(0, at);
        out += escaped(values.at(std::string{rest.substr(at + 2, end - at - 2)}));
        rest.remove_prefix(end + 2);
    }
    return out.append(rest);
}

[[noreturn]] void refuse_folder(const std::filesystem::path& folder, const std::string& why)
{
    throw error{error_kind::unwritable_output, "the folder " + folder.string() + ' ' + why, "give the name of a new one"};
}

// Beside the one that is wanted: that is there when it is whole. What an earlier try left is taken away.
std::filesystem::path make_folder(const std::filesystem::path& folder)
{
    std::error_code failed;
    if (std::filesystem::exists(folder, failed) && (!std::filesystem::is_directory(folder, failed) || !std::filesystem::is_empty(folder, failed))) {
        refuse_folder(folder, "is not empty");
    }
    const std::filesystem::path whole = folder.has_filename() ? folder : folder.parent_path();
    std::filesystem::path partial = whole;
    partial += ".partial";
    std::filesystem::remove_all(partial, failed);
    std::filesystem::create_directories(partial, failed);
    if (failed) {
        refuse_folder(folder, "cannot be made");
    }
    std::filesystem::permissions(partial, std::filesystem::perms::owner_all, failed);  // what is in it is as confidential as the log
    return partial;
}

error broken(const std::string& what)
{
    return error{error_kind::broken_seal, what + ": no evidence was made", "`daybook verify` says more"};
}

class writer {
public:
    writer(tenant_tx& tx, const evidence_request& request, const std::filesystem::path& folder, signed_checkpoint last)
        : m_tx{tx}, m_engine{detail::engine(tx)}, m_request{request}, m_folder{folder}, m_last{std::move(last)},
          m_events{folder, "events.ndjson"}, m_tree{folder, "tree.txt"}
    {
    }

    evidence_summary run()
    {
        m_tree.write("daybook-tree-1\n");
        read_checkpoints();
        while (m_range.size() < m_last.said.size) {
            const std::vector<detail::leaf> leaves = detail::read_leaves(m_engine, m_range.size(), leaves_at_once);
            if (leaves.empty()) {
                throw broken("the tree ends at " + std::to_string(m_range.size()) + " of " + std::to_string(m_last.said.size) + " leaves");
            }
            write_part(leaves);
        }
        m_pruned.write(m_tree);
        if (m_range.size() != m_last.said.size || m_range.root() != m_last.said.root) {
            throw broken("the stored tree does not have the root that was signed");
        }
        finish();
        return {m_written, m_last.said.size};
    }

private:
    // The newest, in the order of their sizes.
    void read_checkpoints()
    {
        std::uint64_t behind = 0;
        for (;;) {
            std::vector<signed_checkpoint> some = list_checkpoints(m_tx, behind, most_checkpoints);
            if (some.empty()) {
                break;
            }
            behind = some.back().said.size;
            std::ranges::move(some, std::back_inserter(m_checkpoints));
            if (m_checkpoints.size() > most_checkpoints) {
                m_checkpoints.erase(m_checkpoints.begin(), m_checkpoints.end() - most_checkpoints);
            }
        }
        if (!m_checkpoints.empty()) {
            m_checkpoints.pop_back();  // is m_last
        }
    }

    void write_part(const std::vector<detail::leaf>& leaves)
    {
        std::map<uuid, std::string> lines;
        detail::read_events_of(m_engine, leaves, m_request.wanted, [&lines](const pq::result& row) {
            const event_row one = detail::sealed_views(row, 0);
            append_sealed(lines[one.id], one);
        });
        for (const detail::leaf& leaf : leaves) {
            const auto found = lines.find(leaf.id);
            if (found == lines.end()) {
                m_pruned.add(m_range.size(), leaf.hash);
            } else {
                if (leaf_hash(found->second) != leaf.hash) {
                    throw broken("the event " + to_string(leaf.id) + ", leaf " + std::to_string(m_range.size()) + ", is not what was sealed");
                }
                m_pruned.write(m_tree);
                m_tree.write("event " + to_string(leaf.hash) + '\n');
                found->second += '\n';
                m_events.write(found->second);
                ++m_written;
            }
            m_range.append(leaf.hash);
            divide();
        }
    }

    // At the size of each checkpoint, so that it can be compared.
    void divide()
    {
        while (m_next < m_checkpoints.size() && m_checkpoints[m_next].said.size <= m_range.size()) {
            m_pruned.write(m_tree);
            ++m_next;
        }
    }

    void finish()
    {
        evidence_manifest manifest{.organization = m_tx.organization(),
                                   .key = m_request.key,
                                   .name = m_request.name,
                                   .events = m_written,
                                   .size = m_last.said.size,
                                   .filter = m_request.description};
        manifest.made_at = to_string(std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()));
        manifest.made_with = "daybook " DAYBOOK_VERSION;
        manifest.files["events.ndjson"] = m_events.finish();
        manifest.files["tree.txt"] = m_tree.finish();
        manifest.files["checkpoint"] = write_file(m_folder, "checkpoint", to_string(m_last.note));
        std::string all;
        for (const signed_checkpoint& one : m_checkpoints) {
            all += (all.empty() ? "" : "\n") + to_string(one.note);
        }
        manifest.files["checkpoints.txt"] = write_file(m_folder, "checkpoints.txt", all);
        std::string keys = "# For comparison only: who verifies has the key from elsewhere.\n";
        for (const trusted_key& key : m_request.keys) {
            keys += to_string(key) + '\n';
        }
        manifest.files["keys.pub"] = write_file(m_folder, "keys.pub", keys);
        write_file(m_folder, "README.html", page(manifest, m_last));
        write_file(m_folder, "manifest.json", to_string(manifest));
    }

    tenant_tx& m_tx;
    detail::transaction& m_engine;
    const evidence_request& m_request;
    std::filesystem::path m_folder;
    signed_checkpoint m_last;
    std::vector<signed_checkpoint> m_checkpoints;
    std::size_t m_next = 0;
    hashed_file m_events;
    hashed_file m_tree;
    pruned_leaves m_pruned;
    compact_range m_range;
    std::uint64_t m_written = 0;
};

}  // namespace

evidence_summary write_evidence(pool& connections, const org_id& organization, const evidence_request& request,
                                const std::filesystem::path& folder)
{
    detail::scope snapshot{connections, organization, detail::access::snapshot};
    detail::engine(snapshot.tx()).execute("set local search_path = pg_catalog, pg_temp");
    std::optional<signed_checkpoint> last = latest_checkpoint(snapshot.tx());
    if (!last) {
        throw error{error_kind::not_sealed, "nothing of this organization's log is sealed yet"};
    }
    const std::filesystem::path partial = make_folder(folder);
    const evidence_summary summary = writer{snapshot.tx(), request, partial, std::move(*last)}.run();
    std::error_code failed;
    std::filesystem::rename(partial, folder.has_filename() ? folder : folder.parent_path(), failed);
    if (failed) {
        refuse_folder(folder, "cannot be put in its place: " + failed.message());
    }
    return summary;
}

}  // namespace daybook
