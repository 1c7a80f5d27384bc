// An event against its declaration: what is missing, what is not declared, what is replaced, what becomes a facet.

#include <algorithm>
#include <array>
#include <functional>

#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "catalogue_content.hpp"

namespace daybook {

namespace {

constexpr std::string_view redacted = "[redacted]";

// What `how` leaves behind already: of an export that is imported again, or a retry.
bool is_replaced(treatment how, std::string_view text)
{
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    const bool hashed = text.size() == 37 && text.starts_with("hmac:") && std::ranges::all_of(text.substr(5), is_digit);
    return how != treatment::keep && (text == redacted || (how == treatment::hash && hashed));
}

[[noreturn]] void refuse(const std::string& what, std::string_view wrong = {}, std::span<const std::string_view> declared = {})
{
    const std::string_view near = nearest_name(wrong, declared);
    std::string hint = near.empty() ? std::string{} : "did you mean \"" + std::string{near} + "\"?";
    throw error{error_kind::undeclared, what, hint};
}

std::string quoted(std::string_view text)
{
    return "\"" + std::string{text.substr(0, 60)} + "\"";
}

std::string list_of(const std::vector<std::string>& words)
{
    std::string list;
    for (const std::string& word : words) {
        list += (list.empty() ? "" : ", ") + word;
    }
    return list;
}

bool contains(const std::vector<std::string>& words, std::string_view word)
{
    return std::ranges::find(words, word) != words.end();
}

// Where a value stands: "metadata.address.city" is made of these only when something is wrong.
struct place {
    const place* above;
    std::string_view name;

    [[nodiscard]] std::string text() const
    {
        return above == nullptr ? std::string{name} : above->text() + "." + std::string{name};
    }
};

class checker {
public:
    checker(const detail::catalogue_content& c, const org_id& organization, const action_declaration& action)
        : m_catalogue{c}, m_organization{organization}, m_action{action}
    {
    }

    void check(event& e)
    {
        check_entities(e);
        for (const field_declaration& field : m_action.texts) {
            check_text(field, *text_of(e, field.name));
        }
        check_metadata(e);
        check_changes(e);
        treat_entities(e);
        add_facets(e);
    }

    // What hides, without what is required.
    void conceal(event& e) const
    {
        treat_entities(e);
        for (const field_declaration& field : m_action.texts) {
            if (std::optional<std::string>* const text = text_of(e, field.name); text != nullptr && *text) {
                treat(field.treated, **text);
            }
        }
    }

private:
    static std::optional<std::string>* text_of(event& e, std::string_view name)
    {
        return name == "source_ip"        ? &e.source_ip
               : name == "user_agent"     ? &e.user_agent
               : name == "request_id"     ? &e.request_id
               : name == "correlation_id" ? &e.correlation_id
               : name == "trace_id"       ? &e.trace_id
               : name == "source"         ? &e.source
               : name == "reason"         ? &e.reason
                                          : nullptr;
    }

    [[nodiscard]] std::string replacement(treatment how, std::string_view value) const
    {
        return how == treatment::redact ? std::string{redacted} : m_catalogue.hash_of(m_organization, value);
    }

    void treat(treatment how, std::string& value) const
    {
        if (how != treatment::keep && !value.empty() && !is_replaced(how, value)) {
            value = replacement(how, value);
        }
    }

    // ------------------------------------------------------------ who and what

    void check_type(const entity& one, const entity_declaration& declared, const std::string& field) const
    {
        if (!declared.types.empty() && !contains(declared.types, one.type)) {
            const std::vector<std::string_view> names{declared.types.begin(), declared.types.end()};
            refuse(field + ".type is " + quoted(one.type) + "; " + m_action.name + " allows " + list_of(declared.types), one.type,
                   names);
        }
    }

    void check_types(const std::vector<entity>& list, const entity_declaration& declared, const std::string& field) const
    {
        for (std::size_t i = 0; i < list.size(); ++i) {
            check_type(list[i], declared, field + "[" + std::to_string(i + 1) + "]");
        }
    }

    void treat(const entity_declaration& declared, entity& one) const
    {
        treat(declared.id, one.id);
        if (one.name) {
            treat(declared.name, *one.name);
        }
    }

    void treat_entities(event& e) const
    {
        treat(m_action.actor, e.actor);
        for (entity& one : e.on_behalf_of) {
            treat(m_action.on_behalf_of, one);
        }
        for (entity& one : e.targets) {
            treat(m_action.targets, one);
        }
    }

    void check_entities(const event& e) const
    {
        check_type(e.actor, m_action.actor, "actor");
        check_types(e.on_behalf_of, m_action.on_behalf_of, "on_behalf_of");
        if (m_action.targets.needed && e.targets.empty()) {
            refuse("targets are missing: " + m_action.name + " needs one" +
                   (m_action.targets.types.empty() ? "" : " of " + list_of(m_action.targets.types)));
        }
        for (const std::string& type : m_action.targets.required) {
            if (std::ranges::find(e.targets, type, &entity::type) == e.targets.end()) {
                refuse("targets have none of type " + quoted(type) + ", which " + m_action.name + " requires");
            }
        }
        check_types(e.targets, m_action.targets, "targets");
    }

    void check_text(const field_declaration& declared, std::optional<std::string>& value)
    {
        const place at{nullptr, declared.name};
        if (!value || value->empty()) {
            if (declared.required) {
                refuse(at.text() + " is missing: " + m_action.name + " requires it");
            }
            return;
        }
        if (!is_replaced(declared.treated, *value)) {
            check_word(declared, *value, at);
        }
        treat(declared.treated, *value);
        add_facet(declared, *value, at);
    }

    void check_word(const field_declaration& declared, std::string_view word, const place& at) const
    {
        if (declared.one_of.empty() || contains(declared.one_of, word)) {
            return;
        }
        if (declared.treated != treatment::keep) {
            refuse(at.text() + " is none of the declared values");  // which must not be told
        } else {
            const std::vector<std::string_view> known{declared.one_of.begin(), declared.one_of.end()};
            refuse(at.text() + " is " + quoted(word) + "; declared are " + list_of(declared.one_of), word, known);
        }
    }

    // ------------------------------------------------------------ JSON

    struct edit {
        std::size_t begin;
        std::size_t end;
        std::string json;
    };

    // One JSON text: its values are checked where they are, and what is replaced is noted.
    struct text {
        std::string_view json;
        json_reader reader;
        std::vector<edit> edits{};

        explicit text(std::string_view of) : json{of}, reader{of} {}

        json_token next(const place& at)
        {
            const json_token token = reader.next();
            if (token == json_token::invalid) {
                throw error{error_kind::invalid_json, at.text() + " is not JSON that can be kept: " + reader.problem() + ", at byte " +
                                                          std::to_string(reader.position())};
            }
            return token;
        }

        // The value that begins with `token`, to its end.
        std::string_view whole(json_token token, const place& at)
        {
            if (token != json_token::object_begin && token != json_token::array_begin) {
                return reader.raw();
            }
            const std::string_view all = reader.skip();
            if (all.empty()) {
                next(at);  // throws
            }
            return all;
        }

        void replace(std::string_view part, const std::string& value)
        {
            const auto begin = static_cast<std::size_t>(part.data() - json.data());
            std::string literal;
            append_json_string(literal, value);
            edits.push_back({begin, begin + part.size(), std::move(literal)});
        }

        // All but what was replaced stays byte for byte.
        void write_to(std::string& out) const
        {
            if (edits.empty()) {
                return;
            }
            std::string edited;
            std::size_t from = 0;
            for (const edit& one : edits) {
                edited.append(json, from, one.begin - from);
                edited += one.json;
                from = one.end;
            }
            edited.append(json, from);
            out = std::move(edited);
        }
    };

    // Whether the token is of the declared type; null is the absence of a value.
    static bool is_of(value_type type, json_token token, std::string_view raw)
    {
        switch (type) {
        case value_type::any: return true;
        case value_type::text: return token == json_token::string;
        case value_type::integer: return token == json_token::integer;
        case value_type::number: return token == json_token::integer || token == json_token::decimal;
        case value_type::boolean: return token == json_token::boolean_true || token == json_token::boolean_false;
        case value_type::object: return token == json_token::object_begin;
        case value_type::array: return token == json_token::array_begin;
        case value_type::time: {
            if (token != json_token::string) {
                return false;
            }
            try {
                static_cast<void>(parse_time(json_text(raw)));
                return true;
            } catch (const error&) {
                return false;
            }
        }
        }
        return false;
    }

    static std::string_view name_of(value_type type)
    {
        static constexpr std::array<std::string_view, 8> names{
            "a value", "a string", "an integer", "a number", "true or false", "a time (RFC 3339)", "a table", "a list"};
        return names[static_cast<std::size_t>(type)];
    }

    // The strictest treatment of what is declared inside.
    static treatment inside(const std::vector<field_declaration>& fields)
    {
        treatment how = treatment::keep;
        for (const field_declaration& field : fields) {
            how = std::max({how, field.treated, inside(field.fields)});
        }
        return how;
    }

    // A value of another shape than its declared parts have could hold them in places where nobody looks.
    static bool has_another_shape(const std::vector<field_declaration>& fields, json_token token)
    {
        const bool list = token == json_token::array_begin && find_field(fields, "*") != nullptr;
        return !fields.empty() && token != json_token::object_begin && token != json_token::null && !list;
    }

    // `declared` may be null, which means that nothing is known of it; `inherited` comes from what it is a part of.
    void value(text& in, json_token token, const field_declaration* declared, treatment inherited, const place& at)
    {
        treatment how = declared == nullptr ? inherited : std::max(inherited, declared->treated);
        if (declared != nullptr && has_another_shape(declared->fields, token)) {
            how = std::max(how, inside(declared->fields));
        }
        const bool done = token == json_token::string && is_replaced(how, json_text(in.reader.raw()));
        if (declared != nullptr && !done && token != json_token::null) {
            if (!is_of(declared->type, token, in.reader.raw())) {
                refuse(at.text() + " is not " + std::string{name_of(declared->type)} + ", as " + m_action.name + " declares it");
            }
            if (!declared->one_of.empty()) {
                check_word(*declared, token == json_token::string ? json_text(in.reader.raw()) : std::string{in.reader.raw()}, at);
            }
        }
        if (how != treatment::keep) {
            const std::string_view all = in.whole(token, at);
            if (token != json_token::null && !done) {
                const std::string stored = replacement(how, token == json_token::string ? json_text(all) : std::string{all});
                in.replace(all, stored);
                add_facet(declared, stored, at);
            } else if (done) {
                add_facet(declared, json_text(all), at);
            }
            return;
        }
        switch (token) {
        case json_token::object_begin: members(in, declared, at); return;
        case json_token::array_begin: elements(in, declared, at); return;
        case json_token::null: return;
        case json_token::string:
            if (declared != nullptr && !declared->facet.empty()) {
                add_facet(declared, json_text(in.reader.raw()), at);
            }
            return;
        default: add_facet(declared, std::string{in.reader.raw()}, at);
        }
    }

    void elements(text& in, const field_declaration* declared, const place& at)
    {
        const field_declaration* const item = declared == nullptr ? nullptr : find_field(declared->fields, "*");
        std::size_t index = 0;
        for (json_token token = in.next(at); token != json_token::array_end; token = in.next(at)) {
            const std::string number = std::to_string(++index);
            value(in, token, item, treatment::keep, {&at, number});
        }
    }

    void members(text& in, const field_declaration* declared, const place& at)
    {
        static const std::vector<field_declaration> none;
        members(in, declared == nullptr ? none : declared->fields, declared == nullptr || declared->open, at);
    }

    void members(text& in, const std::vector<field_declaration>& fields, bool open, const place& at)
    {
        std::vector<bool> given(fields.size());
        for (json_token token = in.next(at); token != json_token::object_end; token = in.next(at)) {
            const std::string name = json_text(in.reader.raw());
            const place here{&at, name};
            const field_declaration* const field = find_field(fields, name);
            if (field == nullptr && !open) {
                refuse_member(fields, here);
            }
            const json_token first = in.next(here);
            if (field != nullptr && first != json_token::null) {
                given[static_cast<std::size_t>(field - fields.data())] = true;
            }
            value(in, first, field, by_name(name), here);
        }
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (fields[i].required && !given[i] && fields[i].name != "*") {
                refuse(place{&at, fields[i].name}.text() + " is missing: " + m_action.name + " requires it");
            }
        }
    }

    [[noreturn]] void refuse_member(const std::vector<field_declaration>& fields, const place& at) const
    {
        std::vector<std::string_view> known;
        for (const field_declaration& field : fields) {
            known.push_back(field.name);
        }
        refuse(at.text() + " is not declared for " + m_action.name, at.name, known);
    }

    [[nodiscard]] treatment by_name(std::string_view name) const
    {
        return !m_catalogue.secret_names.empty() && m_catalogue.secret_names.contains(plain_name(name)) ? treatment::redact
                                                                                                         : treatment::keep;
    }

    void check_metadata(event& e)
    {
        const place at{nullptr, "metadata"};
        std::string empty = "{}";
        text in{e.metadata ? std::string_view{*e.metadata} : std::string_view{empty}};
        if (in.next(at) != json_token::object_begin) {
            return;  // check_event() says so
        }
        members(in, m_action.metadata, m_action.open, at);
        in.next(at);
        if (e.metadata) {
            in.write_to(*e.metadata);
        }
    }

    // ------------------------------------------------------------ changes

    void check_changes(event& e)
    {
        for (change& one : e.changes) {
            check_change(one);
        }
        require_changes(e, m_action.changes, "");
    }

    void check_change(change& one)
    {
        const std::vector<field_declaration>* fields = &m_action.changes;
        const field_declaration* declared = nullptr;
        treatment how = treatment::keep;
        bool open = m_action.open;
        const place root{nullptr, "changes"};
        const place at{&root, one.path};
        const std::vector<std::string> parts = one.path.starts_with('/') ? pointer_parts(one.path) : std::vector<std::string>{};
        for (const std::string& part : parts) {
            declared = fields == nullptr ? nullptr : find_field(*fields, part);
            if (declared == nullptr && !open) {
                refuse_path(one.path);
            }
            how = std::max({how, by_name(part), declared == nullptr ? treatment::keep : declared->treated});
            if (declared == nullptr && fields != nullptr && is_index(part)) {
                how = std::max(how, inside(*fields));  // an element of a list, where an object was declared
            }
            open = declared == nullptr || declared->open;
            fields = declared == nullptr ? nullptr : &declared->fields;
        }
        for (std::optional<std::string>* const side : {&one.old_value, &one.new_value}) {
            if (!*side) {
                continue;
            }
            text in{**side};
            const json_token token = in.next(at);
            if (parts.empty() && token == json_token::object_begin) {
                members_of_document(in, at);
            } else if (parts.empty() && has_another_shape(m_action.changes, token)) {
                value(in, token, nullptr, inside(m_action.changes), at);
            } else {
                value(in, token, declared, how, at);
            }
            in.next(at);
            in.write_to(**side);
        }
    }

    static bool is_index(std::string_view part)
    {
        return part == "-" || (!part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos);
    }

    // A change of the whole document: its members are what the paths name. None is required: it may be an old value.
    void members_of_document(text& in, const place& at)
    {
        const field_declaration document{.name = {}, .fields = m_action.changes, .open = m_action.open};
        members(in, without_requirements(document).fields, document.open, at);
    }

    static field_declaration without_requirements(field_declaration field)
    {
        field.required = false;
        for (field_declaration& inner : field.fields) {
            inner = without_requirements(std::move(inner));
        }
        return field;
    }

    [[noreturn]] void refuse_path(const std::string& path) const
    {
        std::vector<std::string> paths;
        collect_paths(m_action.changes, "", paths);
        const std::vector<std::string_view> known{paths.begin(), paths.end()};
        refuse("changes: " + quoted(path) + " is not declared for " + m_action.name, path, known);
    }

    static void collect_paths(const std::vector<field_declaration>& fields, const std::string& above, std::vector<std::string>& paths)
    {
        for (const field_declaration& field : fields) {
            paths.push_back(above + "/" + field.name);
            collect_paths(field.fields, paths.back(), paths);
        }
    }

    void require_changes(const event& e, const std::vector<field_declaration>& fields, const std::string& above) const
    {
        for (const field_declaration& field : fields) {
            const std::string path = above + "/" + field.name;
            if (field.required && std::ranges::find(e.changes, path, &change::path) == e.changes.end()) {
                refuse("changes have no \"" + path + "\", which " + m_action.name + " requires");
            }
            require_changes(e, field.fields, path);
        }
    }

    // ------------------------------------------------------------ facets

    void add_facet(const field_declaration* declared, const std::string& value, const place& at)
    {
        if (declared != nullptr) {
            add_facet(*declared, value, at);
        }
    }

    void add_facet(const field_declaration& declared, const std::string& value, const place& at)
    {
        if (declared.facet.empty()) {
            return;
        }
        const auto same = std::ranges::find(m_facets, declared.facet, &facet::key);
        if (same != m_facets.end() && same->value != value) {
            refuse(at.text() + " and another value both become the facet " + quoted(declared.facet));
        }
        if (same == m_facets.end()) {
            m_facets.push_back({declared.facet, value});
        }
    }

    // The strictest of what is declared under this name, as a facet's key or as a field's name, at any depth.
    static void search(const std::vector<field_declaration>& fields, const std::string& key, bool& found, treatment& how)
    {
        for (const field_declaration& field : fields) {
            if (field.facet == key || field.name == key) {
                found = found || field.facet == key;
                how = std::max(how, field.treated);
            }
            search(field.fields, key, found, how);
        }
    }

    // One that the caller gave, in place of the value that it would come from.
    void check_facet(facet& given) const
    {
        bool found = given.key == "hook_failed" || contains(m_catalogue.facets, given.key);
        treatment how = by_name(given.key);
        search(m_action.metadata, given.key, found, how);
        search(m_action.texts, given.key, found, how);
        if (!found && !m_action.open) {
            const std::vector<std::string_view> known{m_catalogue.facets.begin(), m_catalogue.facets.end()};
            refuse("facets." + given.key + " is not declared for " + m_action.name, given.key, known);
        }
        treat(how, given.value);
    }

    void add_facets(event& e)
    {
        for (facet& one : e.facets) {
            check_facet(one);
        }
        for (facet& one : m_facets) {
            const auto given = std::ranges::find(e.facets, one.key, &facet::key);
            if (given == e.facets.end()) {
                e.facets.push_back(std::move(one));
            } else if (given->value != one.value) {
                refuse("facets." + one.key + " is given, and " + m_action.name + " derives another value for it");
            }
        }
    }

    const detail::catalogue_content& m_catalogue;
    const org_id& m_organization;
    const action_declaration& m_action;
    std::vector<facet> m_facets;
};

[[noreturn]] void refuse_action(const detail::catalogue_content& c, std::string_view action)
{
    std::vector<std::string_view> known;
    for (const action_declaration& one : c.actions) {
        known.push_back(one.name);
    }
    refuse("action " + quoted(action) + " is not in the catalogue" + (c.name.empty() ? "" : " of " + c.name), action, known);
}

}  // namespace

void catalogue::conceal(outgoing_event& e) const
{
    if (const action_declaration* const declared = m_content->find(e.content.action)) {
        checker{*m_content, e.organization, *declared}.conceal(e.content);
    }
    e.add_shaper("catalogue:" + m_content->digest);
}

void catalogue::apply(outgoing_event& e) const
{
    static const action_declaration undeclared{};
    const action_declaration* const declared = m_content->find(e.content.action);
    if (declared == nullptr && m_content->strict) {
        refuse_action(*m_content, e.content.action);
    }
    checker{*m_content, e.organization, declared == nullptr ? undeclared : *declared}.check(e.content);
    e.add_shaper("catalogue:" + m_content->digest);
}

}  // namespace daybook
