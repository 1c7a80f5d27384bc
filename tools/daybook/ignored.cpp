#include "ignored.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include <daybook/error.hpp>
#include <daybook/event.hpp>

#include "output_file.hpp"
#include "text.hpp"

namespace daybook::command {

namespace {

constexpr std::string_view separator = " -- ";
constexpr std::array levels{severity::info, severity::warning, severity::error};

std::string trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) {
        return {};
    }
    return std::string{text.substr(first, text.find_last_not_of(" \t\r") - first + 1)};
}

std::string whole(const std::string& path)
{
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (!file.is_open() || file.bad()) {
        throw error{error_kind::unreadable_input, "cannot read " + path};
    }
    return text;
}

}  // namespace

std::vector<ignored_finding> read_ignored(const std::string& path)
{
    std::vector<ignored_finding> found;
    if (!std::filesystem::exists(path)) {
        return found;
    }
    const std::string text = whole(path);
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string line = trimmed(std::string_view{text}.substr(at, end - at));
        at = end + 1;
        ++number;
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        const std::size_t reason = line.find(separator);
        const std::string where = path + ", line " + std::to_string(number) + ": ";
        if (reason == std::string::npos || trimmed(line.substr(reason + separator.size())).empty()) {
            throw error{error_kind::unreadable_input, where + "a finding is ignored for a reason", "SEVERITY FINDING:OBJECT -- REASON"};
        }
        try {
            std::string what = trimmed(line.substr(0, reason));
            const std::size_t blank = what.find(' ');
            const std::string word = what.substr(0, std::min(blank, what.size()));
            const auto level = std::ranges::find_if(levels, [&word](severity one) { return to_string(one) == word; });
            if (level == levels.end() || blank == std::string::npos) {
                throw error{error_kind::wrong_usage, "it begins with error, warning or info: as what it is accepted"};
            }
            found.push_back(parse_ignored(trimmed(what.substr(blank)), trimmed(line.substr(reason + separator.size()))));
            found.back().level = *level;
        } catch (const error& e) {
            throw error{error_kind::unreadable_input, where + e.what()};
        }
    }
    return found;
}

ignored_finding parse_ignored(const std::string& text, const std::string& because)
{
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || colon + 1 == text.size()) {
        throw error{error_kind::wrong_usage, "\"" + text + "\" is not FINDING:OBJECT", "as the doctor prints them, as in rls_disabled:public.countries"};
    }
    const std::string check = text.substr(0, colon);
    const std::vector<std::string_view> checks = isolation_checks();
    if (std::ranges::find(checks, check) == checks.end()) {
        const std::string_view near = nearest_name(check, checks);
        throw error{error_kind::wrong_usage,
                    "no check finds \"" + check + "\"" + (near.empty() ? "" : "; did you mean \"" + std::string{near} + "\"?")};
    }
    const bool one_line = text.find('\n') == std::string::npos && because.find('\n') == std::string::npos;
    if (!one_line || text.find(separator) != std::string::npos) {
        throw error{error_kind::wrong_usage, "the object or the reason does not fit into one line of the file"};
    }
    return {.check = check, .object = text.substr(colon + 1), .because = because};
}

ignored_finding as_found(ignored_finding one, const std::vector<isolation_finding>& findings)
{
    const auto found = std::ranges::find_if(findings, [&one](const isolation_finding& f) { return f.check == one.check && f.object == one.object; });
    if (found == findings.end()) {
        throw error{error_kind::wrong_usage, one.check + " is not found on " + one.object, "name the object as the doctor prints it"};
    }
    one.level = found->level;
    return one;
}

void add_ignored(const std::string& path, const ignored_finding& one)
{
    const std::vector<ignored_finding> known = read_ignored(path);
    const auto same = [&one](const ignored_finding& k) { return k.check == one.check && k.object == one.object && k.level >= one.level; };
    if (std::ranges::any_of(known, same)) {
        return;
    }
    const std::string before = std::filesystem::exists(path)
                                   ? whole(path)
                                   : "# Findings of `daybook doctor` that are accepted, each with its reason: SEVERITY FINDING:OBJECT -- REASON\n";
    output_file out{path};
    out.write(before);
    out.write((before.ends_with('\n') ? "" : "\n") + std::string{to_string(one.level)} + " " + one.check + ":" + one.object + std::string{separator} + one.because + "\n");
    out.finish();
}

}  // namespace daybook::command
