// The page for the auditor: what keeps customers' data apart in this database, what was looked at, and what was found.

#ifndef DAYBOOK_COMMAND_REPORT_PAGE_HPP
#define DAYBOOK_COMMAND_REPORT_PAGE_HPP

#include <optional>
#include <string>

#include <daybook/sealer.hpp>

#include "doctor.hpp"
#include "document.hpp"

namespace daybook::command {

struct report_content {
    diagnosis examined;
    std::optional<seal_coverage> seals;  ///< nothing if nobody looked
    std::string no_seals;                ///< why not
};

/// SHA-256 over what was found, in hexadecimal: the same for two reports that say the same, whenever they were made.
[[nodiscard]] std::string digest_of(const report_content& content);

/// Writes all of it.
void write_report(document& out, const report_content& content);

[[nodiscard]] std::string report_title(const report_content& content);

}  // namespace daybook::command

#endif
