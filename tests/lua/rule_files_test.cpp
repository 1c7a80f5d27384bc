#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <daybook/digest.hpp>
#include <daybook/error.hpp>
#include <daybook/rule_files.hpp>

#include "expect_error.hpp"
#include "temporary_file.hpp"

using namespace daybook;
using Catch::Matchers::ContainsSubstring;
using daybook::testing::kind_of;
using daybook::testing::message_of;
using daybook::testing::temporary_file;

namespace {

const org_id acme = org_id::parse("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11");

std::string problem_of(const std::string& text)
{
    const temporary_file file{"catalogue.lua", text};
    return message_of([&] { static_cast<void>(read_catalogue(file.path())); });
}

}  // namespace

TEST_CASE("a catalogue is Lua that returns a table, and its digest is that of the file", "[rules]")
{
    const std::string text = R"(
local person = { personal = true }
local actions = {}
for _, verb in ipairs{ "created", "deleted" } do
  actions["account." .. verb] = { targets = "account", metadata = { email = person }, sentence = "{actor} " .. verb .. " {target}" }
end
return { name = "accounts", strict = true, actions = actions }
)";
    const temporary_file file{"catalogue.lua", text};
    const auto c = read_catalogue(file.path());
    CHECK(c->name() == "accounts");
    CHECK(c->strict());
    CHECK(c->digest() == hex_sha256(text));
    REQUIRE(c->actions().size() == 2);
    CHECK(c->actions()[0].name == "account.created");
    CHECK(c->actions()[0].metadata[0].treated == treatment::redact);
}

TEST_CASE("a catalogue's mistakes are told with the file, and the line where Lua knows it", "[rules]")
{
    CHECK_THAT(problem_of("return {"), ContainsSubstring("catalogue.lua:1:"));
    CHECK_THAT(problem_of("\nlocal x = nil + 1\n"), ContainsSubstring("catalogue.lua:2:"));
    CHECK_THAT(problem_of("return 5"), ContainsSubstring("does not return a table"));
    CHECK_THAT(problem_of("return { actions = { a = function() end } }"), ContainsSubstring("the catalogue holds a function"));
    CHECK_THAT(problem_of("return { actions = { a = { 1, b = 2 } } }"), ContainsSubstring("neither a list nor an object"));
    CHECK_THAT(problem_of("return { actons = { a = true } }"), ContainsSubstring("did you mean \"actions\"?"));
    CHECK_THAT(problem_of("while true do end"), ContainsSubstring("catalogue.lua"));
    CHECK_THAT(problem_of("os.execute('true') return {}"), ContainsSubstring("catalogue.lua:1:"));
    CHECK_THAT(problem_of("io.open('/etc/passwd') return {}"), ContainsSubstring("catalogue.lua:1:"));
    CHECK_THAT(problem_of("\x1bLua"), ContainsSubstring("catalogue.lua"));
    CHECK(kind_of([] { static_cast<void>(read_catalogue("/nowhere/catalogue.lua")); }) == error_kind::unreadable_input);
    CHECK(kind_of([] { static_cast<void>(read_catalogue("/tmp")); }) == error_kind::unreadable_input);
}

TEST_CASE("no file is no rules; hooks come before the catalogue", "[rules]")
{
    CHECK(read_rules({}) == nullptr);
    const temporary_file catalogue{"catalogue.lua", "return { actions = { ['a.b'] = { metadata = { secret = { secret = true } } } } }"};
    const temporary_file hooks{"hooks.lua", "return { rules = { { name = 'n', apply = function(e) e.metadata = { secret = 'x' } end } } }"};
    outgoing_event e{.organization = acme, .content = {}};
    e.content.action = "a.b";
    read_rules({.catalogue = catalogue.path(), .hooks = hooks.path()})->apply(e);
    CHECK(e.content.metadata == R"({"secret":"[redacted]"})");
    CHECK(e.shaped_by.starts_with("hooks:"));
    CHECK_THAT(e.shaped_by, ContainsSubstring(" catalogue:"));
}

TEST_CASE("the key that values are hashed with is long enough, and nobody else's to read", "[rules]")
{
    const temporary_file key{"hash.key", "0123456789abcdef\n"};
    std::filesystem::permissions(key.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    CHECK(read_hash_key(key.path()) == "0123456789abcdef");
    std::filesystem::permissions(key.path(), std::filesystem::perms::group_read, std::filesystem::perm_options::add);
    CHECK_THAT(message_of([&] { static_cast<void>(read_hash_key(key.path())); }), ContainsSubstring("chmod 600"));
    const temporary_file brief{"hash.key", "0123456789abcde\n"};
    CHECK_THAT(message_of([&] { static_cast<void>(read_hash_key(brief.path())); }), ContainsSubstring("fewer than 16 bytes"));
}
