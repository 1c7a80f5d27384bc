// A C++ header of a catalogue's names.

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <daybook/error.hpp>

#include "catalogue_content.hpp"

namespace daybook {

namespace {

// Those that an action's or facet's name can be.
constexpr std::array keywords = std::to_array<std::string_view>({
    "alignas",   "alignof",  "and",       "asm",          "auto",     "bitand",    "bitor",    "bool",     "break",      "case",     "catch",
    "char",      "class",    "compl",     "concept",      "const",    "constexpr", "continue", "decltype", "default",    "delete",   "do",
    "double",    "else",     "enum",      "explicit",     "export",   "extern",    "false",    "float",    "for",        "friend",   "goto",
    "if",        "inline",   "int",       "long",         "mutable",  "namespace", "new",      "noexcept", "not",        "nullptr",  "operator",
    "or",        "private",  "protected", "public",       "register", "requires",  "return",   "short",    "signed",     "sizeof",   "static",
    "struct",    "switch",   "template",  "this",         "throw",    "true",      "try",      "typedef",  "typeid",     "typename", "union",
    "unsigned",  "using",    "virtual",   "void",         "volatile", "wchar_t",   "while",    "xor",      "co_await",   "co_return", "co_yield",
    "consteval", "constinit", "import",   "module"});

bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// "role.grant" → role_grant. Two underscores in a row, and one in front, belong to compilers.
std::string identifier(std::string_view name)
{
    std::string result;
    for (const char c : name) {
        if (is_letter(c) || is_digit(c)) {
            result += c;
        } else if (!result.empty() && result.back() != '_') {
            result += '_';
        }
    }
    if (!result.empty() && result.back() == '_') {
        result.pop_back();
    }
    if (result.empty() || is_digit(result.front())) {
        result.insert(0, "n");
    }
    if (std::ranges::find(keywords, result) != keywords.end()) {
        result += '_';
    }
    return result;
}

std::string literal(std::string_view text)
{
    std::string result = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            // Three octal digits end by themselves, whatever follows.
            result += '\\';
            result += static_cast<char>('0' + (byte >> 6));
            result += static_cast<char>('0' + ((byte >> 3) & 7));
            result += static_cast<char>('0' + (byte & 7));
        } else {
            result += c;
        }
    }
    return result + '"';
}

// A comment must end where its line does.
std::string comment(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    while (!result.empty() && (result.back() == '\\' || result.back() == ' ')) {
        result.pop_back();
    }
    return result;
}

class constants {
public:
    explicit constants(std::string& out) : m_out{out} {}

    void add(std::string_view name, std::string_view about)
    {
        const std::string constant = identifier(name);
        const auto [before, fresh] = m_names.emplace(constant, name);
        if (!fresh) {
            throw error{error_kind::invalid_rules, "\"" + before->second + "\" and \"" + std::string{name} +
                                                       "\" would both be the constant " + constant,
                        "rename one of them"};
        }
        if (!about.empty()) {
            m_out += "/// " + comment(about) + "\n";
        }
        m_out += "inline constexpr std::string_view " + constant + " = " + literal(name) + ";\n";
    }

private:
    std::string& m_out;
    std::map<std::string, std::string, std::less<>> m_names;
};

void collect_facets(const std::vector<field_declaration>& fields, std::set<std::string>& keys)
{
    for (const field_declaration& field : fields) {
        if (!field.facet.empty()) {
            keys.insert(field.facet);
        }
        collect_facets(field.fields, keys);
    }
}

bool is_name_space(std::string_view text)
{
    bool begins = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!begins && text.substr(i, 2) == "::") {
            ++i;
            begins = true;
        } else if (is_letter(text[i]) || text[i] == '_' || (!begins && is_digit(text[i]))) {
            begins = false;
        } else {
            return false;
        }
    }
    return !begins;
}

}  // namespace

std::string constants_header(const catalogue& from, std::string_view name_space)
{
    if (!is_name_space(name_space)) {
        throw error{error_kind::wrong_usage, "\"" + std::string{name_space.substr(0, 60)} + "\" is no namespace", "as in acme::audit"};
    }
    std::string out = "// Made by `daybook catalogue header` from a catalogue" +
                      (from.name().empty() ? std::string{} : " (" + comment(from.name()) + ")") +
                      ", SHA-256 " + from.digest() + ".\n// Do not edit: make it anew.\n\n#pragma once\n\n#include <string_view>\n\nnamespace " +
                      std::string{name_space} + "::actions {\n\n";
    constants actions{out};
    std::set<std::string> keys;
    for (const action_declaration& action : from.actions()) {
        collect_facets(action.metadata, keys);
        collect_facets(action.texts, keys);
        if (!action.name.ends_with('*')) {  // a family is no action
            actions.add(action.name, action.description.empty() ? action.sentence : action.description);
        }
    }
    out += "\n}  // namespace " + std::string{name_space} + "::actions\n";
    if (!keys.empty()) {
        out += "\nnamespace " + std::string{name_space} + "::facets {\n\n";
        constants facets{out};
        for (const std::string& key : keys) {
            facets.add(key, "");
        }
        out += "\n}  // namespace " + std::string{name_space} + "::facets\n";
    }
    return out;
}

}  // namespace daybook
