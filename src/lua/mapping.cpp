#include <daybook/mapping.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <daybook/digest.hpp>
#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "host_pool.hpp"
#include "mapping_files/all.hpp"
#include "script_error.hpp"
#include "support.hpp"
#include "values.hpp"

namespace daybook {

namespace {

constexpr const char* map_key = "daybook.map";

std::string source_of(const std::string& name_or_file)
{
    for (const auto& file : embedded::mapping_files::all) {
        if (file.name == name_or_file) {
            return std::string{file.text};
        }
    }
    std::ifstream in{name_or_file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in || std::filesystem::is_directory(name_or_file)) {
        const auto names = mapping::shipped();
        const std::string_view near = nearest_name(name_or_file, names);
        throw error{error_kind::invalid_mapping, "there is no mapping and no file \"" + name_or_file + "\"",
                    near.empty() ? "" : "did you mean \"" + std::string{near} + "\"?"};
    }
    return text.str();
}

struct source {
    const std::string& text;
    const std::string& name;
};

// Leaves the function map in the registry.
int load(lua_State* L)
{
    const auto& from = *static_cast<const source*>(lua_touserdata(L, 1));
    luaL_openlibs(L);
    lua_gc(L, LUA_GCGEN, 0, 0);  // a line's tables die with the line
    lua::preload(L);
    luaL_requiref(L, "daybook.core", luaopen_daybook_core, 0);
    lua_settop(L, 0);
    const char* const chunk = lua_pushfstring(L, "@%s", from.name.c_str());
    if (luaL_loadbufferx(L, from.text.data(), from.text.size(), chunk, "t") != LUA_OK) {
        return lua_error(L);
    }
    lua_call(L, 0, 1);
    if (lua_type(L, -1) != LUA_TTABLE || lua_getfield(L, -1, "map") != LUA_TFUNCTION) {
        return luaL_error(L, "the file does not return a table with a function `map`");
    }
    lua_setfield(L, LUA_REGISTRYINDEX, map_key);
    return 0;
}

struct job {
    std::string_view line;
    // Filled with what lives on the Lua stack until the call is over.
    std::string* tenant;
    std::string* key;
    std::string* json;
};

// A member of the table at `index` that the importer takes for itself; false if it is absent.
bool take_text(lua_State* L, int index, const char* name, std::string& out)
{
    const int type = lua_getfield(L, index, name);
    if (type == LUA_TNUMBER) {
        lua_tolstring(L, -1, nullptr);  // an account number is a fine key
    } else if (type != LUA_TSTRING && type != LUA_TNIL) {
        luaL_error(L, "the mapping gave a %s as %s", lua_typename(L, type), name);
    }
    std::size_t size = 0;
    const char* const text = lua_tolstring(L, -1, &size);
    lua::failure what;
    const bool kept = lua::guard(what, [&] { out.assign(text == nullptr ? "" : text, size); });
    lua_pop(L, 1);
    lua_pushnil(L);
    lua_setfield(L, index, name);
    if (!kept) {
        lua::raise(L, what);
    }
    return size > 0;
}

// map(event, line), and its table as JSON.
int run_map(lua_State* L)
{
    const auto& todo = *static_cast<const job*>(lua_touserdata(L, 1));
    lua_settop(L, 0);
    lua_getfield(L, LUA_REGISTRYINDEX, map_key);
    lua::push_json(L, todo.line, lua::nulls::absent);
    if (json_reader{todo.line}.next() != json_token::object_begin) {
        return lua::raise(L, error_kind::refused_input, "the line is not a JSON object");
    }
    lua_pushlstring(L, todo.line.data(), todo.line.size());
    lua_call(L, 2, 2);
    if (lua_type(L, 1) != LUA_TTABLE) {
        const char* const reason = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "the mapping gave no event";
        return lua::raise(L, error_kind::refused_input, reason);
    }
    lua_settop(L, 1);
    if (!take_text(L, 1, "tenant", *todo.tenant)) {
        return lua::raise(L, error_kind::refused_input, "the line names no tenant");
    }
    take_text(L, 1, "key", *todo.key);
    lua_pushnil(L);
    lua_setfield(L, 1, "metadata");  // it is the line, always
    lua::text_buffer& json = lua::kept_buffer(L, "daybook.mapped");
    lua::append_event(L, 1, json);
    lua::failure what;
    if (!lua::guard(what, [&] { todo.json->assign(json.view()); })) {
        return lua::raise(L, what);
    }
    return 0;
}

}  // namespace

struct mapping::state {
    struct closer {
        void operator()(lua_State* L) const { lua_close(L); }
    };
    std::unique_ptr<lua_State, closer> lua{luaL_newstate()};
};

mapping::mapping(const std::string& name_or_file) : m_state{std::make_unique<state>()}
{
    lua_State* const L = m_state->lua.get();
    if (L == nullptr) {
        throw error{error_kind::internal, "there is no memory for a Lua state"};
    }
    const std::string text = source_of(name_or_file);
    source from{text, name_or_file};
    lua_pushcfunction(L, load);
    lua_pushlightuserdata(L, &from);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        throw error{error_kind::invalid_mapping, std::string{"mapping: "} + lua::script_error(L).what()};
    }
}

mapping::~mapping() = default;

mapped_event mapping::map(std::string_view line)
{
    lua_State* const L = m_state->lua.get();
    std::string tenant;
    std::string key;
    std::string json;
    job todo{line, &tenant, &key, &json};
    lua_pushcfunction(L, run_map);
    lua_pushlightuserdata(L, &todo);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        const error raised = lua::script_error(L);
        if (raised.kind() == error_kind::script_failed) {
            throw error{error_kind::refused_input, raised.what()};
        }
        throw raised;
    }
    mapped_event result{std::move(tenant), event_from_json(json)};
    if (!result.content.id) {
        if (!result.content.occurred_at) {
            throw error{error_kind::invalid_time, "the line has no time"};
        }
        const std::string unique = key.empty() ? line_key(line) : key;
        result.content.id = event_id::derive(*result.content.occurred_at, unique);
    }
    result.content.metadata = std::string{line};
    check_event(result.content);
    return result;
}

std::vector<std::string_view> mapping::shipped()
{
    std::vector<std::string_view> names;
    std::ranges::transform(embedded::mapping_files::all, std::back_inserter(names),
                           [](const auto& file) { return file.name; });
    return names;
}

}  // namespace daybook
