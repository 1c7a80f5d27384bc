// Anything at all, given to everything that reads keys, notes, checkpoints and sealed lines: refused with an error of the
// promised kind, or accepted, and then it is what would be written.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <daybook/checkpoint.hpp>
#include <daybook/error.hpp>
#include <daybook/merkle.hpp>
#include <daybook/seal_key.hpp>
#include <daybook/sealed_event.hpp>
#include <daybook/signed_note.hpp>

using namespace daybook;

namespace {

void require(bool holds, const char* promise)
{
    if (!holds) {
        std::fprintf(stderr, "broken promise: %s\n", promise);
        std::abort();
    }
}

// Refusing is right, if with this kind; any other exception ends the process.
template <typename Work>
auto accepted(error_kind kind, Work&& work) -> std::optional<decltype(work())>
{
    try {
        return work();
    } catch (const error& e) {
        require(e.kind() == kind, "an error is of the promised kind");
        return std::nullopt;
    }
}

void check_hash(std::string_view text)
{
    if (const auto hash = parse_tree_hash(text)) {
        require(to_string(*hash) == text, "a hash has one spelling");
    }
}

void check_keys(std::string_view text)
{
    if (const auto key = accepted(error_kind::invalid_key, [&] { return verifying_key::parse(text); })) {
        require(to_string(*key) == text, "a public key has one spelling");
    }
    if (const auto key = accepted(error_kind::invalid_key, [&] { return signing_key::parse(text); })) {
        require(key->secret_text() == text, "a private key has one spelling");
        require(is_signed_by(key->public_half(), "text", key->sign("text")), "what a key signs holds");
    }
    if (const auto keys = accepted(error_kind::invalid_key, [&] { return parse_trusted_keys(text); })) {
        std::string again;
        for (const trusted_key& one : *keys) {
            again += to_string(one.key) + (one.from ? " from " + to_string(*one.from) : "") +
                     (one.until ? " until " + to_string(*one.until) : "") + "\n";
        }
        require(!keys->empty() && parse_trusted_keys(again) == *keys, "trusted keys come back");
    }
}

// Of a known key, so that what the fuzzer finds can be signed, and examined.
const signing_key& known_key()
{
    static const signing_key key = signing_key::generate("audit.example.com/daybook");
    return key;
}

void check_note(std::string_view text)
{
    const auto note = accepted(error_kind::invalid_proof, [&] { return signed_note::parse(text); });
    if (!note) {
        return;
    }
    require(to_string(*note) == text, "a note has one spelling");
    require(examine(*note, known_key().public_half()) != note_state::signed_by_known_key, "nobody else's signature holds");
    const signed_note again = sign_note(note->text, known_key());
    require(signed_note::parse(to_string(again)) == again, "the text of a note can be signed, and read again");
    require(examine(again, known_key().public_half()) == note_state::signed_by_known_key, "and its signature holds");
}

void check_checkpoint(std::string_view text)
{
    if (const auto head = accepted(error_kind::invalid_proof, [&] { return tree_head::parse(text); })) {
        require(to_string(*head) == text, "a tree head has one spelling");
    }
    if (const auto one = accepted(error_kind::invalid_proof, [&] { return checkpoint::parse(text); })) {
        require(to_string(*one) == text, "a checkpoint has one spelling");
        require(one->previous < one->size, "a checkpoint is larger than the one before");
    }
    if (const auto one = accepted(error_kind::invalid_proof, [&] { return signed_checkpoint::parse(text); })) {
        require(to_string(one->note) == text, "a signed checkpoint has one spelling");
        require(to_string(one->said) == one->note.text, "what it says is what is signed");
        const auto same = parse_checkpoints(text);
        require(same.size() == 1 && same.front().note == one->note, "one checkpoint is a list of one");
    }
    if (const auto all = accepted(error_kind::invalid_proof, [&] { return parse_checkpoints(text); })) {
        std::string again;
        for (const signed_checkpoint& one : *all) {
            again += (again.empty() ? "" : "\n") + to_string(one.note);
        }
        require(again == text || again + "\n" == text, "checkpoints have one spelling, but for an empty line at the end");
    }
}

void check_line(std::string_view text)
{
    if (const auto whose = accepted(error_kind::invalid_proof, [&] { return identity_of(text); })) {
        std::string line;
        append_sealed(line, {.id = whose->id, .organization = whose->organization.value(), .occurred_at = {}, .recorded_at = {},
                             .action = {}, .outcome = {}, .actor_type = {}, .actor_id = {}, .db_role = {}});
        require(text.starts_with(line.substr(0, line.find(R"(,"recorded_at")"))), "a line begins with whose it is");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_hash(text);
    check_keys(text);
    check_note(text);
    check_checkpoint(text);
    check_line(text);
    return 0;
}
