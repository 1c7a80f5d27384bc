// What a verification found, for people and for programs.

#ifndef DAYBOOK_COMMAND_VERIFICATION_REPORT_HPP
#define DAYBOOK_COMMAND_VERIFICATION_REPORT_HPP

#include <string>
#include <vector>

#include <daybook/verification.hpp>

#include "context.hpp"

namespace daybook::command {

/// Findings go to standard output as they come: a line each, or a line of JSON each. What was looked at comes last. With `-o json`, it
/// is one object.
class verification_report {
public:
    explicit verification_report(context& c);

    [[nodiscard]] finding_sink sink();

    /// Returns the exit status: 0 only if something was verified and nothing was found. Throws error (nothing_verified).
    /// `anchors_asked`: there had to be checkpoints to compare with.
    [[nodiscard]] int finish(const verification& done, bool anchors_asked = false);

private:
    void show(const finding& one);

    context& m_context;
    command::format m_format;
    std::vector<std::string> m_findings;  // of json
};

}  // namespace daybook::command

#endif
