#include "canary_values.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <daybook/json.hpp>
#include <daybook/org_id.hpp>

namespace daybook::detail {

namespace {

constexpr std::size_t longest_text = 1000;  // that a number in a CHECK may ask for

std::string random_hex()
{
    std::string text = daybook::to_string(org_id::generate());
    std::erase(text, '-');
    return text;
}

std::string random_digits(std::size_t count)
{
    std::string digits;
    for (const char c : random_hex()) {
        digits += static_cast<char>('0' + (static_cast<unsigned char>(c) % 10));
    }
    return digits.substr(0, count);
}

/// So many of its first characters; what is cut here is ASCII.
std::string cut(const std::string& text, std::size_t length)
{
    return length == 0 ? text : text.substr(0, length);
}

bool is_json(std::string_view type)
{
    return type == "json" || type == "jsonb";
}

struct typical {
    std::string_view type;
    std::string_view value;
};
constexpr auto typical_values = std::to_array<typical>({
    {"bool", "true"}, {"bool", "false"},
    {"date", "2020-02-02"}, {"date", "2999-01-01"},
    {"timestamp", "2020-02-02 02:02:02"}, {"timestamp", "2999-01-01 00:00:00"},
    {"timestamptz", "2020-02-02 02:02:02+00"}, {"timestamptz", "2999-01-01 00:00:00+00"},
    {"time", "12:00"}, {"timetz", "12:00+00"}, {"interval", "1 day"},
    {"json", "{}"}, {"json", "[]"}, {"json", "\"canary\""}, {"jsonb", "{}"}, {"jsonb", "[]"}, {"jsonb", "\"canary\""},
    {"bytea", "\\xca7a57"}, {"bytea", "\\x"}, {"inet", "192.0.2.1"}, {"cidr", "192.0.2.0/24"},
    {"macaddr", "02:00:00:00:00:01"}, {"macaddr8", "02:00:00:00:00:00:00:01"},
    {"bit", "1"}, {"varbit", "1"}, {"money", "1"}, {"xml", "<canary/>"}, {"tsvector", "canary"}, {"tsquery", "canary"},
    {"point", "(1,1)"}, {"box", "((0,0),(1,1))"}, {"circle", "<(0,0),1>"}, {"line", "{1,1,1}"}, {"lseg", "((0,0),(1,1))"},
    {"path", "((0,0),(1,1))"}, {"polygon", "((0,0),(1,1),(1,0))"}, {"pg_lsn", "0/1"}, {"jsonpath", "$"},
    {"hstore", "canary=>1"}, {"ltree", "canary"}, {"geometry", "POINT(1 1)"}, {"geography", "POINT(1 1)"},
});
// What CHECKs with a regular expression often want, of every length that a code has.
constexpr auto typical_texts = std::to_array<std::string_view>({
    "canary", "Canary", "CANARY", "canary@example.com", "https://example.com/", "example.com", "+15555550100", "en", "DE",
    "EUR", "a", "A", "1", "1.0.0", "12345", "2020-02-02", "#c0ffee", "/", "{}", "",
});

}  // namespace

std::string json_string(std::string_view text)
{
    std::string out;
    append_json_string(out, text);
    return out;
}

std::optional<std::string> unlike_others(const canary_column& of)
{
    if (of.type == "uuid") {
        return daybook::to_string(org_id::generate());
    }
    if (of.type == "int2") {
        return "2" + random_digits(4);
    }
    if (of.type == "int4" || of.type == "oid") {
        return "2" + random_digits(8).insert(0, "0");
    }
    if (of.type == "int8") {
        return "8" + random_digits(17);
    }
    if (of.category == 'S') {
        return cut("canary" + random_hex(), of.length == 0 ? 24 : std::min<std::size_t>(of.length, 24));
    }
    return std::nullopt;
}

std::vector<std::string> candidates(const canary_column& of)
{
    std::vector<std::string> texts;
    const auto fresh = unlike_others(of);
    if (of.category == 'N') {
        // Small numbers first, unless no other row may have the same.
        if (of.unique && fresh) {
            texts.push_back(*fresh);
        }
        texts.emplace_back("1");
        for (const std::string& number : of.numbers) {
            const long value = std::strtol(number.c_str(), nullptr, 10);
            for (const long near : {value, value + 1, value - 1, -value}) {
                texts.push_back(std::to_string(near));
            }
        }
        for (const char* const other : {"0", "-1", "100", "1000"}) {
            texts.emplace_back(other);
        }
    } else if (fresh) {
        texts.push_back(*fresh);
    }
    texts.insert(texts.end(), of.texts.begin(), of.texts.end());
    for (const typical& one : typical_values) {
        if (one.type == of.type) {
            texts.emplace_back(one.value);
        }
    }
    if (of.category == 'S') {
        for (const std::string& number : of.numbers) {
            const std::size_t length = std::strtoul(number.c_str(), nullptr, 10);
            if (length <= longest_text) {
                texts.push_back(random_hex().append(length, 'a').substr(0, length));
                texts.push_back(random_digits(20).append(length, '0').substr(0, length));
            }
        }
        texts.insert(texts.end(), typical_texts.begin(), typical_texts.end());
    } else if (of.category == 'A') {
        texts.emplace_back("{}");
    } else if (of.category == 'R') {
        texts.emplace_back(of.type.ends_with("multirange") ? "{}" : "empty");
        texts.emplace_back("(,)");
    } else if (texts.empty()) {
        texts.emplace_back("canary");
    }
    std::vector<std::string> out;
    out.reserve(texts.size());
    for (const std::string& text : texts) {
        out.push_back(is_json(of.type) ? text : json_string(of.category == 'S' ? cut(text, of.length) : text));
    }
    return out;
}

}  // namespace daybook::detail
