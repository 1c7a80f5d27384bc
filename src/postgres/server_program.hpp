// Running a program of PostgreSQL's: pg_dump, pg_restore.

#ifndef DAYBOOK_POSTGRES_SERVER_PROGRAM_HPP
#define DAYBOOK_POSTGRES_SERVER_PROGRAM_HPP

#include <string>
#include <vector>

#include "libpq.hpp"

namespace daybook::detail {

struct program_end {
    bool succeeded = false;
    std::string messages;  ///< what it wrote to standard error
};

/// Writes a file that only its user may read: a service for libpq, which leads to where `connection` is, password and all.
/// So no password is in the arguments or the environment of a program. Throws error (not_checked).
void write_service(PGconn* connection, const std::string& service, const std::string& file);

/// Runs `command`, whose first word is a path, with PGSERVICEFILE, and waits. Both files are in `directory`. It ends with
/// us. Throws error (not_checked) if it cannot be run at all.
[[nodiscard]] program_end run_program(const std::vector<std::string>& command, const std::string& service_file,
                                      const std::string& directory);

}  // namespace daybook::detail

#endif
