#include "stored_json.hpp"

#include <daybook/event.hpp>

namespace daybook::stored_json {

namespace {

using optional_view = std::optional<std::string_view>;

// Reads JSON that PostgreSQL has checked, and finds out whether the engine wrote it: no space, no other order, no
// character escaped otherwise. In doubt it says no.
class scanner {
public:
    explicit scanner(std::string_view json) : m_rest{json} {}

    bool take(std::string_view text)
    {
        if (!m_rest.starts_with(text)) {
            return false;
        }
        m_rest.remove_prefix(text.size());
        return true;
    }

    // With its quotes; empty if it is none, or not as append_json_string() would write it.
    std::string_view text()
    {
        if (!m_rest.starts_with('"')) {
            return {};
        }
        for (std::size_t i = 1; i < m_rest.size(); ++i) {
            if (m_rest[i] == '"') {
                return cut(i + 1);
            }
            if (m_rest[i] == '\\') {
                const std::size_t length = escape_length(m_rest.substr(i));
                if (length == 0) {
                    return {};
                }
                i += length - 1;
            }
        }
        return {};
    }

    // Any value, unless space is around it.
    bool value()
    {
        std::size_t depth = 0;
        for (std::size_t i = 0; i < m_rest.size(); ++i) {
            switch (m_rest[i]) {
            case '"':
                for (++i; i < m_rest.size() && m_rest[i] != '"'; ++i) {
                    i += m_rest[i] == '\\' ? 1 : 0;
                }
                break;
            case '[':
            case '{': ++depth; break;
            case ']':
            case '}':
            case ',':
                if (depth == 0) {
                    return i > 0 && !cut(i).empty();
                }
                depth -= m_rest[i] == ',' ? 0 : 1;
                break;
            case ' ':
            case '\t':
            case '\n':
            case '\r':
                if (depth == 0) {
                    return false;
                }
                break;
            default: break;
            }
        }
        return false;
    }

    [[nodiscard]] bool at_end() const { return m_rest.empty(); }
    [[nodiscard]] std::string_view rest() const { return m_rest; }

private:
    // Of the escape at the front, if the engine writes that character so: control characters without a letter of their own
    // are \u00 and two small digits.
    static std::size_t escape_length(std::string_view text)
    {
        constexpr auto any_of = [](char c, std::string_view characters) { return characters.find(c) != std::string_view::npos; };
        if (text.size() >= 2 && any_of(text[1], "\"\\bfnrt")) {
            return 2;
        }
        const bool control = text.starts_with("\\u00") && text.size() >= 6 &&
                             ((text[4] == '0' && any_of(text[5], "01234567bef")) || (text[4] == '1' && any_of(text[5], "0123456789abcdef")));
        return control ? 6 : 0;
    }

    std::string_view cut(std::size_t size)
    {
        const std::string_view taken = m_rest.substr(0, size);
        m_rest.remove_prefix(size);
        return taken;
    }

    std::string_view m_rest;
};

bool scan(scanner& in, raw_entity& one)
{
    bool any = false;
    const auto member = [&](std::string_view key, std::string_view& part, bool may_be_empty) {
        if (!in.take(any ? key : key.substr(1))) {
            return true;
        }
        any = true;
        part = in.text();
        return part.size() > (may_be_empty ? 1U : 2U);
    };
    return in.take("{") && member(R"(,"type":)", one.type, false) && member(R"(,"id":)", one.id, false) &&
           member(R"(,"name":)", one.name, true) && in.take("}");
}

bool is_normal_entities(std::string_view json)
{
    scanner in{json};
    if (!in.take("[")) {
        return false;
    }
    do {
        raw_entity one;
        if (!scan(in, one)) {
            return false;
        }
    } while (in.take(","));
    return in.take("]") && in.at_end();
}

bool is_normal_changes(std::string_view json)
{
    scanner in{json};
    if (!in.take("[")) {
        return false;
    }
    do {
        if (!in.take(R"({"path":)") || in.text().empty() || (in.take(R"(,"old":)") && !in.value()) ||
            (in.take(R"(,"new":)") && !in.value()) || !in.take("}")) {
            return false;
        }
    } while (in.take(","));
    return in.take("]") && in.at_end();
}

bool is_normal_facets(std::string_view json)
{
    scanner in{json};
    if (!in.take("{")) {
        return false;
    }
    do {
        if (in.text().empty() || !in.take(":") || in.text().empty()) {
            return false;
        }
    } while (in.take(","));
    return in.take("}") && in.at_end();
}

}  // namespace

optional_view entities(optional_view stored, std::string_view field, std::string& spare)
{
    if (!stored || is_normal_entities(*stored)) {
        return stored;
    }
    const auto written = entities_to_json(entities_from_json(*stored, field));
    return written ? optional_view{spare = *written} : std::nullopt;
}

optional_view changes(optional_view stored, std::string& spare)
{
    if (!stored || is_normal_changes(*stored)) {
        return stored;
    }
    const auto written = changes_to_json(changes_from_json(*stored));
    return written ? optional_view{spare = *written} : std::nullopt;
}

optional_view facets(optional_view stored, std::string& spare)
{
    if (!stored || is_normal_facets(*stored)) {
        return stored;
    }
    const auto written = facets_to_json(facets_from_json(*stored));
    return written ? optional_view{spare = *written} : std::nullopt;
}

bool next_entity(std::string_view& list, raw_entity& one)
{
    scanner in{list};
    one = {};
    if (!(in.take("[") || in.take(",")) || !scan(in, one)) {
        return false;
    }
    list = in.rest();
    return true;
}

}  // namespace daybook::stored_json
