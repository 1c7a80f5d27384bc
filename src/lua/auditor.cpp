// The loud path across organizations, for daybook.auditor.

#include <string>

#include <daybook/sql_query.hpp>

#include "answers.hpp"
#include "support.hpp"

namespace daybook::lua {

namespace {

// core.auditor_query(url, sql) -> list of rows
int auditor_query(lua_State* L)
{
    const std::string_view url = check_string(L, 1);
    const std::string_view sql = check_string(L, 2);
    answer& all = new_answer(L);
    failure what;
    if (!guard(what, [&] { run_auditor_query(std::string{url}, std::string{sql}, all.sink()); })) {
        return raise(L, what);
    }
    return push_rows(L, all);
}

}  // namespace

void open_auditor(lua_State* L)
{
    open_answers(L);
    static const luaL_Reg functions[] = {{"auditor_query", auditor_query}, {nullptr, nullptr}};
    luaL_setfuncs(L, functions, 0);
}

}  // namespace daybook::lua
