// Reading a catalogue. Checking events is in catalogue_check.cpp, sentences are in catalogue_sentence.cpp.

#include <daybook/catalogue.hpp>

#include <algorithm>
#include <array>
#include <charconv>

#include <daybook/error.hpp>
#include <daybook/json.hpp>
#include <daybook/limits.hpp>

#include "catalogue_content.hpp"
#include "crypto.hpp"
#include "json_walk.hpp"

namespace daybook {

namespace {

using json_walk::known_members;
using json_walk::reader;

[[noreturn]] void refuse(const std::string& where, const std::string& what, const std::string& hint = {})
{
    throw error{error_kind::invalid_rules, where + " " + what, hint};
}

[[noreturn]] void refuse_word(const std::string& where, std::string_view word, std::span<const std::string_view> known)
{
    std::string list;
    for (const std::string_view one : known) {
        list += (list.empty() ? "" : ", ") + std::string{one};
    }
    refuse(where, "is \"" + std::string{word.substr(0, 60)} + "\", and can be " + list);
}

constexpr std::array<std::string_view, 8> type_names{"any",     "string", "integer", "number",
                                                     "boolean", "time",   "object",  "array"};

bool read_flag(json_token token, const std::string& where)
{
    if (token != json_token::boolean_true && token != json_token::boolean_false) {
        refuse(where, "is not true or false");
    }
    return token == json_token::boolean_true;
}

std::string read_text(reader& in, json_token token, const std::string& where)
{
    if (token != json_token::string) {
        refuse(where, "is not a string");
    }
    return json_text(in.raw());
}

// A list of texts; one text is a list too. Lua cannot tell an empty list from an empty object.
std::vector<std::string> read_texts(reader& in, json_token token, const std::string& where)
{
    std::vector<std::string> result;
    if (token == json_token::string) {
        result.push_back(json_text(in.raw()));
        return result;
    }
    if (token != json_token::array_begin) {
        refuse(where, "is not a list of strings");
    }
    in.array(token, where, [&](std::size_t, json_token item) { result.push_back(read_text(in, item, where)); });
    return result;
}

// true, "redact", "hash", "keep"
treatment read_treatment(reader& in, json_token token, const std::string& where, bool may_be_kept)
{
    if (token == json_token::boolean_true) {
        return treatment::redact;
    }
    const std::string word = read_text(in, token, where);
    if (word == "redact") {
        return treatment::redact;
    }
    if (word == "hash") {
        return treatment::hash;
    }
    if (word == "keep" && may_be_kept) {
        return treatment::keep;
    }
    static constexpr std::array<std::string_view, 4> known{"true", "redact", "hash", "keep"};
    refuse_word(where, word, std::span{known}.first(may_be_kept ? 4 : 3));
}

value_type read_type(reader& in, json_token token, const std::string& where)
{
    const std::string word = read_text(in, token, where);
    const auto* const found = std::ranges::find(type_names, word);
    if (found == type_names.end()) {
        refuse_word(where, word, type_names);
    }
    return static_cast<value_type>(found - type_names.begin());
}

std::vector<field_declaration> read_fields(reader& in, json_token token, const std::string& where, const std::string& facet_prefix,
                                           bool open);

struct field_place {
    std::string where;  // for people
    std::string facet;  // the key that `facet = true` means
    bool open;          // of objects, unless they say
};

field_declaration read_field(reader& in, json_token token, std::string name, const field_place& at)
{
    static constexpr std::array<std::string_view, 10> known{"type",   "required",    "personal", "secret", "one_of",
                                                            "facet",  "description", "fields",   "items",  "open"};
    field_declaration field{.name = std::move(name)};
    field.open = at.open;
    bool items = false;
    if (token == json_token::boolean_true) {
        return field;  // declared, and no more is said of it
    }
    if (token == json_token::string) {
        field.type = read_type(in, token, at.where);
        return field;
    }
    if (token != json_token::object_begin) {
        refuse(at.where, "is not a table of type, required, personal, …, nor the name of a type");
    }
    known_members(in, token, at.where, known, [&](const std::string& member, json_token value) {
        const std::string where = at.where + "." + member;
        if (member == "type") {
            field.type = read_type(in, value, where);
        } else if (member == "required") {
            field.required = read_flag(value, where);
        } else if (member == "personal" || member == "secret") {
            (member == "secret" ? field.secret : field.personal) = true;
            field.treated = std::max(field.treated, read_treatment(in, value, where, member == "personal"));
        } else if (member == "one_of") {
            field.one_of = read_texts(in, value, where);
        } else if (member == "facet") {
            field.facet = value == json_token::boolean_true ? at.facet : read_text(in, value, where);
            if (field.facet.empty()) {
                refuse(where, "has no name of its own", "as in facet = \"region\"");
            }
        } else if (member == "description") {
            field.description = read_text(in, value, where);
        } else if (member == "fields") {
            field.fields = read_fields(in, value, where, at.facet + ".", at.open);
        } else if (member == "items") {
            field.fields.push_back(read_field(in, value, "*", {where, {}, at.open}));
            items = true;
        } else {
            field.open = read_flag(value, where);
        }
    });
    // A value of another shape would hide from what is declared of its parts.
    if (field.type == value_type::any && !field.fields.empty()) {
        field.type = items ? value_type::array : value_type::object;
    }
    const bool whole = field.type == value_type::object || field.type == value_type::array || !field.fields.empty();
    if (whole && !field.facet.empty()) {
        refuse(at.where, "cannot be a facet: a facet is one value");
    }
    if (field.facet.size() > limits::facet_key_bytes) {
        refuse(at.where + ".facet", "is longer than " + std::to_string(limits::facet_key_bytes) + " bytes");
    }
    if (!field.fields.empty() && field.treated != treatment::keep) {
        refuse(at.where, "is replaced as a whole, so nothing in it can be declared");
    }
    if (!field.one_of.empty() && field.type != value_type::any && field.type != value_type::text) {
        refuse(at.where + ".one_of", "is a list of strings, and the type is another one");
    }
    return field;
}

std::vector<field_declaration> read_fields(reader& in, json_token token, const std::string& where, const std::string& facet_prefix,
                                           bool open)
{
    std::vector<field_declaration> result;
    if (token != json_token::object_begin) {
        refuse(where, "is not a table of fields by their names");
    }
    in.object(token, where, [&](const std::string& name, json_token value) {
        result.push_back(read_field(in, value, name, {where + "." + name, name == "*" ? std::string{} : facet_prefix + name, open}));
    });
    return result;
}

// The parts of each path become one inside the other, as the values do that are there.
void add_change(std::vector<field_declaration>& tree, std::span<const std::string> parts, field_declaration field, bool open)
{
    auto found = std::ranges::find(tree, parts.front(), &field_declaration::name);
    if (found == tree.end()) {
        tree.push_back({.name = parts.front(), .open = open});
        found = tree.end() - 1;
    }
    if (parts.size() > 1) {
        add_change(found->fields, parts.subspan(1), std::move(field), open);
        return;
    }
    // Deeper paths may have been there before.
    field.name = parts.front();
    std::ranges::move(found->fields, std::back_inserter(field.fields));
    *found = std::move(field);
}

std::vector<field_declaration> read_changes(reader& in, json_token token, const std::string& where, bool open)
{
    std::vector<field_declaration> tree;
    if (token != json_token::object_begin) {
        refuse(where, "is not a table of fields by their paths");
    }
    in.object(token, where, [&](const std::string& path, json_token value) {
        const std::string place = where + "[\"" + path + "\"]";
        if (!path.starts_with("/")) {
            refuse(place, "is not a JSON pointer (RFC 6901), as in /address/city");
        }
        field_declaration field = read_field(in, value, path, {place, path, open});
        if (!field.facet.empty()) {
            refuse(place, "cannot be a facet: it has an old and a new value");
        }
        add_change(tree, pointer_parts(path), std::move(field), open);
    });
    return tree;
}

treatment read_entity_treatment(reader& in, json_token token, const std::string& where)
{
    static constexpr std::array<std::string_view, 3> known{"personal", "secret", "description"};
    treatment result = treatment::keep;
    if (token != json_token::object_begin) {
        refuse(where, "is not a table of personal or secret");
    }
    known_members(in, token, where, known, [&](const std::string& member, json_token value) {
        if (member == "description") {
            static_cast<void>(read_text(in, value, where + ".description"));
        } else {
            result = std::max(result, read_treatment(in, value, where + "." + member, member == "personal"));
        }
    });
    return result;
}

// "user", {"user", "service"}, or a table of types, id, name, and of targets also required and optional.
entity_declaration read_entity(reader& in, json_token token, const std::string& where, bool targets)
{
    static constexpr std::array<std::string_view, 5> known{"types", "id", "name", "required", "optional"};
    entity_declaration result;
    result.needed = targets;
    if (token != json_token::object_begin) {
        result.types = read_texts(in, token, where);
        return result;
    }
    known_members(in, token, where, known, [&](const std::string& member, json_token value) {
        const std::string place = where + "." + member;
        if (member == "types") {
            result.types = read_texts(in, value, place);
        } else if (member == "id") {
            result.id = read_entity_treatment(in, value, place);
        } else if (member == "name") {
            result.name = read_entity_treatment(in, value, place);
        } else if (!targets) {
            refuse(place, "is for targets only");
        } else if (member == "required") {
            result.required = read_texts(in, value, place);
        } else {
            result.needed = !read_flag(value, place);
        }
    });
    for (const std::string& type : result.required) {
        if (!result.types.empty() && std::ranges::find(result.types, type) == result.types.end()) {
            result.types.push_back(type);
        }
    }
    return result;
}

int read_number(std::string_view digits)
{
    int number = -1;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

// Class and activity, each by its number or its name.
ocsf_mapping read_ocsf(reader& in, json_token token, const std::string& where)
{
    static constexpr std::array<std::string_view, 2> known{"class", "activity"};
    struct word {
        std::string text{};
        bool number = false;
    };
    word of_class;
    word of_activity;
    known_members(in, token, where, known, [&](const std::string& member, json_token value) {
        word& one = member == "class" ? of_class : of_activity;
        one.number = value == json_token::integer;
        one.text = one.number ? std::string{in.raw()} : read_text(in, value, where + "." + member);
    });
    if (of_class.text.empty()) {
        refuse(where, "names no class", "as in { class = \"account_change\", activity = \"create\" }");
    }
    try {
        const ocsf_class& found = of_class.number ? find_ocsf_class(read_number(of_class.text)) : find_ocsf_class(of_class.text);
        ocsf_mapping result{&found};
        if (!of_activity.text.empty()) {
            result.activity = of_activity.number ? &find_ocsf_activity(found, read_number(of_activity.text))
                                                 : &find_ocsf_activity(found, of_activity.text);
        }
        return result;
    } catch (const error& e) {
        refuse(where + ":", e.what());
    }
}

action_declaration read_action(reader& in, json_token token, const std::string& name, bool strict)
{
    static constexpr std::array<std::string_view, 17> known{
        "sentence",  "description",  "actor",      "on_behalf_of", "targets",        "metadata", "changes", "retention", "ocsf", "open",
        "reason",    "source_ip",    "user_agent", "request_id",   "correlation_id", "trace_id", "source"};
    const std::string where = "actions[\"" + name + "\"]";
    action_declaration action{.name = name};
    action.open = !strict;
    if (token != json_token::object_begin && token != json_token::boolean_true) {
        refuse(where, "is not a table");
    }
    if (name.empty() || name.size() > limits::name_bytes) {
        refuse(where, "is no action: 1 to " + std::to_string(limits::name_bytes) + " bytes");
    }
    if (token == json_token::boolean_true) {
        return action;
    }
    known_members(in, token, where, known, [&](const std::string& member, json_token value) {
        const std::string place = where + "." + member;
        if (member == "sentence") {
            action.sentence = read_text(in, value, place);
        } else if (member == "description") {
            action.description = read_text(in, value, place);
        } else if (member == "actor") {
            action.actor = read_entity(in, value, place, false);
        } else if (member == "on_behalf_of") {
            action.on_behalf_of = read_entity(in, value, place, false);
        } else if (member == "targets") {
            action.targets = read_entity(in, value, place, true);
        } else if (member == "metadata") {
            action.metadata = read_fields(in, value, place, "", !strict);
        } else if (member == "changes") {
            action.changes = read_changes(in, value, place, !strict);
        } else if (member == "retention") {
            action.retention = read_text(in, value, place);
        } else if (member == "open") {
            action.open = read_flag(value, place);
        } else if (member == "ocsf") {
            action.ocsf = read_ocsf(in, value, place);
        } else {
            field_declaration field = read_field(in, value, member, {place, member, true});
            if ((field.type != value_type::any && field.type != value_type::text) || !field.fields.empty()) {
                refuse(place, "is always a string");
            }
            action.texts.push_back(std::move(field));
        }
    });
    return action;
}

// "10 years", "400 days", "7y". What must be kept is rounded up.
std::chrono::days read_days(const std::string& text, const std::string& where)
{
    int number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
    while (unit.starts_with(' ')) {
        unit.remove_prefix(1);
    }
    if (unit.size() > 1 && unit.ends_with('s')) {
        unit.remove_suffix(1);
    }
    const int days = unit == "d" || unit == "day"     ? 1
                     : unit == "w" || unit == "week"  ? 7
                     : unit == "month"                ? 31
                     : unit == "y" || unit == "year" ? 366
                                                      : 0;
    if (problem != std::errc{} || number <= 0 || number > 10'000 || days == 0) {
        refuse(where, "is \"" + text.substr(0, 60) + "\", which is no time", "as in \"400 days\", \"18 months\", \"10 years\"");
    }
    return std::chrono::days{number * days};
}

void read_examples(reader& in, json_token token, std::vector<catalogue_example>& examples)
{
    static constexpr std::array<std::string_view, 2> known{"pass", "fail"};
    known_members(in, token, "examples", known, [&](const std::string& member, json_token list) {
        const std::string where = "examples." + member;
        if (list != json_token::array_begin) {
            refuse(where, "is not a list");
        }
        in.array(list, where, [&](std::size_t index, json_token item) {
            const std::string place = where + "[" + std::to_string(index + 1) + "]";
            if (item != json_token::object_begin) {
                refuse(place, "is not a table");
            }
            catalogue_example example{.event_json = {}, .passes = member == "pass"};
            if (example.passes) {
                example.event_json = in.raw_value(item);
            } else {
                static constexpr std::array<std::string_view, 2> parts{"event", "message"};
                known_members(in, item, place, parts, [&](const std::string& part, json_token value) {
                    if (part == "event") {
                        example.event_json = in.raw_value(value);
                    } else {
                        example.message = read_text(in, value, place + ".message");
                    }
                });
                if (example.event_json.empty() || example.message.empty()) {
                    refuse(place, "needs an event, and part of the message that refuses it", R"(as in {event = {…}, message = "…"})");
                }
            }
            examples.push_back(std::move(example));
        });
    });
}

}  // namespace

std::string plain_name(std::string_view name)
{
    std::string result;
    for (const char c : name) {
        if (c != '_' && c != '-') {
            result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    return result;
}

std::vector<std::string> pointer_parts(std::string_view pointer)
{
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < pointer.size(); ++i) {
        if (pointer[i] == '/') {
            parts.emplace_back();
        } else if (pointer[i] == '~' && i + 1 < pointer.size()) {
            parts.back() += pointer[++i] == '1' ? '/' : '~';
        } else {
            parts.back() += pointer[i];
        }
    }
    return parts;
}

const field_declaration* find_field(const std::vector<field_declaration>& fields, std::string_view name) noexcept
{
    const field_declaration* any = nullptr;
    for (const field_declaration& field : fields) {
        if (field.name == name) {
            return &field;
        }
        if (field.name == "*") {
            any = &field;
        }
    }
    return any;
}

const action_declaration* detail::catalogue_content::find(std::string_view action) const noexcept
{
    const auto exactly = [this](std::string_view name) -> const action_declaration* {
        const auto found = std::ranges::lower_bound(actions, name, std::ranges::less{},
                                                    [](const action_declaration& a) { return std::string_view{a.name}; });
        return found != actions.end() && found->name == name ? &*found : nullptr;
    };
    if (const action_declaration* const own = exactly(action)) {
        return own;
    }
    for (std::size_t dot = action.rfind('.'); dot != std::string_view::npos && dot > 0; dot = action.rfind('.', dot - 1)) {
        for (const action_declaration& one : actions) {
            const std::string_view name{one.name};
            if (name.size() == dot + 2 && name.ends_with(".*") && name.substr(0, dot) == action.substr(0, dot)) {
                return &one;
            }
        }
    }
    return exactly("*");
}

std::string detail::catalogue_content::hash_of(const org_id& organization, std::string_view value) const
{
    if (hash_key.size() < 16) {
        throw error{error_kind::invalid_rules, "the catalogue hashes values, and there is no key to do it with",
                    "DAYBOOK_HASH_KEY_FILE names a file of at least 16 random bytes, the same for all programs that write"};
    }
    const auto& bytes = organization.value().bytes;
    const auto mac = crypto::hmac_sha256(
        hash_key, {std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()}, value});
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result = "hmac:";
    for (std::size_t i = 0; i < 16; ++i) {
        result += digits[mac[i] >> 4];
        result += digits[mac[i] & 15];
    }
    return result;
}

catalogue::catalogue(std::string_view json, std::string_view digest, catalogue_options options)
{
    static constexpr std::array<std::string_view, 8> known{"name",      "description", "strict",  "secret_names",
                                                           "retention", "actions",     "facets",  "examples"};
    auto made = std::make_unique<detail::catalogue_content>();
    made->digest = digest;
    made->hash_key = std::move(options.hash_key);
    if (!made->hash_key.empty() && made->hash_key.size() < 16) {
        throw error{error_kind::invalid_rules, "the key to hash values with has fewer than 16 bytes"};
    }
    try {
        // `strict` decides how the others are read, wherever it stands.
        reader first{json};
        if (first.next() != json_token::object_begin) {
            refuse("the catalogue", "is not a table");
        }
        while (first.next() == json_token::key) {
            const std::string name = json_text(first.raw());
            const json_token value = first.next();
            if (name == "strict") {
                made->strict = read_flag(value, name);
            } else {
                static_cast<void>(first.raw_value(value));
            }
        }
        reader in{json};
        known_members(in, in.next(), "the catalogue", known, [&](const std::string& member, json_token value) {
            if (member == "name") {
                made->name = read_text(in, value, member);
            } else if (member == "secret_names") {
                for (const std::string& name : read_texts(in, value, member)) {
                    made->secret_names.insert(plain_name(name));
                }
            } else if (member == "facets") {
                made->facets = read_texts(in, value, member);
            } else if (member == "retention") {
                in.object(value, member, [&](const std::string& name, json_token time) {
                    made->retention.push_back({name, read_days(read_text(in, time, "retention." + name), "retention." + name)});
                });
            } else if (member == "actions") {
                if (value != json_token::object_begin) {
                    refuse("actions", "is not a table of actions by their names");
                }
                in.object(value, member, [&](const std::string& name, json_token declaration) {
                    made->actions.push_back(read_action(in, declaration, name, made->strict));
                });
            } else if (member == "examples") {
                read_examples(in, value, made->examples);
            } else if (member == "description") {
                static_cast<void>(read_text(in, value, member));
            }
        });
    } catch (const error& e) {
        throw error{error_kind::invalid_rules, e.what()};
    }
    if (made->actions.empty()) {
        refuse("the catalogue", "declares no actions", "as in actions = { [\"document.delete\"] = { targets = \"document\" } }");
    }
    std::ranges::sort(made->actions, {}, &action_declaration::name);
    for (const action_declaration& action : made->actions) {
        const std::string where = "actions[\"" + action.name + "\"]";
        made->sentences.push_back(parse_sentence(action.sentence, action, where + ".sentence"));
        if (!action.retention.empty() &&
            std::ranges::find(made->retention, action.retention, &retention_class::name) == made->retention.end()) {
            refuse(where + ".retention", "is \"" + action.retention + "\", which is no class of `retention`");
        }
    }
    m_content = std::move(made);
}

catalogue::~catalogue() = default;

const action_declaration* catalogue::find(std::string_view action) const noexcept
{
    return m_content->find(action);
}

const ocsf_mapping& catalogue::ocsf_of(std::string_view action) const noexcept
{
    const action_declaration* const declared = find(action);
    return declared == nullptr || !declared->ocsf ? api_activity : *declared->ocsf;
}

std::string catalogue::hash_of(const org_id& organization, std::string_view value) const
{
    return m_content->hash_of(organization, value);
}

const std::string& catalogue::name() const noexcept
{
    return m_content->name;
}

const std::string& catalogue::digest() const noexcept
{
    return m_content->digest;
}

bool catalogue::strict() const noexcept
{
    return m_content->strict;
}

std::span<const action_declaration> catalogue::actions() const noexcept
{
    return m_content->actions;
}

std::span<const retention_class> catalogue::retention_classes() const noexcept
{
    return m_content->retention;
}

std::span<const catalogue_example> catalogue::examples() const noexcept
{
    return m_content->examples;
}

}  // namespace daybook
