// Findings of the doctor that somebody accepted, with the reason. A text file, made to be kept with the program and read in a review:
//
//   error rls_disabled:public.countries -- the same for everybody, holds nothing of a customer
//
// A finding that got worse since is a new one: what was accepted as a warning is not accepted as an error.

#ifndef DAYBOOK_COMMAND_IGNORED_HPP
#define DAYBOOK_COMMAND_IGNORED_HPP

#include <string>
#include <vector>

#include <daybook/isolation.hpp>

namespace daybook::command {

struct ignored_finding {
    std::string check;
    std::string object;
    std::string because;
    severity level = severity::error;  ///< as which it was accepted

    [[nodiscard]] bool is(const isolation_finding& f) const { return f.check == check && f.object == object && f.level <= level; }
};

/// The lines of a file; none if there is no such file. Throws error (unreadable_input) with the line for one that is neither
/// a comment (#) nor of the form SEVERITY FINDING:OBJECT -- REASON.
[[nodiscard]] std::vector<ignored_finding> read_ignored(const std::string& path);

/// FINDING:OBJECT. Throws error (wrong_usage) for another form, or a finding that no check has.
[[nodiscard]] ignored_finding parse_ignored(const std::string& text, const std::string& because);

/// The same with the severity that it has among `findings`. Throws error (wrong_usage) if it is not among them.
[[nodiscard]] ignored_finding as_found(ignored_finding one, const std::vector<isolation_finding>& findings);

/// Writes one more line, unless the finding stands there already. Throws error (unwritable_output, unreadable_input).
void add_ignored(const std::string& path, const ignored_finding& one);

}  // namespace daybook::command

#endif
