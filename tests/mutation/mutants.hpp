// The list of protections: how each is removed, and which tests must notice. Its form is described in protections.txt.

#ifndef DAYBOOK_TESTS_MUTANTS_HPP
#define DAYBOOK_TESTS_MUTANTS_HPP

#include <string>
#include <vector>

namespace daybook::testing {

struct replacement {
    std::string file;    ///< of the project, for example src/postgres/transaction.cpp
    std::string before;  ///< must stand there exactly once
    std::string after;   ///< REMOVED in it is true while the protection is removed
};

struct mutant {
    int number = 0;  ///< from 1, in the order of the file
    std::string protection;
    std::string sql;   ///< removes it in a database, as the superuser; empty for the engine's own
    std::string undo;  ///< for what reaches beyond the database: roles
    std::vector<replacement> replacements;
    std::vector<std::string> noticed_by;  ///< names of tests
    bool at_once = false;                 ///< a test that fails before it asserts anything has noticed, too
};

/// Throws std::runtime_error with the line that is wrong.
[[nodiscard]] std::vector<mutant> read_mutants(const std::string& path);

}  // namespace daybook::testing

#endif
