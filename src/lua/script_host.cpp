#include <daybook/script_host.hpp>

#include <daybook/error.hpp>

#include "host_pool.hpp"
#include "script_error.hpp"
#include "script_file.hpp"
#include "support.hpp"

namespace daybook {

namespace {

// Everything that may raise while the state is made ready; the pool is a light userdata.
int prepare(lua_State* L)
{
    auto* const connections = static_cast<pool*>(lua_touserdata(L, 1));
    luaL_openlibs(L);
    lua::preload(L);
    luaL_requiref(L, "daybook.core", luaopen_daybook_core, 0);
    lua_pop(L, 1);
    lua::hand_in_pool(L, *connections);
    return 0;
}

struct script {
    const std::string& text;
    const char* name;
    std::span<const std::string> arguments;
};

// Loads and runs the script that the light userdata points to.
int load_and_run(lua_State* L)
{
    const auto& what = *static_cast<const script*>(lua_touserdata(L, 1));
    lua_settop(L, 0);
    if (luaL_loadbufferx(L, what.text.data(), what.text.size(), what.name, "t") != LUA_OK) {
        return lua_error(L);
    }
    const int count = lua::push_arguments(L, what.name + 1, what.arguments);
    lua_call(L, count, 0);
    return 0;
}

}  // namespace

void script_host::state_closer::operator()(lua_State* state) const
{
    lua_close(state);
}

script_host::script_host(pool& connections) : m_state{luaL_newstate()}
{
    if (m_state == nullptr) {
        throw error{error_kind::internal, "there is no memory for a Lua state"};
    }
    lua_pushcfunction(m_state.get(), prepare);
    lua_pushlightuserdata(m_state.get(), &connections);
    if (lua_pcall(m_state.get(), 1, 0, 0) != LUA_OK) {
        throw lua::script_error(m_state.get());
    }
}

script_host::~script_host() = default;

lua_State* script_host::state() const noexcept
{
    return m_state.get();
}

void script_host::run(const std::string& text, const std::string& name, std::span<const std::string> arguments)
{
    lua_State* const L = m_state.get();
    const std::string chunk = "@" + name;
    const script what{text, chunk.c_str(), arguments};
    lua_pushcfunction(L, lua::add_traceback);
    lua_pushcfunction(L, load_and_run);
    lua_pushlightuserdata(L, const_cast<script*>(&what));
    const int status = lua_pcall(L, 1, 0, -3);
    if (status != LUA_OK) {
        error raised = lua::script_error(L);
        lua_pop(L, 1);
        throw raised;
    }
    lua_pop(L, 1);
}

void script_host::run_file(const std::string& path, std::span<const std::string> arguments)
{
    run(lua::read_script(path), path, arguments);
}

}  // namespace daybook
