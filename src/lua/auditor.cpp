// The loud path across organizations, for daybook.auditor.

#include <string>
#include <vector>

#include <daybook/sql_query.hpp>

#include "support.hpp"
#include "values.hpp"

namespace daybook::lua {

namespace {

struct answer {
    static constexpr const char* lua_type = "daybook.answer";

    std::vector<result_column> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;
};

void push_value(lua_State* L, const std::string& text, column_kind kind)
{
    switch (kind) {
    case column_kind::boolean: lua_pushboolean(L, text == "t" ? 1 : 0); break;
    case column_kind::number:
        if (text.find_first_of("NI") == std::string::npos) {
            push_json(L, text);
            break;
        }
        [[fallthrough]];
    default: lua_pushlstring(L, text.data(), text.size());
    }
}

// core.auditor_query(url, sql) -> list of rows
int auditor_query(lua_State* L)
{
    const std::string_view url = check_string(L, 1);
    const std::string_view sql = check_string(L, 2);
    answer& all = new_object<answer>(L);
    failure what;
    const bool done = guard(what, [&] {
        run_auditor_query(std::string{url}, std::string{sql},
                          {.columns = [&](std::span<const result_column> c) { all.columns.assign(c.begin(), c.end()); },
                           .row =
                               [&](result_row row) {
                                   auto& kept = all.rows.emplace_back();
                                   for (const auto& value : row) {
                                       kept.push_back(value ? std::optional{std::string{*value}} : std::nullopt);
                                   }
                                   return true;
                               }});
    });
    if (!done) {
        return raise(L, what);
    }
    lua_createtable(L, static_cast<int>(all.rows.size()), 0);
    for (std::size_t row = 0; row < all.rows.size(); ++row) {
        lua_createtable(L, 0, static_cast<int>(all.columns.size()));
        for (std::size_t column = 0; column < all.columns.size(); ++column) {
            if (all.rows[row][column]) {
                push_value(L, *all.rows[row][column], all.columns[column].kind);
                lua_setfield(L, -2, all.columns[column].name.c_str());
            }
        }
        lua_rawseti(L, -2, static_cast<lua_Integer>(row) + 1);
    }
    return 1;
}

}  // namespace

void open_auditor(lua_State* L)
{
    static const luaL_Reg methods[] = {{"__gc", collect<answer>}, {nullptr, nullptr}};
    define_type(L, answer::lua_type, methods);
    static const luaL_Reg functions[] = {{"auditor_query", auditor_query}, {nullptr, nullptr}};
    luaL_setfuncs(L, functions, 0);
}

}  // namespace daybook::lua
