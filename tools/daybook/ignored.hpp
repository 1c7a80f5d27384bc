// Findings of the doctor that somebody accepted, with the reason. A text file, made to be kept with the program and read in a review:
//
//   rls_disabled:public.countries -- the same for everybody, holds nothing of a customer

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

    [[nodiscard]] bool is(const isolation_finding& f) const { return f.check == check && f.object == object; }
};

/// The lines of a file; none if there is no such file. Throws error (unreadable_input) with the line for one that is neither
/// a comment (#) nor of the form FINDING:OBJECT -- REASON.
[[nodiscard]] std::vector<ignored_finding> read_ignored(const std::string& path);

/// FINDING:OBJECT. Throws error (wrong_usage) for another form, or a finding that no check has.
[[nodiscard]] ignored_finding parse_ignored(const std::string& text, const std::string& because);

/// Writes one more line, unless the finding stands there already. Throws error (unwritable_output, unreadable_input).
void add_ignored(const std::string& path, const ignored_finding& one);

}  // namespace daybook::command

#endif
