#include <daybook/rule_files.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include <sys/stat.h>

#include <daybook/digest.hpp>
#include <daybook/error.hpp>
#include <daybook/hooks.hpp>

#include "rule_text.hpp"
#include "sandbox.hpp"
#include "support.hpp"
#include "values.hpp"

namespace daybook {

namespace {

constexpr script_limits reading_limits{
    .instructions = 50'000'000, .memory = 64 * 1024 * 1024, .time = std::chrono::milliseconds{5'000}};

struct loading {
    std::string_view text;
    const std::string* name;
    std::string* json;
};

// What the file returns, as JSON: a catalogue is data.
int load(lua_State* L)
{
    const auto& from = *static_cast<const loading*>(lua_touserdata(L, 1));
    lua_settop(L, 0);
    lua::open_rule_values(L);
    lua::push_function(L, from.text, lua_pushfstring(L, "@%s", from.name->c_str()));
    lua_call(L, 0, 1);
    if (lua_type(L, -1) != LUA_TTABLE) {
        return luaL_error(L, "the file does not return a table");
    }
    lua::text_buffer& out = lua::new_buffer(L);
    lua::append_json(L, -2, out, "the catalogue");
    lua::failure what;
    if (!lua::guard(what, [&] { from.json->assign(out.view()); })) {
        return lua::raise(L, what);
    }
    return 0;
}

std::string environment(const char* name)
{
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

}  // namespace

void lua::open_rule_values(lua_State* L)
{
    lua_newtable(L);
    open_errors(L);
    open_values(L);
    lua_setglobal(L, "daybook");
}

std::string lua::read_rules_file(const std::string& file)
{
    std::error_code ignored;
    std::ifstream in{file, std::ios::binary};
    if (!in || !std::filesystem::is_regular_file(file, ignored)) {
        throw error{error_kind::unreadable_input, "the file \"" + file + "\" cannot be read"};
    }
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string lua::at_file(const std::string& file, const std::string& message)
{
    return message.starts_with(file + ":") ? message : file + ": " + message;
}

rule_files rule_files_from_environment()
{
    return {.catalogue = environment("DAYBOOK_CATALOGUE"), .hooks = environment("DAYBOOK_HOOKS"),
            .hash_key = environment("DAYBOOK_HASH_KEY_FILE")};
}

std::shared_ptr<const catalogue> read_catalogue(const std::string& file, catalogue_options options)
{
    const std::string text = lua::read_rules_file(file);
    std::string json;
    try {
        lua::sandbox box{reading_limits, lua::purpose::rules};
        loading from{text, &file, &json};
        box.call(load, &from);
        return std::make_shared<const catalogue>(json, hex_sha256(text), std::move(options));
    } catch (const error& problem) {
        throw error{error_kind::invalid_rules, lua::at_file(file, problem.what())};
    }
}

std::shared_ptr<const event_rules> read_rules(const rule_files& files)
{
    std::vector<std::shared_ptr<const event_rules>> rules;
    if (!files.hooks.empty()) {
        rules.push_back(std::make_shared<const hooks>(files.hooks));
    }
    if (!files.catalogue.empty()) {
        rules.push_back(read_catalogue(
            files.catalogue, {.hash_key = files.hash_key.empty() ? std::string{} : read_hash_key(files.hash_key)}));
    }
    if (rules.size() > 1) {
        return std::make_shared<const rule_chain>(std::move(rules));
    }
    return rules.empty() ? nullptr : rules.front();
}

std::string read_hash_key(const std::string& file)
{
    std::string key = lua::read_rules_file(file);
    if (key.ends_with('\n')) {
        key.pop_back();
    }
    if (key.size() < 16) {
        throw error{error_kind::invalid_rules, "the key in \"" + file + "\" has fewer than 16 bytes", "as in: openssl rand -hex 32"};
    }
    struct stat about {};
    if (stat(file.c_str(), &about) != 0 || (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        throw error{error_kind::invalid_rules, "the key in \"" + file + "\" can be read by others", "chmod 600 " + file};
    }
    return key;
}

}  // namespace daybook
