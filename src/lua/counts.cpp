#include "counts.hpp"

#include <algorithm>
#include <string>

#include <daybook/counts.hpp>
#include <daybook/json.hpp>

#include "budget.hpp"
#include "filters.hpp"
#include "support.hpp"
#include "transactions.hpp"
#include "values.hpp"

namespace daybook::lua {

namespace {

// What is to be counted.
struct question {
    static constexpr const char* lua_type = "daybook.question";

    filter wanted;
    count_options options;
    bucket_width width = bucket_width::automatic;
};

// An answer travels as JSON, which is one way to make tables instead of a second one.
void append_totals(std::string& out, const counted& totals)
{
    out += "{\"events\":" + std::to_string(totals.events);
    if (totals.since) {
        out += ",\"since\":\"" + to_string(*totals.since) + "\"";
    }
}

std::string answer(const time_counts& found)
{
    std::string out;
    append_totals(out, found);
    out += ",\"width\":\"" + std::string{to_string(found.width)} + "\",\"buckets\":[";
    const char* comma = "";
    for (const time_bucket& b : found.buckets) {
        out += comma;
        out += "{\"begin\":\"" + to_string(b.begin) + "\",\"events\":" + std::to_string(b.events) +
               ",\"complete\":" + (b.complete ? "true}" : "false}");
        comma = ",";
    }
    return out + "]}";
}

std::string answer(const value_counts& found)
{
    std::string out;
    append_totals(out, found);
    out += ",\"without\":" + std::to_string(found.without) + ",\"more_values\":" + (found.more_values ? "true" : "false") +
           ",\"values\":[";
    const char* comma = "";
    for (const value_count& v : found.values) {
        out += comma;
        out += "{\"value\":";
        append_json_string(out, v.value);
        out += ",\"events\":" + std::to_string(v.events) + "}";
        comma = ",";
    }
    return out + "]}";
}

// A script with limits gets no more than others get without asking.
void bound(lua_State* L, count_options& options)
{
    if (budget::of(L) != nullptr) {
        options.limit_rows = std::min(options.limit_rows, count_options{}.limit_rows);
        options.limit_values = std::min(options.limit_values, count_options{}.limit_values);
    }
}

}  // namespace

// tx:count{ action = "invoice.*", by = "day" } -> { events, since, width, buckets = { {begin, events, complete}, … } }
int tx_count(lua_State* L)
{
    tenant_tx& tx = check_tx(L, 1);
    charge(L, 2 * price_of_statement);
    filter_argument(L, 2);
    question& asked = new_object<question>(L);
    read_filter(L, 2, asked.wanted, [&](std::string_view name) {
        if (name == "limit_rows") {
            asked.options.limit_rows = check_number_of(L, "limit_rows");
        } else if (name == "by") {
            const std::string_view width = check_text(L, "by");
            failure what;
            if (!guard(what, [&] { asked.width = parse_bucket_width(width); })) {
                raise(L, what);
            }
        } else {
            return false;
        }
        return true;
    });
    bound(L, asked.options);
    text_buffer& json = new_buffer(L);
    failure what;
    if (!guard(what, [&] { json.assign(answer(count_by_time(tx, asked.wanted, asked.width, asked.options))); })) {
        return raise(L, what);
    }
    push_json(L, json.view());
    return 1;
}

// tx:values("action", { since = "…" }) -> { events, since, without, more_values, values = { {value, events}, … } }
int tx_values(lua_State* L)
{
    tenant_tx& tx = check_tx(L, 1);
    charge(L, 2 * price_of_statement);
    const std::string_view field = check_string(L, 2);
    filter_argument(L, 3);
    question& asked = new_object<question>(L);
    read_filter(L, 3, asked.wanted, [&](std::string_view name) {
        if (name == "limit_rows") {
            asked.options.limit_rows = check_number_of(L, "limit_rows");
        } else if (name == "limit_values") {
            asked.options.limit_values = check_number_of(L, "limit_values");
        } else {
            return false;
        }
        return true;
    });
    bound(L, asked.options);
    text_buffer& json = new_buffer(L);
    failure what;
    if (!guard(what, [&] { json.assign(answer(count_values(tx, asked.wanted, field, asked.options))); })) {
        return raise(L, what);
    }
    push_json(L, json.view());
    return 1;
}

void open_counts(lua_State* L)
{
    static const luaL_Reg methods[] = {{"__gc", collect<question>}, {nullptr, nullptr}};
    define_type(L, question::lua_type, methods);
}

}  // namespace daybook::lua
