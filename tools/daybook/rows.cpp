#include "rows.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "text.hpp"

namespace daybook::command {

namespace {

class writer : public row_writer {
public:
    explicit writer(output& out) : m_out{out} {}

    void begin(const std::vector<result_column>& columns) override { m_columns = columns; }
    void end() override {}

protected:
    output& m_out;
    std::vector<result_column> m_columns;
};

// Column widths come from the first rows, so that memory does not grow with their number.
class table_writer final : public writer {
public:
    using writer::writer;

    void add(const row& values) override
    {
        std::vector<std::string> shown;
        for (const cell& value : values) {
            shown.push_back(value ? shorten(visible(*value)) : "");
        }
        if (m_started) {
            print(shown);
        } else {
            m_waiting.push_back(std::move(shown));
            if (m_waiting.size() == 500) {
                start();
            }
        }
    }

    void end() override { start(); }

private:
    static constexpr std::size_t widest = 80;

    static std::string shorten(std::string text)
    {
        while (display_width(text) > widest) {
            std::size_t cut = text.size() - text.size() / 8 - 1;
            while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) {
                --cut;
            }
            text.resize(cut);
            if (display_width(text) <= widest) {
                return text + "…";
            }
        }
        return text;
    }

    void start()
    {
        if (m_started) {
            return;
        }
        m_started = true;
        std::vector<std::string> names;
        for (const result_column& column : m_columns) {
            names.push_back(visible(column.name));
            m_widths.push_back(display_width(names.back()));
        }
        for (const auto& one : m_waiting) {
            for (std::size_t c = 0; c < one.size(); ++c) {
                m_widths[c] = std::max(m_widths[c], display_width(one[c]));
            }
        }
        if (m_waiting.empty()) {
            return;
        }
        print(names);
        std::vector<std::string> rules;
        for (const std::size_t width : m_widths) {
            rules.emplace_back(width, '-');
        }
        print(rules);
        for (const auto& one : m_waiting) {
            print(one);
        }
        m_waiting.clear();
    }

    void print(const std::vector<std::string>& cells)
    {
        std::string text;
        for (std::size_t c = 0; c < cells.size(); ++c) {
            const std::size_t width = display_width(cells[c]);
            const std::string padding(m_widths[c] > width ? m_widths[c] - width : 0, ' ');
            const bool right = m_columns[c].kind == column_kind::number;
            text += (c == 0 ? "" : "  ") + (right ? padding + cells[c] : cells[c] + padding);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        m_out.line(text);
    }

    std::vector<std::vector<std::string>> m_waiting;
    std::vector<std::size_t> m_widths;
    bool m_started = false;
};

class line_writer final : public writer {
public:
    using writer::writer;

    void add(const row& values) override
    {
        if (std::exchange(m_any, true)) {
            m_out.line("");
        }
        std::size_t width = 0;
        for (const result_column& column : m_columns) {
            width = std::max(width, display_width(visible(column.name)));
        }
        for (std::size_t c = 0; c < values.size(); ++c) {
            if (values[c]) {
                const std::string name = visible(m_columns[c].name);
                m_out.line(std::string(width - display_width(name), ' ') + name + ": " + visible(*values[c]));
            }
        }
    }

private:
    bool m_any = false;
};

std::string json_object(const std::vector<result_column>& columns, const row& values)
{
    std::string text = "{";
    for (std::size_t c = 0; c < values.size(); ++c) {
        text += c == 0 ? "" : ",";
        append_json_string(text, columns[c].name);
        text += ':';
        if (!values[c]) {
            text += "null";
            continue;
        }
        const std::string& value = *values[c];
        switch (columns[c].kind) {
        case column_kind::boolean: text += value == "t" || value == "true" ? "true" : "false"; break;
        case column_kind::json: text += json_on_one_line(value); break;
        case column_kind::number:
            if (value.find_first_of("NI") == std::string::npos) {  // NaN and the infinities are no JSON
                text += value;
                break;
            }
            [[fallthrough]];
        default: append_json_string(text, value);
        }
    }
    return text + "}";
}

class ndjson_writer final : public writer {
public:
    using writer::writer;
    void add(const row& values) override { m_out.line(json_object(m_columns, values)); }
};

class json_writer final : public writer {
public:
    using writer::writer;

    void add(const row& values) override
    {
        m_out.write(std::exchange(m_any, true) ? ",\n " : "[");
        m_out.write(json_object(m_columns, values));
    }
    void end() override { m_out.line(m_any ? "]" : "[]"); }

private:
    bool m_any = false;
};

class csv_writer final : public writer {
public:
    using writer::writer;

    void begin(const std::vector<result_column>& columns) override
    {
        writer::begin(columns);
        std::string text;
        for (const result_column& column : columns) {
            text += (text.empty() ? "" : ",") + csv_cell(column.name);
        }
        m_out.write(text + "\r\n");
    }
    void add(const row& values) override
    {
        std::string text;
        for (std::size_t c = 0; c < values.size(); ++c) {
            const bool number = m_columns[c].kind == column_kind::number;  // -5 is no formula
            text += (c == 0 ? "" : ",") + (values[c] ? (number ? *values[c] : csv_cell(*values[c])) : "");
        }
        m_out.write(text + "\r\n");
    }
};

class markdown_writer final : public writer {
public:
    using writer::writer;

    void begin(const std::vector<result_column>& columns) override
    {
        writer::begin(columns);
        std::string names = "|";
        std::string rules = "|";
        for (const result_column& column : columns) {
            names += " " + escape(column.name) + " |";
            rules += column.kind == column_kind::number ? " ---: |" : " --- |";
        }
        m_out.line(names);
        m_out.line(rules);
    }
    void add(const row& values) override
    {
        std::string text = "|";
        for (const cell& value : values) {
            text += " " + (value ? escape(*value) : "") + " |";
        }
        m_out.line(text);
    }

private:
    // Markdown takes HTML too.
    static std::string escape(std::string_view value)
    {
        std::string out;
        for (const char c : visible(value)) {
            switch (c) {
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            case '|':
            case '\\':
            case '`':
            case '*':
            case '_':
            case '[':
            case ']': out += '\\'; [[fallthrough]];
            default: out += c;
            }
        }
        return out;
    }
};

}  // namespace

format parse_format(const std::string& name)
{
    if (name == "auto") {
        return is_terminal(STDOUT_FILENO) ? format::table : format::ndjson;
    }
    if (name == "table") {
        return format::table;
    }
    if (name == "line") {
        return format::line;
    }
    if (name == "json") {
        return format::json;
    }
    if (name == "ndjson") {
        return format::ndjson;
    }
    if (name == "csv") {
        return format::csv;
    }
    if (name == "markdown") {
        return format::markdown;
    }
    throw error{error_kind::wrong_usage, "there is no output format \"" + name + "\"",
                "use auto, table, line, json, ndjson, csv or markdown"};
}

std::unique_ptr<row_writer> make_writer(format f, output& out)
{
    switch (f) {
    case format::table: return std::make_unique<table_writer>(out);
    case format::line: return std::make_unique<line_writer>(out);
    case format::json: return std::make_unique<json_writer>(out);
    case format::ndjson: return std::make_unique<ndjson_writer>(out);
    case format::csv: return std::make_unique<csv_writer>(out);
    default: return std::make_unique<markdown_writer>(out);
    }
}

}  // namespace daybook::command
