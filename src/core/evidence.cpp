#include <daybook/evidence.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include <daybook/digest.hpp>
#include <daybook/error.hpp>
#include <daybook/merkle.hpp>
#include <daybook/sealed_event.hpp>

#include "seal_text.hpp"

namespace daybook {

namespace {

constexpr std::string_view first_line = "daybook-tree-1";
constexpr std::array required_files{"checkpoint", "checkpoints.txt", "events.ndjson", "keys.pub", "tree.txt"};
constexpr std::size_t most_checkpoints = 10'000;  // beside the last one

std::ifstream open(const std::filesystem::path& path)
{
    std::ifstream in{path, std::ios::binary};
    if (!in) {
        throw error{error_kind::unreadable_input, path.string() + " cannot be read"};
    }
    return in;
}

std::string content_of(const std::filesystem::path& path)
{
    std::ifstream in = open(path);
    return {std::istreambuf_iterator<char>{in}, {}};
}

evidence_file examined(const std::filesystem::path& path)
{
    std::ifstream in = open(path);
    sha256_digest digest;
    evidence_file file;
    std::array<char, 65536> piece;
    while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
        digest.add({piece.data(), static_cast<std::size_t>(in.gcount())});
        file.bytes += static_cast<std::uint64_t>(in.gcount());
    }
    file.sha256 = digest.hex();
    return file;
}

// Lines of a file, each ended by a line feed.
class line_reader {
public:
    explicit line_reader(const std::filesystem::path& path) : m_path{path}, m_in{open(path)} {}

    std::optional<std::string_view> next()
    {
        if (!std::getline(m_in, m_line)) {
            return std::nullopt;
        }
        ++m_number;
        if (m_in.eof()) {
            refuse("the last line does not end");
        }
        return m_line;
    }

    [[noreturn]] void refuse(const std::string& what) const
    {
        throw error{error_kind::invalid_proof, m_path.filename().string() + ", line " + std::to_string(m_number) + ": " + what};
    }

private:
    std::filesystem::path m_path;
    std::ifstream m_in;
    std::string m_line;
    std::uint64_t m_number = 0;
};

// A line of tree.txt.
struct part {
    bool is_event;
    unsigned level;
    tree_hash hash;
};

std::optional<part> next_part(line_reader& lines)
{
    const auto line = lines.next();
    if (!line) {
        return std::nullopt;
    }
    std::string_view rest = *line;
    part one{rest.starts_with("event "), 0, {}};
    if (one.is_event) {
        rest.remove_prefix(6);
    } else {
        const std::size_t blank = rest.find(' ', 5);
        const auto level = rest.starts_with("node ") && blank != std::string_view::npos ? seal_text::number(rest.substr(5, blank - 5))
                                                                                      : std::nullopt;
        if (!level || *level > 62) {
            lines.refuse("`event HASH` or `node LEVEL HASH` is expected");
        }
        one.level = static_cast<unsigned>(*level);
        rest.remove_prefix(blank + 1);
    }
    const auto hash = parse_tree_hash(rest);
    if (!hash) {
        lines.refuse("a hash in base64 is expected at the end");
    }
    one.hash = *hash;
    return one;
}

class walk {
public:
    walk(const std::filesystem::path& folder, const verify_options& options, const finding_sink& found)
        : m_folder{folder}, m_options{options}, m_sink{found}, m_manifest{read_manifest(folder)},
          m_result{.organization = m_manifest.organization}
    {
    }

    verification run()
    {
        check_files();
        if (m_all_there) {
            try {
                collect_checkpoints();
                check_events();
            } catch (const error& e) {
                if (e.kind() != error_kind::invalid_proof) {
                    throw;
                }
                damaged(e.what());
            }
        }
        return std::move(m_result);
    }

private:
    void tell(finding one)
    {
        one.organization = m_manifest.organization;
        ++m_result.findings;
        m_sink(one);
    }

    void damaged(const std::string& detail, std::string expected = {}, std::string found = {})
    {
        tell({.what = verdict::evidence_damaged, .organization = m_manifest.organization, .expected = std::move(expected),
              .found = std::move(found), .detail = detail});
    }

    void check_files()
    {
        for (const char* const name : required_files) {
            if (!m_manifest.files.contains(name)) {
                damaged(std::string{"the manifest does not name "} + name);
                m_all_there = false;
            }
        }
        for (const auto& [name, file] : m_manifest.files) {
            std::error_code unknown;
            if (name.find('/') != std::string::npos || name.starts_with('.') || !std::filesystem::is_regular_file(m_folder / name, unknown)) {
                damaged(name + " is not there");
                m_all_there = false;
            } else if (const evidence_file is = examined(m_folder / name); is != file) {
                damaged(name + " is not the file that the manifest describes", file.sha256, is.sha256);
            }
        }
    }

    void collect_checkpoints()
    {
        m_last = signed_checkpoint::parse(content_of(m_folder / "checkpoint"));
        if (m_last->said.size != m_manifest.size) {
            damaged("the checkpoint has " + std::to_string(m_last->said.size) + " events, the manifest speaks of " + std::to_string(m_manifest.size));
        }
        std::vector<signed_checkpoint> all = parse_checkpoints(content_of(m_folder / "checkpoints.txt"));
        all.push_back(*m_last);
        check_order(all);
        for (signed_checkpoint& one : all) {
            if (believe(one, "the checkpoint of " + std::to_string(one.said.size) + " events")) {
                m_expected.push_back({std::move(one), false});
            }
        }
        for (const signed_checkpoint& anchor : m_options.anchors) {
            if (believe(anchor, "a checkpoint that was kept elsewhere")) {
                m_expected.push_back({anchor, true});
            }
        }
        std::ranges::stable_sort(m_expected, {}, [](const expected_root& one) { return one.checkpoint.said.size; });
    }

    // Each names the one before it; of very many, the oldest were left out.
    void check_order(const std::vector<signed_checkpoint>& all)
    {
        std::uint64_t before = all.size() > most_checkpoints ? all.front().said.previous : 0;
        for (const signed_checkpoint& one : all) {
            if (one.said.previous != before) {
                tell({.what = verdict::checkpoint_missing, .organization = m_manifest.organization, .index = one.said.previous,
                      .expected = std::to_string(one.said.previous), .found = std::to_string(before),
                      .detail = "the checkpoint of " + std::to_string(one.said.size) + " events names one of " +
                                std::to_string(one.said.previous) + " before it, which is not in the evidence"});
            }
            before = one.said.size;
        }
    }

    bool believe(const signed_checkpoint& one, const std::string& which)
    {
        return is_believed(one, m_manifest.organization, m_options.keys, which, m_result, [this](const finding& f) { tell(f); });
    }

    void check_events()
    {
        line_reader tree{m_folder / "tree.txt"};
        line_reader events{m_folder / "events.ndjson"};
        if (tree.next() != first_line) {
            tree.refuse(std::string{first_line} + " is expected");
        }
        std::uint64_t used = 0;
        while (const auto one = next_part(tree)) {
            if (one->is_event) {
                const auto line = events.next();
                if (!line) {
                    damaged("events.ndjson ends before the event of leaf " + std::to_string(m_range.size()));
                    return;
                }
                check_event(*line, one->hash);
                ++used;
            }
            m_range.append_subtree(one->hash, one->level);
            compare_here();
        }
        if (events.next()) {
            damaged("events.ndjson has events that are in no leaf");
        }
        if (used != m_manifest.events) {
            damaged("there are " + std::to_string(used) + " events, and the manifest speaks of " + std::to_string(m_manifest.events));
        }
        m_result.size = m_range.size();
        if (m_range.size() < m_last->said.size) {
            tell({.what = verdict::leaves_missing, .organization = m_manifest.organization, .index = m_range.size(),
                  .expected = std::to_string(m_last->said.size), .found = std::to_string(m_range.size()),
                  .detail = "the tree ends before the size that was signed"});
        } else if (m_range.size() > m_last->said.size) {
            tell({.what = verdict::leaves_unsigned, .organization = m_manifest.organization, .index = m_last->said.size,
                  .expected = std::to_string(m_last->said.size), .found = std::to_string(m_range.size()),
                  .detail = "the tree reaches beyond the size that was signed"});
        }
        for (; m_next < m_expected.size(); ++m_next) {
            const auto& [anchor, is_anchor] = m_expected[m_next];
            if (is_anchor && anchor.said.size > m_range.size()) {
                tell({.what = verdict::log_shorter, .organization = m_manifest.organization, .index = anchor.said.size,
                      .expected = to_string(anchor.note), .found = std::to_string(m_range.size()),
                      .detail = "a checkpoint that was kept elsewhere is larger than the evidence: there were more events before it was "
                                "made, or it was made of an older log"});
            }
        }
    }

    void check_event(std::string_view line, const tree_hash& leaf)
    {
        std::optional<sealed_identity> whose;
        try {
            whose = identity_of(line);
        } catch (const error&) {
            // The hash tells.
        }
        const auto id = whose ? std::optional{whose->id} : std::nullopt;
        const tree_hash hash = leaf_hash(line);
        if (hash != leaf) {
            tell({.what = verdict::content_changed, .organization = m_manifest.organization, .index = m_range.size(), .event = id,
                  .expected = to_string(leaf), .found = to_string(hash), .detail = "the event is not what was sealed"});
        } else if (!whose) {
            tell({.what = verdict::evidence_damaged, .organization = m_manifest.organization, .index = m_range.size(),
                  .detail = "the leaf is no event of Daybook's"});
        } else if (whose->organization != m_manifest.organization) {
            tell({.what = verdict::checkpoint_foreign, .organization = m_manifest.organization, .index = m_range.size(), .event = id,
                  .expected = to_string(m_manifest.organization), .found = to_string(whose->organization),
                  .detail = "the event is of another organization"});
        } else {
            ++m_unproved;
            if (const auto time = time_of_id(whose->id)) {
                m_result.from = std::min(m_result.from.value_or(*time), *time);
                m_result.until = std::max(m_result.until.value_or(*time), *time);
            }
        }
    }

    // Leaves are proved by the next checkpoint whose root they give.
    void compare_here()
    {
        while (m_next < m_expected.size() && m_expected[m_next].checkpoint.said.size < m_range.size()) {
            const auto& [one, is_anchor] = m_expected[m_next];
            if (is_anchor) {
                ++m_result.anchors_not_compared;
            } else {
                tell({.what = verdict::evidence_damaged, .organization = m_manifest.organization, .index = one.said.size,
                      .detail = "the tree is not divided at " + std::to_string(one.said.size) +
                                ", so that the checkpoint of so many events cannot be compared"});
            }
            ++m_next;
        }
        std::optional<tree_hash> root;
        for (; m_next < m_expected.size() && m_expected[m_next].checkpoint.said.size == m_range.size(); ++m_next) {
            const auto& [one, is_anchor] = m_expected[m_next];
            if (!root) {
                root = m_range.root();
            }
            if (one.said.root == *root) {
                m_result.anchors += is_anchor ? 1 : 0;
                if (!is_anchor) {
                    ++m_result.checkpoints;
                    m_result.sealed_at = one.said.time;
                }
                m_result.checked += std::exchange(m_unproved, 0);
                m_agreed = m_range.size();
            } else if (is_anchor) {
                tell(split_view(one, to_string(*root)));
            } else if (!std::exchange(m_is_broken, true)) {
                tell({.what = verdict::tree_changed, .organization = m_manifest.organization, .index = m_agreed,
                      .expected = to_string(one.said.root), .found = to_string(*root),
                      .detail = "the leaves from " + std::to_string(m_agreed) + " on do not give the root that was signed for " +
                                std::to_string(one.said.size) + " events"});
            }
        }
    }

    struct expected_root {
        signed_checkpoint checkpoint;
        bool is_anchor;
    };

    std::filesystem::path m_folder;
    const verify_options& m_options;
    const finding_sink& m_sink;
    evidence_manifest m_manifest;
    verification m_result;
    bool m_all_there = true;
    std::optional<signed_checkpoint> m_last;
    std::vector<expected_root> m_expected;  // smallest first
    std::size_t m_next = 0;
    compact_range m_range;
    std::uint64_t m_unproved = 0;  // events since the last root that agreed
    std::uint64_t m_agreed = 0;
    bool m_is_broken = false;
};

}  // namespace

verification verify_evidence(const std::filesystem::path& folder, const verify_options& options, const finding_sink& found)
{
    if (options.keys.empty()) {
        throw error{error_kind::wrong_usage, "no public key to verify with"};
    }
    return walk{folder, options, found}.run();
}

}  // namespace daybook
