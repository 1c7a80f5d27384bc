#include "predicate.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <utility>

namespace daybook::detail {

namespace {

// ---------------------------------------------------------------- tokens, nested in their brackets

enum class kind { word, name, string, number, symbol, group };

struct item {
    kind what;
    std::string text;                // of a word in capitals, of a string without its quotes
    std::vector<std::string> parts;  // of a name: schema, table, column
    std::vector<struct item> inside; // of a group
};

using items = std::vector<item>;
using view = std::span<const item>;

bool is_word_character(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || (static_cast<unsigned char>(c) & 0x80) != 0;
}

std::string in_capitals(std::string text)
{
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

constexpr std::string_view operator_characters = "+-*/<>=~!@#%^&|`?:";

// Brackets nest no deeper than this in what is read; deeper ones promise nothing.
constexpr int most_levels = 500;

class tokens {
public:
    explicit tokens(std::string_view text) : m_text{text} {}

    items read(int level = 0)
    {
        items out;
        while (m_at < m_text.size()) {
            const char c = m_text[m_at];
            if (std::isspace(static_cast<unsigned char>(c)) != 0) {
                ++m_at;
            } else if (skip_comment()) {
            } else if (c == ')' || c == ']') {
                ++m_at;
                if (level > 0) {
                    return out;
                }
            } else if (c == '(' || c == '[') {
                ++m_at;
                if (level == most_levels) {
                    m_at = m_text.size();
                    m_too_deep = true;
                    return {};
                }
                out.push_back({kind::group, std::string(1, c), {}, read(level + 1)});
            } else if (c == '\'') {
                out.push_back({kind::string, quoted('\''), {}, {}});
            } else if ((c == 'E' || c == 'e' || c == 'B' || c == 'X') && next() == '\'') {
                ++m_at;
                out.push_back({kind::string, quoted('\''), {}, {}});
            } else if (c == '"') {
                add_name(out, quoted('"'), true);
            } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
                out.push_back({kind::number, number(), {}, {}});
            } else if (is_word_character(c)) {
                const std::size_t start = m_at;
                while (m_at < m_text.size() && is_word_character(m_text[m_at])) {
                    ++m_at;
                }
                add_name(out, std::string{m_text.substr(start, m_at - start)}, false);
            } else if (operator_characters.find(c) != std::string_view::npos) {
                const std::size_t start = m_at;
                while (m_at < m_text.size() && operator_characters.find(m_text[m_at]) != std::string_view::npos) {
                    ++m_at;
                }
                out.push_back({kind::symbol, std::string{m_text.substr(start, m_at - start)}, {}, {}});
            } else {
                ++m_at;
                out.push_back({kind::symbol, std::string(1, c), {}, {}});
            }
        }
        return out;
    }

    [[nodiscard]] bool too_deep() const { return m_too_deep; }

private:
    [[nodiscard]] char next() const { return m_at + 1 < m_text.size() ? m_text[m_at + 1] : '\0'; }

    bool skip_comment()
    {
        if (m_text.substr(m_at).starts_with("--")) {
            m_at = std::min(m_text.find('\n', m_at), m_text.size());
            return true;
        }
        if (m_text.substr(m_at).starts_with("/*")) {
            const std::size_t end = m_text.find("*/", m_at + 2);
            m_at = end == std::string_view::npos ? m_text.size() : end + 2;
            return true;
        }
        return false;
    }

    std::string quoted(char quote)
    {
        std::string out;
        ++m_at;
        while (m_at < m_text.size()) {
            if (m_text[m_at] == quote) {
                if (next() != quote) {
                    break;
                }
                ++m_at;
            }
            out += m_text[m_at++];
        }
        ++m_at;
        return out;
    }

    std::string number()
    {
        const std::size_t start = m_at;
        while (m_at < m_text.size() && (is_word_character(m_text[m_at]) || m_text[m_at] == '.')) {
            ++m_at;
        }
        return std::string{m_text.substr(start, m_at - start)};
    }

    // a.b.c is one name. A word without quotes is one as well, and may turn out to be a keyword.
    void add_name(items& out, std::string text, bool in_quotes)
    {
        const bool goes_on = out.size() >= 2 && out.back().what == kind::symbol && out.back().text == "." &&
                             (out[out.size() - 2].what == kind::name || out[out.size() - 2].what == kind::word);
        if (goes_on) {
            out.pop_back();
            out.back().what = kind::name;
            out.back().parts.push_back(std::move(text));
            return;
        }
        item one{in_quotes ? kind::name : kind::word, in_quotes ? text : in_capitals(text), {}, {}};
        one.parts.push_back(std::move(text));
        out.push_back(std::move(one));
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    bool m_too_deep = false;
};

bool is_word(const item& one, std::string_view word)
{
    return one.what == kind::word && one.text == word;
}

bool is_symbol(const item& one, std::string_view symbol)
{
    return one.what == kind::symbol && one.text == symbol;
}

bool is_group(const item& one)
{
    return one.what == kind::group && one.text == "(";
}

template <typename Matches>
std::vector<view> split(view list, Matches matches)
{
    std::vector<view> parts;
    std::size_t start = 0;
    for (std::size_t i = 0; i <= list.size(); ++i) {
        if (i == list.size() || matches(list[i])) {
            parts.push_back(list.subspan(start, i - start));
            start = i + 1;
        }
    }
    return parts;
}

std::vector<view> split_at_word(view list, std::string_view word)
{
    return split(list, [word](const item& one) { return is_word(one, word); });
}

bool same(view a, view b);

bool same(const item& a, const item& b)
{
    return a.what == b.what && a.text == b.text && a.parts == b.parts && same(a.inside, b.inside);
}

bool same(view a, view b)
{
    return std::ranges::equal(a, b, [](const item& x, const item& y) { return same(x, y); });
}

// Without the brackets around all of it.
view bare(view list)
{
    while (list.size() == 1 && is_group(list[0])) {
        list = list[0].inside;
    }
    return list;
}

// ( SELECT x AS name) without a table is x.
std::optional<view> selected(view list)
{
    if (list.empty() || !is_word(list[0], "SELECT") || split_at_word(list, "FROM").size() > 1) {
        return std::nullopt;
    }
    return split_at_word(list.subspan(1), "AS")[0];
}

struct cast_away {
    view value;
    std::string type;
    bool lossless = true;  // two values that differ do so behind the cast too
};

bool is_lossless(std::string_view type)
{
    return type == "uuid" || type == "text" || type == "character varying" || type == "citext" || type == "numeric" || type == "smallint" ||
           type == "integer" || type == "bigint";
}

// (x)::character varying is x and the type.
cast_away without_casts(view list)
{
    std::string type;
    bool lossless = true;
    for (;;) {
        list = bare(list);
        if (const auto inner = selected(list)) {
            list = *inner;
            continue;
        }
        const auto at = std::ranges::find_if(list.rbegin(), list.rend(), [](const item& one) { return is_symbol(one, "::"); });
        if (at == list.rend()) {
            return {list, type, lossless};
        }
        const auto before = static_cast<std::size_t>(std::distance(at, list.rend())) - 1;
        const view rest = list.subspan(before + 1);
        const bool only_a_type = std::ranges::all_of(rest, [](const item& one) {
            return one.what == kind::word || one.what == kind::name || one.what == kind::group;
        });
        if (!only_a_type || before == 0) {
            return {list, type, lossless};
        }
        type.clear();
        // A type of the host's own, which has its schema, is a domain as a rule.
        const bool own = rest.size() == 1 && rest[0].parts.size() > 1;
        for (const item& one : rest) {
            if (one.what != kind::group) {
                type += (type.empty() ? "" : " ") + one.parts.back();
            }
        }
        // A uuid has 36 characters.
        const bool shortened = std::ranges::any_of(rest, [](const item& one) {
            return one.what == kind::group && (one.inside.size() != 1 || std::atoi(one.inside[0].text.c_str()) < 36);
        });
        lossless = lossless && !shortened && (own || is_lossless(type));
        list = list.first(before);
    }
}

// ---------------------------------------------------------------- settings

bool is_current_setting(const item& one)
{
    return (one.what == kind::word || one.what == kind::name) && !one.parts.empty() &&
           in_capitals(one.parts.back()) == "CURRENT_SETTING" &&
           (one.parts.size() == 1 || in_capitals(one.parts.front()) == "PG_CATALOG");
}

bool is_text_type(std::string type)
{
    type = in_capitals(std::move(type));
    return type == "TEXT" || type == "VARCHAR" || type == "CHARACTER" || type == "NAME" || type == "CITEXT" || type == "BPCHAR";
}

bool is_true(const item& one)
{
    if (one.what == kind::string) {
        const std::string text = in_capitals(one.text);
        return text == "T" || text == "TRUE" || text == "ON" || text == "YES" || text == "1";
    }
    return is_word(one, "TRUE");
}

// organization uuid := current_setting(…): PL/pgSQL casts. `before` is what stands before the call.
bool is_assigned_to_other_than_text(view before)
{
    const std::size_t n = before.size();
    if (n < 2 || !(is_symbol(before[n - 1], ":=") || is_symbol(before[n - 1], "=") || is_word(before[n - 1], "DEFAULT"))) {
        return false;
    }
    return std::ranges::any_of(std::array{"UUID", "INTEGER", "INT", "BIGINT", "SMALLINT", "NUMERIC", "JSON", "JSONB"},
                               [&](const char* type) { return is_word(before[n - 2], type); });
}

struct found_use {
    setting_use use;
    bool guarded = false;  // '' does not come through: nullif(…, '') or CASE is around it
};

// What is read in `list`, added to `uses`.
void find_settings(view list, bool guarded, std::vector<found_use>& uses)
{
    guarded = guarded || std::ranges::any_of(list, [](const item& one) { return is_word(one, "CASE"); });
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::size_t before = uses.size();
        const bool call = list[i].what != kind::group && i + 1 < list.size() && is_group(list[i + 1]);
        const std::size_t end = call ? i + 1 : i;
        const item& brackets = list[end];
        if (call && is_current_setting(list[i])) {
            const std::vector<view> arguments = split(brackets.inside, [](const item& one) { return is_symbol(one, ","); });
            const view name = without_casts(arguments[0]).value;
            if (name.size() == 1 && name[0].what == kind::string) {
                const bool missing_ok = arguments.size() > 1 && !arguments[1].empty() && is_true(arguments[1][0]);
                uses.push_back({{name[0].text, missing_ok, !guarded && is_assigned_to_other_than_text(list.first(i))}, guarded});
            }
        } else if (brackets.what == kind::group) {
            find_settings(brackets.inside, guarded || (call && is_word(list[i], "NULLIF")), uses);
        }
        const auto is_cast_to = [](const item& type) { return !type.parts.empty() && !is_text_type(type.parts.back()); };
        const std::vector<view> around_as = split_at_word(brackets.inside, "AS");
        const bool cast = (end + 2 < list.size() && is_symbol(list[end + 1], "::") && is_cast_to(list[end + 2])) ||
                          (call && is_word(list[i], "CAST") && around_as.size() == 2 && !around_as[1].empty() && is_cast_to(around_as[1][0]));
        for (std::size_t u = before; cast && u < uses.size(); ++u) {
            uses[u].use.fails_when_empty = uses[u].use.fails_when_empty || !uses[u].guarded;
        }
        i = end;
    }
}

std::vector<setting_use> settings_of(view list)
{
    std::vector<found_use> found;
    find_settings(list, false, found);
    std::vector<setting_use> uses;
    for (found_use& one : found) {
        uses.push_back(std::move(one.use));
    }
    return uses;
}

// ---------------------------------------------------------------- truth, and what is bound

enum class truth { unknown, always, never };

struct promise {
    truth is = truth::unknown;
    std::vector<bound_column> bound;
};

struct constant_value {
    std::string text;
    bool number = false;
};

std::optional<constant_value> constant(view list)
{
    list = without_casts(list).value;
    if (list.size() == 2 && is_symbol(list[0], "-") && list[1].what == kind::number) {
        return constant_value{"-" + list[1].text, true};
    }
    if (list.size() != 1 || (list[0].what != kind::string && list[0].what != kind::number && !is_word(list[0], "TRUE") &&
                             !is_word(list[0], "FALSE"))) {
        return std::nullopt;
    }
    return constant_value{list[0].text, list[0].what == kind::number};
}

struct comparison {
    view left;
    std::string symbol;
    view right;
};

class reading {
public:
    reading(std::string_view table, std::span<const table_column> columns) : m_table{table}, m_columns{columns} {}

    [[nodiscard]] promise all(view list) const
    {
        list = bare(list);
        if (const auto inner = selected(list)) {
            return all(*inner);
        }
        if (const auto parts = split_at_word(list, "OR"); parts.size() > 1) {
            return any_of(parts);
        }
        if (const auto parts = split_at_word(list, "AND"); parts.size() > 1) {
            return all_of(parts);
        }
        if (!list.empty() && is_word(list[0], "NOT")) {
            return negated(list.subspan(1));
        }
        // (…)::boolean, (…) IS TRUE, f(…) = true
        const view value = without_boolean_tail(list);
        if (value.size() != list.size()) {
            return all(value);
        }
        promise one{truth_of(list), {}};
        if (one.is == truth::unknown) {
            one.bound = bound_by(list);
            for (const bound_column& b : one.bound) {
                m_mentioned.push_back(b.column);
            }
        }
        return one;
    }

    [[nodiscard]] const std::vector<std::string>& mentioned() const { return m_mentioned; }

private:
    [[nodiscard]] promise any_of(const std::vector<view>& parts) const
    {
        promise result{truth::never, {}};
        bool first = true;
        for (const view part : parts) {
            const promise one = all(part);
            if (one.is == truth::always) {
                return {truth::always, {}};
            }
            if (one.is == truth::never) {
                continue;
            }
            result.is = truth::unknown;
            if (first) {
                result.bound = one.bound;
            } else {
                std::erase_if(result.bound, [&one](bound_column& kept) {
                    bool bound = false;
                    bool by_subquery = true;  // if no comparison there does without
                    for (const bound_column& b : one.bound) {
                        if (b.column == kept.column) {
                            bound = true;
                            by_subquery = by_subquery && b.by_subquery;
                        }
                    }
                    kept.by_subquery = kept.by_subquery || by_subquery;
                    return !bound;
                });
            }
            first = false;
        }
        return result;
    }

    [[nodiscard]] promise all_of(const std::vector<view>& parts) const
    {
        promise result{truth::always, {}};
        for (const view part : parts) {
            promise one = all(part);
            if (one.is == truth::never) {
                return {truth::never, {}};
            }
            if (one.is == truth::unknown) {
                result.is = truth::unknown;
            }
            result.bound.insert(result.bound.end(), one.bound.begin(), one.bound.end());
        }
        return result;
    }

    [[nodiscard]] promise negated(view list) const
    {
        const view inner = bare(list);
        const auto distinct = std::ranges::find_if(inner, [](const item& one) { return is_word(one, "DISTINCT"); });
        if (distinct != inner.end() && inner.size() >= 4) {
            // NOT (a IS DISTINCT FROM b) is how the server writes IS NOT DISTINCT FROM.
            const auto at = static_cast<std::size_t>(std::distance(inner.begin(), distinct));
            if (at >= 2 && at + 2 < inner.size() && is_word(inner[at - 1], "IS") && is_word(inner[at + 1], "FROM")) {
                return {truth::unknown, bound_by({inner.first(at - 1), "=", inner.subspan(at + 2)})};
            }
        }
        switch (all(list).is) {
        case truth::always: return {truth::never, {}};
        case truth::never: return {truth::always, {}};
        default: return {};
        }
    }

    [[nodiscard]] static view without_boolean_tail(view list)
    {
        const std::size_t n = list.size();
        if (n > 2 && is_symbol(list[n - 2], "::") && is_word(list[n - 1], "BOOLEAN")) {
            return list.first(n - 2);
        }
        if (n > 2 && is_word(list[n - 2], "IS") && is_word(list[n - 1], "TRUE")) {
            return list.first(n - 2);
        }
        if (n > 2 && is_symbol(list[n - 2], "=") && is_word(list[n - 1], "TRUE")) {
            return list.first(n - 2);
        }
        return list;
    }

    [[nodiscard]] static std::optional<comparison> compared(view list)
    {
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (list[i].what == kind::symbol && (list[i].text == "=" || list[i].text == "<>" || list[i].text == "<" ||
                                                 list[i].text == ">" || list[i].text == "<=" || list[i].text == ">=")) {
                return comparison{list.first(i), list[i].text, list.subspan(i + 1)};
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] bool is_never_null(view list) const
    {
        if (constant(list)) {
            return true;
        }
        const auto name = column_of(list);
        return name && std::ranges::any_of(m_columns, [&name](const table_column& c) { return c.name == name->column && c.not_null; });
    }

    [[nodiscard]] truth truth_of(view list) const
    {
        if (list.size() == 1 && (is_word(list[0], "TRUE") || is_word(list[0], "FALSE"))) {
            return list[0].text == "TRUE" ? truth::always : truth::never;
        }
        const std::size_t n = list.size();
        if (n > 3 && is_word(list[n - 3], "IS") && is_word(list[n - 2], "NOT") && is_word(list[n - 1], "NULL")) {
            return is_never_null(list.first(n - 3)) ? truth::always : truth::unknown;
        }
        if (n > 2 && is_word(list[n - 2], "IS") && is_word(list[n - 1], "NULL")) {
            return is_never_null(list.first(n - 2)) ? truth::never : truth::unknown;
        }
        const auto c = compared(list);
        if (!c) {
            return truth::unknown;
        }
        const bool with_equality = c->symbol == "=" || c->symbol == "<=" || c->symbol == ">=";
        // A column compared with itself is true of every row that has a value.
        if (same(without_casts(c->left).value, without_casts(c->right).value)) {
            return with_equality ? truth::always : truth::never;
        }
        const auto left = constant(c->left);
        const auto right = constant(c->right);
        if (!left || !right) {
            return truth::unknown;
        }
        if (!left->number && !right->number) {
            const bool equal = left->text == right->text;
            return c->symbol == "=" && !equal ? truth::never : c->symbol == "<>" && !equal ? truth::always : truth::unknown;
        }
        char* left_end = nullptr;
        char* right_end = nullptr;
        const double l = std::strtod(left->text.c_str(), &left_end);
        const double r = std::strtod(right->text.c_str(), &right_end);
        if (left->text.empty() || right->text.empty() || *left_end != '\0' || *right_end != '\0') {
            return truth::unknown;
        }
        const bool holds = (c->symbol == "=" && l == r) || (c->symbol == "<>" && l != r) || (c->symbol == "<" && l < r) ||
                           (c->symbol == ">" && l > r) || (c->symbol == "<=" && l <= r) || (c->symbol == ">=" && l >= r);
        return holds ? truth::always : truth::never;
    }

    // The column of the policy's own table that this is, alone.
    [[nodiscard]] std::optional<bound_column> column_of(view list) const
    {
        const cast_away value = without_casts(list);
        if (!value.lossless || value.value.size() != 1 || (value.value[0].what != kind::word && value.value[0].what != kind::name)) {
            return std::nullopt;
        }
        const std::vector<std::string>& parts = value.value[0].parts;
        const bool own = parts.size() == 1 || parts[parts.size() - 2] == m_table;
        if (!own || std::ranges::none_of(m_columns, [&parts](const table_column& c) { return c.name == parts.back(); })) {
            return std::nullopt;
        }
        return bound_column{parts.back(), {}, value.type, false};
    }

    [[nodiscard]] static bool is_subquery(const item& one)
    {
        return is_group(one) && !one.inside.empty() && (is_word(one.inside[0], "SELECT") || is_word(one.inside[0], "WITH"));
    }

    [[nodiscard]] static bool reads_a_table(const item& one)
    {
        return is_subquery(one) && !selected(one.inside);
    }

    // A row's own column anywhere makes a value one that the row chooses, not the session. A sub-query may look at the row.
    [[nodiscard]] bool has_own_column(view list) const
    {
        for (std::size_t i = 0; i < list.size(); ++i) {
            const item& one = list[i];
            if (one.what == kind::group) {
                if (reads_a_table(one) ? selects_own_column(one.inside) : has_own_column(one.inside)) {
                    return true;
                }
                continue;
            }
            const bool call = i + 1 < list.size() && is_group(list[i + 1]);
            const bool type = i > 0 && is_symbol(list[i - 1], "::");
            if (!call && !type && column_of(list.subspan(i, 1))) {
                return true;
            }
        }
        return false;
    }

    // SELECT t.org_id FROM …: what a sub-query gives is the row's own, then.
    [[nodiscard]] bool selects_own_column(view query) const
    {
        const std::vector<view> parts = split_at_word(query, "FROM");
        return std::ranges::any_of(parts[0], [this](const item& one) {
            return (one.what == kind::name && one.parts.size() > 1 && column_of({&one, 1})) || (one.what == kind::group && selects_own_column(one.inside));
        });
    }

    // What in here the session says of itself: a setting, a function that is not PostgreSQL's own, the user.
    [[nodiscard]] static std::optional<std::string> session_source(view list)
    {
        for (std::size_t i = 0; i < list.size(); ++i) {
            const item& one = list[i];
            const bool call = i + 1 < list.size() && is_group(list[i + 1]);
            if (call && is_current_setting(one)) {
                const std::vector<setting_use> uses = settings_of(list.subspan(i, 2));
                return uses.empty() ? "a setting" : uses[0].name;
            }
            if (call && one.what == kind::name && one.parts.size() > 1) {
                return one.parts[one.parts.size() - 2] + "." + one.parts.back();
            }
            if (one.what == kind::word && (one.text == "CURRENT_USER" || one.text == "SESSION_USER" || one.text == "CURRENT_ROLE")) {
                return "current_user";
            }
            if (one.what == kind::group) {
                if (auto found = session_source(one.inside)) {
                    return found;
                }
            }
        }
        return std::nullopt;
    }

    // A function that is not PostgreSQL's own: who knows what it reads. A list in a setting is the host's choice.
    [[nodiscard]] static bool calls_host(view list)
    {
        for (std::size_t i = 0; i < list.size(); ++i) {
            const bool call = i + 1 < list.size() && is_group(list[i + 1]);
            if ((call && list[i].what == kind::name && list[i].parts.size() > 1) || (list[i].what == kind::group && calls_host(list[i].inside))) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] static bool any_subquery(view list)
    {
        return std::ranges::any_of(list, [](const item& one) {
            return one.what == kind::group && (reads_a_table(one) || any_subquery(one.inside));
        });
    }

    [[nodiscard]] std::vector<bound_column> bound_by(const comparison& c) const
    {
        if (c.symbol != "=") {
            return {};
        }
        for (const auto& [mine, other] : {std::pair{c.left, c.right}, std::pair{c.right, c.left}}) {
            auto column = column_of(mine);
            // `= ALL` of an empty list is true of everything.
            if (!column || has_own_column(other) || (!other.empty() && is_word(other[0], "ALL"))) {
                continue;
            }
            if (const auto source = session_source(other)) {
                column->source = *source;
                column->by_subquery = any_subquery(other) || (!other.empty() && is_word(other[0], "ANY") && calls_host(other));
                return {*column};
            }
        }
        return {};
    }

    // EXISTS ( SELECT … FROM members m WHERE ((m.org_id = t.org_id) AND (m.user_id = auth.uid())))
    [[nodiscard]] std::vector<bound_column> bound_by_exists(view query) const
    {
        const auto source = session_source(query);
        const std::vector<view> parts = split_at_word(query, "WHERE");
        const auto has_word = [&query](std::string_view word) { return split_at_word(query, word).size() > 1; };
        if (!source || parts.size() != 2 || has_word("UNION") || has_word("INTERSECT") || has_word("EXCEPT")) {
            return {};
        }
        // An aggregate gives a row, whatever is found: count(*) exists always.
        const view selected_list = split_at_word(query, "FROM")[0];
        if (std::ranges::any_of(selected_list, [](const item& one) { return one.what == kind::group; })) {
            return {};
        }
        const auto behind = std::ranges::find_if(parts[1], [](const item& one) {
            return is_word(one, "LIMIT") || is_word(one, "ORDER") || is_word(one, "OFFSET") || is_word(one, "FOR") || is_word(one, "GROUP");
        });
        return joined_columns(parts[1].first(static_cast<std::size_t>(std::distance(parts[1].begin(), behind))), *source);
    }

    [[nodiscard]] std::vector<bound_column> joined_columns(view list, const std::string& source) const
    {
        list = bare(list);
        if (split_at_word(list, "OR").size() > 1) {
            return {};
        }
        if (const auto parts = split_at_word(list, "AND"); parts.size() > 1) {
            std::vector<bound_column> result;
            for (const view part : parts) {
                const auto some = joined_columns(part, source);
                result.insert(result.end(), some.begin(), some.end());
            }
            return result;
        }
        const auto c = compared(list);
        if (!c || c->symbol != "=") {
            return {};
        }
        for (const view side : {c->left, c->right}) {
            const view value = without_casts(side).value;
            // Inside a sub-query, the own table's columns have its name before them.
            const bool qualified = value.size() == 1 && value[0].parts.size() > 1;
            if (auto column = column_of(side); column && qualified) {
                column->source = source;
                column->by_subquery = true;
                return {*column};
            }
        }
        return {};
    }

    // is_member(organization_id), a function of the host's that is asked about this row
    [[nodiscard]] std::vector<bound_column> bound_by_function(const item& function, const item& brackets) const
    {
        std::vector<bound_column> result;
        for (const view argument : split(brackets.inside, [](const item& one) { return is_symbol(one, ","); })) {
            const auto named = split(argument, [](const item& one) { return is_symbol(one, "=>"); });
            if (auto column = column_of(named.back())) {
                column->source = function.parts[function.parts.size() - 2] + "." + function.parts.back();
                column->by_subquery = true;
                result.push_back(*column);
            }
        }
        return result;
    }

    [[nodiscard]] std::vector<bound_column> bound_by(view list) const
    {
        if (list.size() == 2 && is_word(list[0], "EXISTS") && is_group(list[1])) {
            return bound_by_exists(list[1].inside);
        }
        if (list.size() == 2 && list[0].what == kind::name && list[0].parts.size() > 1 && is_group(list[1])) {
            return bound_by_function(list[0], list[1]);
        }
        const auto in = std::ranges::find_if(list, [](const item& one) { return is_word(one, "IN"); });
        if (in != list.end() && in != list.begin()) {
            const auto at = static_cast<std::size_t>(std::distance(list.begin(), in));
            if (!is_word(list[at - 1], "NOT")) {
                return bound_by({list.first(at), "=", list.subspan(at + 1)});
            }
            return {};
        }
        const auto c = compared(list);
        return c ? bound_by(*c) : std::vector<bound_column>{};
    }

    std::string m_table;
    std::span<const table_column> m_columns;
    mutable std::vector<std::string> m_mentioned;
};

bool any_table_is_read(view list)
{
    return std::ranges::any_of(list, [](const item& one) { return is_word(one, "FROM"); }) ||
           std::ranges::any_of(list, [](const item& one) { return one.what == kind::group && any_table_is_read(one.inside); });
}

// IS DISTINCT FROM has the word too, and reads nothing.
bool reads_tables(view list)
{
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (is_group(list[i]) && !list[i].inside.empty() && is_word(list[i].inside[0], "SELECT") &&
            any_table_is_read(list[i].inside)) {
            return true;
        }
        if (list[i].what == kind::group && reads_tables(list[i].inside)) {
            return true;
        }
    }
    return false;
}

}  // namespace

predicate_facts read_predicate(std::string_view sql, std::string_view table, std::span<const table_column> columns)
{
    tokens text{sql};
    const items all = text.read();
    if (text.too_deep()) {
        return {};
    }
    const reading reader{table, columns};
    const promise found = reader.all(all);
    predicate_facts facts;
    facts.always_true = found.is == truth::always;
    facts.bound = found.bound;
    facts.mentioned = reader.mentioned();
    facts.settings = settings_of(all);
    facts.reads_tables = reads_tables(all);
    return facts;
}

std::vector<setting_use> settings_in(std::string_view source)
{
    const items all = tokens{source}.read();
    std::vector<setting_use> uses = settings_of(all);
    // EXCEPTION WHEN OTHERS: no error comes out.
    for (std::size_t i = 2; i < all.size(); ++i) {
        if (is_word(all[i - 2], "EXCEPTION") && is_word(all[i - 1], "WHEN") && is_word(all[i], "OTHERS")) {
            for (setting_use& u : uses) {
                u.missing_ok = true;
                u.fails_when_empty = false;
            }
        }
    }
    return uses;
}

}  // namespace daybook::detail
