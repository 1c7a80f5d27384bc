#include "named_sql.hpp"

#include <algorithm>

#include <daybook/error.hpp>

namespace daybook::detail {

namespace {

constexpr std::string_view word_characters = "abcdefghijklmnopqrstuvwxyz0123456789_";

std::string in_quotes(std::string_view text, char quote)
{
    std::string out{quote};
    // In a comment a line break would end it, and $do$ is how the files quote blocks.
    if (text.find("$do$") != std::string_view::npos) {
        throw error{error_kind::invalid_text, "a name holds $do$"};
    }
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            throw error{error_kind::invalid_text, "a name holds a control character"};
        }
        if (c == quote) {
            out += quote;
        }
        out += c;
    }
    return out + quote;
}

std::string quoted_list(const std::vector<std::string>& values, char quote)
{
    std::string out;
    for (std::size_t n = 0; n < values.size(); ++n) {
        out += (n == 0 ? "" : ", ") + in_quotes(values[n], quote);
    }
    return out;
}

}  // namespace

std::string with_names(std::string_view sql, const names& variables, const fragments& written)
{
    std::string out;
    for (std::size_t i = 0; i < sql.size(); ++i) {
        const bool colon = sql[i] == ':' && i + 1 < sql.size() && (i == 0 || sql[i - 1] != ':');
        if (colon && (sql[i + 1] == '"' || sql[i + 1] == '\'')) {
            const std::size_t end = sql.find(sql[i + 1], i + 2);
            const auto found =
                end == std::string_view::npos ? variables.end() : variables.find(sql.substr(i + 2, end - i - 2));
            if (found != variables.end()) {
                out += quoted_list(found->second, sql[i + 1]);
                i = end;
                continue;
            }
        } else if (colon) {
            const std::size_t end = std::min(sql.find_first_not_of(word_characters, i + 1), sql.size());
            const auto found = written.find(sql.substr(i + 1, end - i - 1));
            if (found != written.end()) {
                out += found->second;
                i = end - 1;
                continue;
            }
        }
        out += sql[i];
    }
    return out;
}

}  // namespace daybook::detail
