// Real events that do not belong to this project: tests that need them are skipped where they are not.

#ifndef DAYBOOK_TESTS_SHARED_DATA_HPP
#define DAYBOOK_TESTS_SHARED_DATA_HPP

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace daybook::testing {

/// Keeps the order of an object's members, which is the order of a query's columns.
using json = nlohmann::ordered_json;

/// Ends the running test as skipped if the events are not on this machine.
void need_shared_data();

/// The path of a compressed file of events.
[[nodiscard]] std::string events_file(const std::string& name);

/// Its lines, without their ends.
[[nodiscard]] std::vector<std::string> event_lines(const std::string& name);

/// The questions about a set of events, and their answers, computed by another program.
[[nodiscard]] json questions_about(const std::string& set);

}  // namespace daybook::testing

#endif
