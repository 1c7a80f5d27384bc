// A C++ program that runs a script, as a host of Daybook's bindings does: with a pool, and a function of its own.

#include <cstdio>
#include <cstdlib>

#include <lua.hpp>

#include <daybook/error.hpp>
#include <daybook/script_host.hpp>

int main(int argc, char** argv)
{
    if (argc != 2) {
        return 2;
    }
    try {
        daybook::pool connections{{.url = std::getenv("DATABASE_URL"), .size = 2}};
        daybook::script_host host{connections};
        lua_pushcfunction(host.state(), [](lua_State* L) {
            lua_pushliteral(L, "from the host");
            return 1;
        });
        lua_setglobal(host.state(), "host_function");
        host.run("assert(host_function() == 'from the host' and arg[1] == 'a' and ... == 'a')", "first.lua",
                 std::vector<std::string>{"a", "b"});
        host.run_file(argv[1]);
    } catch (const daybook::error& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
