#include <daybook/signed_note.hpp>

#include <algorithm>

#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "base64.hpp"
#include "seal_text.hpp"

namespace daybook {

namespace {

constexpr std::size_t most_bytes = 64 * 1024;
constexpr std::size_t most_signatures = 100;
constexpr std::string_view dash = "\u2014 ";

[[noreturn]] void refuse(const std::string& what)
{
    throw error{error_kind::invalid_proof, "signed note: " + what};
}

note_signature parse_signature(std::string_view line, std::size_t number)
{
    const std::string where = "line " + std::to_string(number) + ": ";
    if (!line.starts_with(dash)) {
        refuse(where + "a signature begins with an em dash and a space");
    }
    line.remove_prefix(dash.size());
    const std::size_t space = line.find(' ');
    const std::string_view name = line.substr(0, space);
    // Others may use more of Unicode in names than our own keys do.
    if (space == std::string_view::npos || name.empty() || name.find('+') != std::string_view::npos) {
        refuse(where + "behind the dash stand a key's name and a space");
    }
    const std::optional<std::string> bytes = base64::decode(line.substr(space + 1));
    if (!bytes || bytes->size() <= 4) {
        refuse(where + "behind the name stands base64 of a key's id and a signature");
    }
    return {std::string{name}, seal_text::key_id(*bytes), bytes->substr(4)};
}

}  // namespace

signed_note signed_note::parse(std::string_view text)
{
    if (text.size() > most_bytes) {
        refuse("it has " + std::to_string(text.size()) + " bytes; " + std::to_string(most_bytes) + " are allowed");
    }
    try {
        check_text(text, "the text");
    } catch (const error& e) {
        refuse(e.what());
    }
    if (std::ranges::any_of(text, [](unsigned char c) { return c < ' ' && c != '\n'; })) {
        refuse("it has control characters");
    }
    const std::size_t split = text.rfind("\n\n");
    if (split == std::string_view::npos || split == 0) {
        refuse("an empty line and signatures are missing");
    }
    signed_note note{std::string{text.substr(0, split + 1)}, {}};
    std::string_view rest = text.substr(split + 2);
    std::size_t number = static_cast<std::size_t>(std::ranges::count(note.text, '\n')) + 1;
    while (!rest.empty()) {
        const auto line = seal_text::take_line(rest);
        if (!line) {
            refuse("line " + std::to_string(number + 1) + ": the last line does not end");
        }
        if (note.signatures.size() == most_signatures) {
            refuse("more than " + std::to_string(most_signatures) + " signatures");
        }
        note.signatures.push_back(parse_signature(*line, ++number));
    }
    if (note.signatures.empty()) {
        refuse("there is no signature");
    }
    return note;
}

std::string to_string(const signed_note& note)
{
    std::string text = note.text + '\n';
    for (const note_signature& one : note.signatures) {
        std::string bytes;
        for (int shift = 24; shift >= 0; shift -= 8) {
            bytes += static_cast<char>((one.key_id >> shift) & 0xff);
        }
        text += dash;
        text += one.name + ' ' + base64::encode(bytes + one.bytes) + '\n';
    }
    return text;
}

signed_note sign_note(std::string text, const signing_key& key)
{
    const verifying_key& half = key.public_half();
    std::string signature = key.sign(text);
    return {std::move(text), {{half.name, half.id, std::move(signature)}}};
}

note_state examine(const signed_note& note, const verifying_key& key)
{
    note_state state = note_state::unknown_key;
    for (const note_signature& one : note.signatures) {
        if (one.name != key.name || one.key_id != key.id) {
            continue;
        }
        if (!is_signed_by(key, note.text, one.bytes)) {
            return note_state::bad_signature;
        }
        state = note_state::signed_by_known_key;
    }
    return state;
}

}  // namespace daybook
