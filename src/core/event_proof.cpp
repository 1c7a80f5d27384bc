#include <daybook/event_proof.hpp>

#include <daybook/error.hpp>
#include <daybook/sealed_event.hpp>

#include "base64.hpp"
#include "seal_text.hpp"

namespace daybook {

namespace {

constexpr std::string_view first_line = "c2sp.org/tlog-proof@v1";
constexpr std::string_view before_extra = "extra ";
constexpr std::string_view before_index = "index ";
constexpr std::size_t most_hashes = 63;

[[noreturn]] void refuse(std::size_t line, const std::string& what)
{
    throw error{error_kind::invalid_proof, "proof of an event, line " + std::to_string(line) + ": " + what};
}

}  // namespace

event_proof event_proof::parse(std::string_view text)
{
    const auto line = [&text](std::size_t number) {
        const auto one = seal_text::take_line(text);
        if (!one) {
            refuse(number, "the text ends here");
        }
        return *one;
    };
    if (line(1) != first_line) {
        refuse(1, std::string{first_line} + " is expected");
    }
    const std::string_view extra = line(2);
    const auto sealed = extra.starts_with(before_extra) ? base64::decode(extra.substr(before_extra.size())) : std::nullopt;
    if (!sealed) {
        refuse(2, "`extra` and base64 of the sealed event are expected");
    }
    const std::string_view index_line = line(3);
    const auto index = index_line.starts_with(before_index) ? seal_text::number(index_line.substr(before_index.size())) : std::nullopt;
    if (!index) {
        refuse(3, "`index` and a number are expected");
    }
    std::vector<tree_hash> hashes;
    std::size_t number = 4;
    for (std::string_view one = line(number); !one.empty(); one = line(++number)) {
        const auto hash = parse_tree_hash(one);
        if (!hash || hashes.size() == most_hashes) {
            refuse(number, "base64 of a hash is expected, or an empty line behind at most 63 of them");
        }
        hashes.push_back(*hash);
    }
    return {*sealed, *index, std::move(hashes), signed_checkpoint::parse(text)};
}

std::string to_string(const event_proof& proof)
{
    std::string text{first_line};
    text += '\n';
    text += before_extra;
    text += base64::encode(proof.sealed) + '\n';
    text += before_index;
    text += std::to_string(proof.index) + '\n';
    for (const tree_hash& hash : proof.hashes) {
        text += to_string(hash) + '\n';
    }
    return text + '\n' + to_string(proof.checkpoint.note);
}

verification verify_event(const event_proof& proof, const verify_options& options, const finding_sink& found)
{
    const checkpoint& said = proof.checkpoint.said;
    verification result{.organization = said.organization};
    const auto tell = [&](finding one) {
        ++result.findings;
        found(one);
    };
    result.size = said.size;
    result.first = proof.index;
    if (!is_believed(proof.checkpoint, said.organization, options.keys, "the checkpoint of the proof", result, tell)) {
        return result;
    }
    result.checkpoints = 1;
    result.sealed_at = said.time;
    const tree_hash leaf = leaf_hash(proof.sealed);
    if (!proves_inclusion(leaf, proof.index, said.size, proof.hashes, said.root)) {
        tell({.what = verdict::content_changed, .organization = said.organization, .index = proof.index, .expected = to_string(said.root),
              .found = to_string(leaf), .detail = "the event and the hashes do not lead to the root that was signed"});
        return result;
    }
    std::optional<sealed_identity> whose;
    try {
        whose = identity_of(proof.sealed);
    } catch (const error& e) {
        tell({.what = verdict::evidence_damaged, .organization = said.organization, .index = proof.index, .detail = e.what()});
        return result;
    }
    if (whose->organization != said.organization) {
        tell({.what = verdict::checkpoint_foreign, .organization = said.organization, .index = proof.index, .event = whose->id,
              .expected = to_string(said.organization), .found = to_string(whose->organization),
              .detail = "the event is of another organization than the checkpoint"});
        return result;
    }
    for (const signed_checkpoint& anchor : options.anchors) {
        if (!is_believed(anchor, said.organization, options.keys, "a checkpoint that was kept elsewhere", result, tell)) {
            continue;
        }
        if (anchor.said.size != said.size) {
            ++result.anchors_not_compared;
            continue;
        }
        if (anchor.said.root == said.root) {
            ++result.anchors;
        } else {
            tell(split_view(anchor, to_string(proof.checkpoint.note)));
        }
    }
    if (result.findings == 0) {
        result.checked = 1;
        result.from = result.until = time_of_id(whose->id);
    }
    return result;
}

}  // namespace daybook
