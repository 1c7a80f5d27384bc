#include "mutants.hpp"

#include <fstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace daybook::testing {

namespace {

// "noticed by the rest" -> "the rest"
bool take(const std::string& line, std::string_view word, std::string& rest)
{
    if (!line.starts_with(word)) {
        return false;
    }
    rest = line.substr(word.size());
    return true;
}

}  // namespace

std::vector<mutant> read_mutants(const std::string& path)
{
    std::ifstream in{path};
    if (!in) {
        throw std::runtime_error{"cannot read " + path};
    }
    std::vector<mutant> all;
    std::string* block = nullptr;  // where indented lines go
    int number = 0;
    int blank = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        const auto wrong = [&](const std::string& why) {
            return std::runtime_error{path + ":" + std::to_string(number) + ": " + why};
        };
        std::string rest;
        if (line.empty()) {
            ++blank;
            continue;
        }
        const int blank_before = std::exchange(blank, 0);
        if (line.starts_with("#")) {
            block = nullptr;
        } else if (line.starts_with("    ")) {
            if (block == nullptr) {
                throw wrong("an indented line belongs under sql, undo, in or instead");
            }
            // A blank line inside a block belongs to it.
            *block += block->empty() ? "" : std::string(static_cast<std::size_t>(blank_before) + 1, '\n');
            *block += line;
        } else if (take(line, "protection ", rest)) {
            mutant m;
            m.number = static_cast<int>(all.size()) + 1;
            m.protection = rest;
            all.push_back(std::move(m));
        } else if (all.empty()) {
            throw wrong("a block begins with protection");
        } else if (line == "sql") {
            block = &all.back().sql;
        } else if (line == "undo") {
            block = &all.back().undo;
        } else if (take(line, "in ", rest)) {
            all.back().replacements.push_back({rest, {}, {}});
            block = &all.back().replacements.back().before;
        } else if (line == "instead" && !all.back().replacements.empty()) {
            block = &all.back().replacements.back().after;
        } else if (take(line, "noticed by ", rest)) {
            all.back().noticed_by.push_back(rest);
        } else if (take(line, "noticed at once by ", rest)) {
            all.back().noticed_by.push_back(rest);
            all.back().at_once = true;
        } else {
            throw wrong("not understood: " + line);
        }
    }
    for (const mutant& m : all) {
        if (m.noticed_by.empty() || m.sql.empty() == m.replacements.empty()) {
            throw std::runtime_error{path + ": " + m.protection + ": needs either sql or in and instead, and who notices"};
        }
    }
    return all;
}

}  // namespace daybook::testing
