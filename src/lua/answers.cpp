#include "answers.hpp"

#include "budget.hpp"
#include "support.hpp"
#include "values.hpp"

namespace daybook::lua {

namespace {

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

}  // namespace

result_sink answer::sink()
{
    return {.columns = [this](std::span<const result_column> c) { columns.assign(c.begin(), c.end()); },
            .row =
                [this](result_row row) {
                    bytes += 100 + 50 * row.size();  // what the containers take
                    for (const auto& value : row) {
                        bytes += value ? value->size() : 0;
                    }
                    if (bytes > most_bytes) {
                        cut = true;
                        return false;
                    }
                    auto& kept = rows.emplace_back();
                    for (const auto& value : row) {
                        kept.push_back(value ? std::optional{std::string{*value}} : std::nullopt);
                    }
                    return true;
                }};
}

answer& new_answer(lua_State* L)
{
    return new_object<answer>(L);
}

int push_rows(lua_State* L, const answer& all)
{
    lua_createtable(L, static_cast<int>(all.rows.size()), 0);
    for (std::size_t row = 0; row < all.rows.size(); ++row) {
        charge(L, 10 * (1 + all.columns.size()));
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

void open_answers(lua_State* L)
{
    static const luaL_Reg methods[] = {{"__gc", collect<answer>}, {nullptr, nullptr}};
    define_type(L, answer::lua_type, methods);
}

}  // namespace daybook::lua
