#include <daybook/checkpoint.hpp>

#include <optional>

#include <daybook/error.hpp>

#include "seal_text.hpp"

namespace daybook {

namespace {

constexpr std::string_view origin_prefix = "daybook/";

[[noreturn]] void refuse(std::size_t line, const std::string& what)
{
    throw error{error_kind::invalid_proof, "checkpoint, line " + std::to_string(line) + ": " + what};
}

// `<name> <value>`
std::string_view value_of(const tree_head& head, std::size_t at, std::string_view name)
{
    const std::string_view line = head.extensions[at];
    if (!line.starts_with(name) || line.substr(name.size(), 1) != " ") {
        refuse(at + 4, "`" + std::string{name} + " …` is expected here");
    }
    return line.substr(name.size() + 1);
}

timestamp read_time(std::string_view text, std::size_t line)
{
    try {
        const timestamp time = parse_time(text);
        if (to_string(time) == text) {
            return time;
        }
    } catch (const error&) {
        // Said below.
    }
    refuse(line, "a time in UTC with six digits behind the second is expected, as in 2026-11-20T10:00:00.000000Z");
}

}  // namespace

tree_head tree_head::parse(std::string_view text)
{
    tree_head head;
    std::size_t number = 0;
    while (!text.empty()) {
        const auto line = seal_text::take_line(text);
        ++number;
        if (!line || line->empty()) {
            refuse(number, "a line that is not empty, and ends, is expected");
        }
        if (number == 1) {
            head.origin = *line;
        } else if (number == 2) {
            const auto size = seal_text::number(*line);
            if (!size) {
                refuse(2, "the size is expected: decimal digits, no leading zero, below 2^63");
            }
            head.size = *size;
        } else if (number == 3) {
            const auto root = parse_tree_hash(*line);
            if (!root) {
                refuse(3, "the root is expected: 32 bytes in base64");
            }
            head.root = *root;
        } else {
            head.extensions.emplace_back(*line);
        }
    }
    if (number < 3) {
        refuse(number + 1, "origin, size and root are expected, a line each");
    }
    return head;
}

std::string to_string(const tree_head& head)
{
    std::string text = head.origin + '\n' + std::to_string(head.size) + '\n' + to_string(head.root) + '\n';
    for (const std::string& line : head.extensions) {
        text += line + '\n';
    }
    return text;
}

std::string origin_of(const org_id& organization)
{
    return std::string{origin_prefix} + to_string(organization);
}

checkpoint checkpoint::parse(std::string_view text)
{
    const tree_head head = tree_head::parse(text);
    if (head.extensions.size() != 2) {
        refuse(std::min<std::size_t>(head.extensions.size() + 4, 6), "a checkpoint of Daybook has five lines");
    }
    const auto id = head.origin.starts_with(origin_prefix) ? parse_uuid(std::string_view{head.origin}.substr(origin_prefix.size()))
                                                          : std::nullopt;
    if (!id || id->is_nil()) {
        refuse(1, "`daybook/` and an organization's id are expected");
    }
    const auto previous = seal_text::number(value_of(head, 0, "previous"));
    if (!previous || *previous >= head.size) {
        refuse(4, "the size of the checkpoint before is expected: a number below that of line 2");
    }
    return {org_id{*id}, head.size, head.root, *previous, read_time(value_of(head, 1, "time"), 5)};
}

std::string to_string(const checkpoint& made)
{
    return to_string(tree_head{origin_of(made.organization), made.size, made.root,
                               {"previous " + std::to_string(made.previous), "time " + to_string(made.time)}});
}

signed_checkpoint signed_checkpoint::parse(std::string_view text)
{
    signed_note note = signed_note::parse(text);
    checkpoint said = checkpoint::parse(note.text);
    return {said, std::move(note)};
}

signed_checkpoint sign_checkpoint(const checkpoint& made, const signing_key& key)
{
    std::string text = to_string(made);
    static_cast<void>(checkpoint::parse(text));  // what nobody would read is not signed
    return {made, sign_note(std::move(text), key)};
}

signature_state examine(const signed_checkpoint& one, const std::vector<trusted_key>& keys)
{
    signature_state state = signature_state::unknown_key;
    for (const trusted_key& trusted : keys) {
        switch (examine(one.note, trusted.key)) {
        case note_state::unknown_key: break;
        case note_state::bad_signature: return signature_state::bad_signature;
        case note_state::signed_by_known_key:
            if ((!trusted.from || one.said.time >= *trusted.from) && (!trusted.until || one.said.time < *trusted.until)) {
                state = signature_state::good;
            } else if (state == signature_state::unknown_key) {
                state = signature_state::key_not_valid_then;
            }
            break;
        }
    }
    return state;
}

std::string signer_of(const signed_checkpoint& one, const std::vector<trusted_key>& keys)
{
    for (const trusted_key& trusted : keys) {
        if (examine(one.note, trusted.key) == note_state::signed_by_known_key) {
            return trusted.key.name;
        }
    }
    return {};
}

std::vector<signed_checkpoint> parse_checkpoints(std::string_view text)
{
    std::vector<signed_checkpoint> all;
    while (!text.empty()) {
        // A note has one empty line, before its signatures; the next one ends it.
        const std::size_t signatures = text.find("\n\n");
        const std::size_t end = signatures == std::string_view::npos ? signatures : text.find("\n\n", signatures + 2);
        const std::size_t length = end == std::string_view::npos ? text.size() : end + 1;
        try {
            all.push_back(signed_checkpoint::parse(text.substr(0, length)));
        } catch (const error& e) {
            throw error{e.kind(), "checkpoint " + std::to_string(all.size() + 1) + ": " + e.what()};
        }
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return all;
}

}  // namespace daybook
