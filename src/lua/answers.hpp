// The answer of a query, on its way from C++ to Lua.

#ifndef DAYBOOK_LUA_ANSWERS_HPP
#define DAYBOOK_LUA_ANSWERS_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <lua.hpp>

#include <daybook/sql_query.hpp>

namespace daybook::lua {

/// Lives in a userdata, since making tables of it may raise.
struct answer {
    static constexpr const char* lua_type = "daybook.answer";

    std::vector<result_column> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;
    std::size_t bytes = 0;
    std::size_t most_bytes = ~std::size_t{0};
    bool cut = false;  // there was more than most_bytes

    /// Fills this. It must stay where it is.
    [[nodiscard]] result_sink sink();
};

/// Pushes the userdata.
answer& new_answer(lua_State* L);

/// Pushes a list of rows: tables by column name. A null is absent.
int push_rows(lua_State* L, const answer& all);

void open_answers(lua_State* L);

}  // namespace daybook::lua

#endif
