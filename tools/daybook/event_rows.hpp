// Events in every output format.

#ifndef DAYBOOK_COMMAND_EVENT_ROWS_HPP
#define DAYBOOK_COMMAND_EVENT_ROWS_HPP

#include <memory>
#include <string>
#include <vector>

#include <daybook/catalogue.hpp>
#include <daybook/event.hpp>

#include "output.hpp"
#include "rows.hpp"

namespace daybook::command {

/// Shows events one by one. JSON formats give the event's own nesting, unless fields were chosen; the others give
/// columns.
class event_writer {
public:
    /// `fields` are names of columns; empty for those that the format shows by itself. Throws error (unknown_field).
    /// `told_by` gives the sentences; null: those without a catalogue.
    event_writer(format f, const std::vector<std::string>& fields, output& out,
                 std::shared_ptr<const catalogue> told_by = nullptr);

    void add(const stored_event& e);
    void end();

private:
    std::vector<std::string> m_fields;
    std::shared_ptr<const catalogue> m_told_by;
    std::unique_ptr<row_writer> m_rows;  // empty for whole events as JSON
    format m_format;
    output& m_out;
    bool m_any = false;
};

/// "2026-11-20 10:00:00Z": for people, to the second; other formats have occurred_at to the microsecond.
[[nodiscard]] std::string friendly(timestamp time);

}  // namespace daybook::command

#endif
