// What every binding uses.
//
// Lua is compiled as C, so raising a Lua error is a longjmp: it skips destructors. So a binding has three beats. It
// takes its arguments while no C++ object lives; it works inside guard(), where only Lua calls are made that the manual
// marks as never raising; and it pushes its results, or the error, when all objects are gone. What must outlive a beat
// lives in a userdata with __gc.
//
// A Lua that was built as C++ raises by throwing, and guard() would swallow it: one more reason that nothing raises there.

#ifndef DAYBOOK_LUA_SUPPORT_HPP
#define DAYBOOK_LUA_SUPPORT_HPP

#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string_view>

#include <lua.hpp>
#include <pqxx/pqxx>

#include <daybook/error.hpp>

namespace daybook::lua {

/// An error on its way from C++ to Lua, in plain characters: it survives the handler that caught it.
struct failure {
    error_kind kind = error_kind::internal;
    char sqlstate[6] = {};
    char message[2000] = {};

    void set(error_kind of, std::string_view state, const char* text) noexcept
    {
        kind = of;
        std::snprintf(sqlstate, sizeof sqlstate, "%.*s", static_cast<int>(state.size()), state.data());
        std::snprintf(message, sizeof message, "%s", text);
    }
};

/// Runs `work`; false, and `what` filled, if it threw. Leaves the handler before Lua is touched.
template <typename Work>
[[nodiscard]] bool guard(failure& what, Work&& work) noexcept
{
    try {
        work();
        return true;
    } catch (const error& e) {
        what.set(e.kind(), e.sqlstate(), e.what());
    } catch (const pqxx::insufficient_privilege& e) {
        what.set(error_kind::permission_denied, "42501", e.what());  // libpqxx 7.10 leaves the state empty
    } catch (const pqxx::sql_error& e) {
        what.set(error_kind::statement_failed, e.sqlstate(), e.what());
    } catch (const pqxx::broken_connection& e) {
        what.set(error_kind::connection_lost, "", e.what());
    } catch (const std::exception& e) {
        what.set(error_kind::internal, "", e.what());
    } catch (...) {
        what.set(error_kind::internal, "", "unknown C++ exception");
    }
    return false;
}

/// Raises `what` as an error object: {code, kind, message, sqlstate, retryable}. Never returns.
int raise(lua_State* L, const failure& what);

/// The same from a kind and a message.
int raise(lua_State* L, error_kind kind, const char* message);

/// From now on this state keeps in mind what raise() raises, for raised_by_us(): a script could write the same table.
void remember_errors(lua_State* L);

struct raised_error {
    error_kind kind;
    char sqlstate[6];
};

/// What raise() raised, if the value at `index` is that very object; the script may have changed its fields. Never raises.
[[nodiscard]] std::optional<raised_error> raised_by_us(lua_State* L, int index) noexcept;

/// A string argument, strictly: numbers are not taken for strings.
std::string_view check_string(lua_State* L, int argument);

/// Makes a metatable from these functions, once a state. Names that begin with __ are metamethods, which a script cannot
/// reach: the others are in a table of their own, and __metatable hides the metatable.
void define_type(lua_State* L, const char* name, const luaL_Reg* functions);

/// A userdata that holds a T, of the type T::lua_type, with room for so many Lua values that it keeps alive. `T` is
/// default-constructible without throwing.
template <typename T>
T& new_object(lua_State* L, int user_values = 0)
{
    void* const memory = lua_newuserdatauv(L, sizeof(T), user_values);
    if (luaL_getmetatable(L, T::lua_type) != LUA_TTABLE) {
        luaL_error(L, "the type %s was not opened in this state", T::lua_type);  // without __gc it would leak
    }
    T* const object = new (memory) T;
    lua_setmetatable(L, -2);
    return *object;
}

/// Raises a type error unless the argument is such a userdata.
template <typename T>
T& check_object(lua_State* L, int argument)
{
    return *static_cast<T*>(luaL_checkudata(L, argument, T::lua_type));
}

/// __gc for new_object: leaves an empty object behind, since the debug library can call it at any time.
template <typename T>
int collect(lua_State* L)
{
    T& object = check_object<T>(L, 1);
    object.~T();
    new (&object) T;
    return 0;
}

// Each noun's own file adds its types and functions to the module table on top of the stack.
void open_errors(lua_State* L);
void open_values(lua_State* L);
void open_events(lua_State* L);
void open_counts(lua_State* L);
void open_transactions(lua_State* L);
void open_pools(lua_State* L);
void open_auditor(lua_State* L);

}  // namespace daybook::lua

#endif
