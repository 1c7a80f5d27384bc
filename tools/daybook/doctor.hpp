// What `doctor` and `report` have in common: what to examine, and what is accepted.

#ifndef DAYBOOK_COMMAND_DOCTOR_HPP
#define DAYBOOK_COMMAND_DOCTOR_HPP

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <daybook/isolation.hpp>
#include <daybook/probe.hpp>

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

struct probe_flags {
    bool wanted = false;
    std::vector<std::string> canaries;  ///< two organizations that exist, or none
    std::string setting_value = "{}";
};

/// --probe, --canary, --setting-value.
void add_probe_flags(CLI::App& command, probe_flags& flags);

struct diagnosis {
    examination examined;
    std::vector<isolation_finding> open;                                      ///< what nobody accepted
    std::vector<std::pair<isolation_finding, ignored_finding>> accepted;      ///< with the reason
    std::vector<ignored_finding> not_found;                                   ///< accepted once, and not found any more
    std::string ignore_file;
    std::optional<std::vector<probe_result>> probes;  ///< nothing if they were not run
};

/// Examines the database of the owner's URL. Throws what examine_isolation() and read_ignored() do.
[[nodiscard]] diagnosis diagnose(const context& c, const examination_flags& flags);

/// The same of what was examined already, with the findings that `ignore_file` accepts.
[[nodiscard]] diagnosis with_accepted(examination examined, const std::string& ignore_file);

/// Probes the tables that were examined, as the application's role. Throws what probe_isolation() does; error (wrong_usage,
/// no_url).
void probe(const context& c, const probe_flags& flags, diagnosis& d);

/// Says on standard error how it stands. The exit status: 3 with an error or a broken probe, with `strict` a warning; else 5 with a
/// check or probe that could not run; else 0.
[[nodiscard]] int conclude(const context& c, const diagnosis& d, bool strict);

}  // namespace daybook::command

#endif
