#include "sql_rows.hpp"

#include <iostream>
#include <iterator>

namespace daybook::command {

sql_printer::sql_printer(context& c) : m_context{c}, m_writer{make_writer(c.format(), c.out())} {}

result_sink sql_printer::sink()
{
    return {.columns =
                [this](std::span<const result_column> columns) { m_writer->begin({columns.begin(), columns.end()}); },
            .row =
                [this](result_row values) {
                    row copy;
                    for (const auto& value : values) {
                        copy.push_back(value ? cell{std::string{*value}} : cell{});
                    }
                    m_writer->add(copy);
                    ++m_count;
                    return true;
                }};
}

void sql_printer::finish()
{
    m_writer->end();
    m_context.out().flush();
    m_context.say(std::to_string(m_count) + (m_count == 1 ? " row" : " rows"));
}

std::string query_text(const std::string& argument)
{
    if (argument != "-") {
        return argument;
    }
    return {std::istreambuf_iterator<char>{std::cin}, std::istreambuf_iterator<char>{}};
}

}  // namespace daybook::command
