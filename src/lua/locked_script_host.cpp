#include <daybook/locked_script_host.hpp>

#include <algorithm>
#include <cctype>

#include <daybook/error.hpp>
#include <daybook/reader.hpp>

#include "locked_module.hpp"
#include "script_file.hpp"

namespace daybook {

namespace {

struct script {
    const std::string& text;
    const char* name;  // with Lua's mark of a file's name
    std::span<const std::string> arguments;
};

int load_and_run(lua_State* L)
{
    const auto& what = *static_cast<const script*>(lua_touserdata(L, 1));
    lua_settop(L, 0);
    lua::push_function(L, what.text, what.name);
    lua_call(L, lua::push_arguments(L, what.name + 1, what.arguments), 0);
    return 0;
}

bool is_name(std::string_view text)
{
    const auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 && std::ranges::all_of(text, part);
}

}  // namespace

struct locked_script_host::state {
    script_limits limits;
    lua::locked_world world;
    lua::line_sink print = [](std::string_view) {};
};

locked_script_host::locked_script_host(pool& connections, const org_id& organization, const script_limits& limits)
    : m_state{new state{limits, {.source = lua::locked_source{connections, organization}}}}
{
}

locked_script_host::locked_script_host(tenant_tx& running, const script_limits& limits)
    : m_state{new state{limits, {.source = lua::locked_source{running}}}}
{
}

locked_script_host::~locked_script_host() = default;

void locked_script_host::use(reader& queries)
{
    if (queries.organization() != m_state->world.source.organization()) {
        throw error{error_kind::nested_organization, "the reader is bound to another organization than the locked scripts"};
    }
    m_state->world.queries = &queries;
}

void locked_script_host::bind(const std::string& name, host_function function)
{
    if (!is_name(name) || function == nullptr) {
        throw error{error_kind::wrong_usage, "\"" + name + "\" is no name for a function of the host", "letters, digits and _"};
    }
    m_state->world.functions.insert_or_assign(name, std::move(function));
}

void locked_script_host::print_to(std::function<void(std::string_view)> sink)
{
    m_state->print = std::move(sink);
}

void locked_script_host::run(const std::string& text, const std::string& name, std::span<const std::string> arguments)
{
    lua::sandbox box{m_state->limits, lua::purpose::script, m_state->print};
    lua::add_locked_module(box, m_state->world);
    const std::string chunk = "@" + name;
    script what{text, chunk.c_str(), arguments};
    box.call(load_and_run, &what);
}

void locked_script_host::run_file(const std::string& path, std::span<const std::string> arguments)
{
    run(lua::read_script(path), path, arguments);
}

}  // namespace daybook
