// Tests that pass without policies, found: every protection of a throw-away copy of the schema is taken away in turn, and
// the host's own tests must notice.

#ifndef DAYBOOK_COMMAND_SCHEMA_MUTATION_HPP
#define DAYBOOK_COMMAND_SCHEMA_MUTATION_HPP

#include <chrono>
#include <string>
#include <vector>

#include <daybook/schema_copy.hpp>

namespace daybook::command {

class context;

struct mutation_options {
    std::string owner_url;                  ///< only read from
    std::vector<std::string> test_command;  ///< a program and its arguments; 0: passed, anything else: noticed
    protection_scope scope;                 ///< at least one app_role; DATABASE_URL logs in as the first
    schema_copy_options copy;
    std::chrono::seconds timeout =
        std::chrono::minutes{10};  ///< of one run of the tests; a run that takes longer has noticed
};

/// Prints the protections and whether the tests noticed, in the format of -o. Progress goes to standard error, with what the
/// tests printed about what they did not notice if that is asked for (-v). Returns the exit status: 0 all were noticed, 3
/// some were not, 5 some could not be taken away and all others were noticed.
///
/// Throws error (not_checked if the schema cannot be copied, if there is nothing to take away, if the tests fail by
/// themselves, before or after, or never use the copy; …). Ends the process in order when Ctrl-C, SIGTERM or SIGHUP comes.
[[nodiscard]] int mutate_schema(context& c, const mutation_options& options);

}  // namespace daybook::command

#endif
