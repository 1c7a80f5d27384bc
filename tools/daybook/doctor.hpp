// What `doctor` and `report` have in common: what to examine, and what is accepted.

#ifndef DAYBOOK_COMMAND_DOCTOR_HPP
#define DAYBOOK_COMMAND_DOCTOR_HPP

#include <string>
#include <utility>
#include <vector>

#include <daybook/isolation.hpp>

#include "context.hpp"
#include "ignored.hpp"

namespace daybook::command {

struct examination_flags {
    examination_options options;
    std::string ignore_file;
};

/// --app-role, --schema, --table, --log-table, --tenant-column, --setting, --ignore-file.
void add_examination_flags(CLI::App& command, examination_flags& flags);

/// --ignore-file, else daybook_ignored.txt in this directory.
[[nodiscard]] std::string ignore_file(const examination_flags& flags);

struct diagnosis {
    examination examined;
    std::vector<isolation_finding> open;                                      ///< what nobody accepted
    std::vector<std::pair<isolation_finding, ignored_finding>> accepted;      ///< with the reason
    std::vector<ignored_finding> not_found;                                   ///< accepted once, and not found any more
    std::string ignore_file;
};

/// Examines the database of the owner's URL. Throws what examine_isolation() and read_ignored() do.
[[nodiscard]] diagnosis diagnose(const context& c, const examination_flags& flags);

/// Says on standard error how it stands. The exit status: 3 with an error, with `strict` a warning; else 5 with a check that
/// could not run; else 0.
[[nodiscard]] int conclude(const context& c, const diagnosis& d, bool strict);

}  // namespace daybook::command

#endif
