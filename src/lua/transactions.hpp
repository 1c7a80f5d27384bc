// The Lua object of a running transaction.

#ifndef DAYBOOK_LUA_TRANSACTIONS_HPP
#define DAYBOOK_LUA_TRANSACTIONS_HPP

#include <lua.hpp>

#include <daybook/tenant_tx.hpp>

namespace daybook::lua {

/// What a script holds. The pointer is taken away when the scope ends, so that a script that kept the object hears
/// "the transaction is over" instead of touching what is gone.
struct tx_handle {
    static constexpr const char* lua_type = "daybook.tx";

    tenant_tx* tx = nullptr;
    std::size_t queued = 0;  // bytes of events that a script with limits has logged since the last flush
};

/// Pushes a new, empty one.
tx_handle& new_tx(lua_State* L);

/// The transaction of the argument. Raises scope_ended.
tenant_tx& check_tx(lua_State* L, int argument);

}  // namespace daybook::lua

#endif
