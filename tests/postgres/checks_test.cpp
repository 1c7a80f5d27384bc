// Every page of docs/checks/ is a test: its defect is found, and ended by what it says.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <daybook/isolation.hpp>

#include "example_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

std::string page(const std::string& check)
{
    return read_text(pages_folder() + check + ".md");
}

// What stands behind `Also found:` up to the full stop, as a list of words.
std::set<std::string> also_found(const std::string& text)
{
    std::set<std::string> names;
    const std::size_t at = text.find("Also found: ");
    if (at == std::string::npos) {
        return names;
    }
    std::istringstream words{text.substr(at + 12, text.find('.', at) - at - 12)};
    for (std::string word; words >> word;) {
        std::erase_if(word, [](char c) { return c == ',' || c == '`'; });
        if (word != "and") {
            names.insert(word);
        }
    }
    return names;
}

// These need another server, or another database: tested in isolation_test.cpp.
const std::set<std::string_view> elsewhere{"server_version", "reader_functions"};

}  // namespace

TEST_CASE("the example that every page breaks has no finding", "[database]")
{
    const example_database shop;
    const examination e = examine_isolation(shop.owner_url());
    CHECK(listed(e).empty());
    CHECK(e.app_roles == std::vector<std::string>{"shop_app"});
    CHECK(e.checks == isolation_checks().size());
    CHECK(e.tables.size() == 5);
}

TEST_CASE("each page's defect is found, and what the page says ends it", "[database]")
{
    for (const std::string_view check : isolation_checks()) {
        if (elsewhere.contains(check)) {
            continue;
        }
        DYNAMIC_SECTION(check)
        {
            const std::string text = page(std::string{check});
            const std::string defect = block(text, "sql defect");
            const std::string fix = block(text, "sql fix");
            REQUIRE_FALSE(defect.empty());
            REQUIRE_FALSE(fix.empty());
            const example_database shop;

            shop.run(defect);
            const examination broken = examine_isolation(shop.owner_url());
            INFO("with the defect:\n" << listed(broken));
            CHECK(broken.not_run.empty());
            CHECK(std::ranges::any_of(broken.findings, [&](const isolation_finding& f) { return f.check == check; }));
            const std::set<std::string> also = also_found(text);
            for (const isolation_finding& f : broken.findings) {
                INFO("not said on the page: " << f.check);
                CHECK((f.check == check || also.contains(f.check)));
                CHECK_FALSE(f.fix.empty());
            }
            for (const std::string& name : also) {
                INFO("said on the page: " << name);
                CHECK(std::ranges::any_of(broken.findings, [&](const isolation_finding& f) { return f.check == name; }));
            }

            shop.run(fix);
            const examination fixed = examine_isolation(shop.owner_url());
            INFO("after the fix:\n" << listed(fixed));
            CHECK(fixed.findings.empty());
            CHECK(fixed.not_run.empty());
        }
    }
}

TEST_CASE("every check has a page, every page a check, and the index has them all")
{
    const std::string index = read_text(pages_folder() + "README.md");
    std::set<std::string> pages;
    for (const auto& entry : std::filesystem::directory_iterator{pages_folder()}) {
        if (entry.path().extension() == ".md" && entry.path().stem() != "README") {
            pages.insert(entry.path().stem());
        }
    }
    for (const std::string_view check : isolation_checks()) {
        const std::string name{check};
        INFO(name);
        CHECK(pages.contains(name));
        CHECK(index.find("[" + name + "](" + name + ".md)") != std::string::npos);
        pages.erase(name);
    }
    CHECK(pages.empty());
}
