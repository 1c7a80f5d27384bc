// What the events of a program must look like, what in them is personal or secret, and how they are told to people.
//
// A catalogue is written in Lua (catalogue_file.hpp) and is plain data afterwards: checking an event needs no Lua.

#ifndef DAYBOOK_CATALOGUE_HPP
#define DAYBOOK_CATALOGUE_HPP

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/event_rules.hpp>
#include <daybook/export.hpp>
#include <daybook/ocsf.hpp>

namespace daybook {

namespace detail {
struct catalogue_content;
}

/// What becomes of a value before the event leaves the process.
enum class treatment : unsigned char {
    keep,
    hash,    ///< "hmac:" and 32 hexadecimal digits: equal values of one organization stay equal, and can be found
    redact,  ///< "[redacted]" stands in its place
};

enum class value_type : unsigned char { any, text, integer, number, boolean, time, object, array };

/// A value in metadata, in changes, or one of the event's own texts.
struct field_declaration {
    std::string name;  ///< "*" stands for any member or element
    value_type type = value_type::any;
    bool required = false;
    bool personal = false;
    bool secret = false;
    treatment treated = treatment::keep;
    std::vector<std::string> one_of{};  ///< texts; anything if empty
    std::string facet{};                ///< the key under which the value can be searched for; none if empty
    std::string description{};
    std::vector<field_declaration> fields{};  ///< of an object, or, as "*", of an array's elements
    bool open = true;                         ///< members that are not declared are accepted
};

/// Who acts, or what is acted on.
struct entity_declaration {
    std::vector<std::string> types{};     ///< any if empty
    std::vector<std::string> required{};  ///< of targets: one of each must be there
    bool needed = false;                  ///< of targets: there must be at least one
    treatment id = treatment::keep;
    treatment name = treatment::keep;
};

struct action_declaration {
    std::string name;      ///< "role.grant", or a prefix, "document.*", for what is not declared itself
    std::string sentence{};  ///< "{actor} granted {changes.role.new} to {target}"; empty if none is declared
    std::string description{};
    entity_declaration actor{};
    entity_declaration on_behalf_of{};
    entity_declaration targets{};
    std::vector<field_declaration> texts{};     ///< reason, source_ip, user_agent, …
    std::vector<field_declaration> metadata{};
    std::vector<field_declaration> changes{};   ///< by the parts of their paths
    std::string retention{};                    ///< the class, one of catalogue::retention_classes()
    std::optional<ocsf_mapping> ocsf{};         ///< what it is in an export; nothing if the file does not say
    bool open = true;                           ///< metadata and changes that are not declared are accepted
};

/// How long events of a class must be kept.
struct retention_class {
    std::string name;
    std::chrono::days keep;
};

/// Events that a catalogue's author wrote down, to be tried by `daybook catalogue test`.
struct catalogue_example {
    std::string event_json;
    bool passes = true;
    std::string message{};  ///< part of what the refusal says; of one that does not pass
};

struct catalogue_options {
    /// What values are hashed with: at least 16 bytes that nobody else knows. Without one, an event that has something to
    /// hash is refused. It must stay the same, or equal values are no longer found.
    std::string hash_key{};
};

/// Immutable once it is made: any thread.
class DAYBOOK_EXPORT catalogue final : public event_rules {
public:
    /// From what the file returned, as JSON; docs/catalogue.md has its form. `digest` names the file's content, in
    /// hexadecimal. Throws error (invalid_rules), naming the place.
    catalogue(std::string_view json, std::string_view digest, catalogue_options options = {});
    ~catalogue() override;
    catalogue(const catalogue&) = delete;
    catalogue& operator=(const catalogue&) = delete;

    /// Checks the event, redacts and hashes what it says is personal or secret, and adds its facets. Throws error
    /// (undeclared, naming the field and the nearest declared one; invalid_json; invalid_rules if the hash key is missing).
    void apply(outgoing_event& e) const override;
    void conceal(outgoing_event& e) const override;

    /// The declaration of an action: its own, else that of the longest prefix; null if there is none.
    [[nodiscard]] const action_declaration* find(std::string_view action) const noexcept;

    /// What an event of this action is in OCSF's terms: api_activity if the catalogue does not say.
    [[nodiscard]] const ocsf_mapping& ocsf_of(std::string_view action) const noexcept;

    /// What happened, in words; one made of actor, action and targets where none is declared. It holds what the event
    /// says, hostile characters too: whoever shows it escapes them.
    [[nodiscard]] std::string sentence(const event& e) const;

    /// What stands in the log instead of `value`, to find it by: `hash_of(organization, "alice@acme.test")`. Throws error
    /// (invalid_rules) without a key.
    [[nodiscard]] std::string hash_of(const org_id& organization, std::string_view value) const;

    [[nodiscard]] const std::string& name() const noexcept;
    [[nodiscard]] const std::string& digest() const noexcept;
    [[nodiscard]] bool strict() const noexcept;
    [[nodiscard]] std::span<const action_declaration> actions() const noexcept;
    [[nodiscard]] std::span<const retention_class> retention_classes() const noexcept;
    [[nodiscard]] std::span<const catalogue_example> examples() const noexcept;

private:
    std::unique_ptr<const detail::catalogue_content> m_content;
};

/// The sentence without a catalogue: "alice did document.delete to document 42".
[[nodiscard]] DAYBOOK_EXPORT std::string plain_sentence(const event& e);

/// A C++ header with a constant for each action and each facet, so that a misspelt one does not compile. `name_space` is
/// as in "acme::audit". Throws error (invalid_rules) if two names would be the same constant.
[[nodiscard]] DAYBOOK_EXPORT std::string constants_header(const catalogue& from, std::string_view name_space);

}  // namespace daybook

#endif
