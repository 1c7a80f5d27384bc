// What a catalogue holds, for the files that it is spread over: reading, checking, telling.

#ifndef DAYBOOK_CORE_CATALOGUE_CONTENT_HPP
#define DAYBOOK_CORE_CATALOGUE_CONTENT_HPP

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/catalogue.hpp>

namespace daybook {

/// A sentence, cut at its places.
struct sentence_part {
    std::string text;                   ///< as it stands
    std::vector<std::string> place{};  ///< or, if this is not empty, what is put here: {"changes", "role", "new"}
};

using sentence_parts = std::vector<sentence_part>;

struct detail::catalogue_content {
    std::string name;
    std::string digest;
    std::string hash_key;
    bool strict = false;
    std::set<std::string, std::less<>> secret_names;  // as plain_name() makes them
    std::vector<std::string> facets;                  // that any event may be given
    std::vector<action_declaration> actions;          // sorted by name
    std::vector<sentence_parts> sentences;            // of each action
    std::vector<retention_class> retention;
    std::vector<catalogue_example> examples;

    [[nodiscard]] const action_declaration* find(std::string_view action) const noexcept;
    [[nodiscard]] std::string hash_of(const org_id& organization, std::string_view value) const;
};

/// "apiKey", "API-Key" and "api_key" are the same name.
[[nodiscard]] std::string plain_name(std::string_view name);

/// The parts of a JSON pointer that begins with "/", unescaped (RFC 6901).
[[nodiscard]] std::vector<std::string> pointer_parts(std::string_view pointer);

/// The declaration of a member; that of any member ("*") if it has none of its own; null if it has neither.
[[nodiscard]] const field_declaration* find_field(const std::vector<field_declaration>& fields, std::string_view name) noexcept;

/// Throws error (invalid_rules) for a place that no event has. `where` is the action.
[[nodiscard]] sentence_parts parse_sentence(std::string_view text, const action_declaration& of, const std::string& where);

[[nodiscard]] std::string tell(const sentence_parts& parts, const event& e);

}  // namespace daybook

#endif
