// Findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), which code hosts show beside the code.

#ifndef DAYBOOK_COMMAND_SARIF_HPP
#define DAYBOOK_COMMAND_SARIF_HPP

#include <span>
#include <string>

#include <daybook/isolation.hpp>

namespace daybook::command {

/// A run with checks that could not run says that it was not successful.
[[nodiscard]] std::string sarif_of(std::span<const isolation_finding> findings, std::span<const check_not_run> not_run);

}  // namespace daybook::command

#endif
