// The sets of real events whose answers are known, and how their questions are put to the log.

#ifndef DAYBOOK_TESTS_ANSWER_SETS_HPP
#define DAYBOOK_TESTS_ANSWER_SETS_HPP

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace daybook::testing {

/// Names from the outside to the inside.
using json_path = std::vector<const char*>;

struct answer_set {
    const char* name;     ///< of the file with the questions
    const char* mapping;  ///< that imports it, and the `source` of its events
    std::vector<const char*> files;
    std::vector<json_path> own_key;  ///< the parts of the source's unique key; none: the line's digest is the key
    const char* x1;                  ///< SQL: three more fields of the line `e.metadata`, which the questions ask for
    const char* x2;
    const char* x3;
};

[[nodiscard]] std::span<const answer_set> answer_sets();

/// The key of an event in the answers, from its line.
[[nodiscard]] std::string key_of(const answer_set& set, const std::string& line);

/// `question`, written for SQLite and a table of the set's events, as a query of PostgreSQL's on the log.
[[nodiscard]] std::string as_query_of_the_log(const answer_set& set, std::string question);

/// A question's conditions, if they are nothing but equalities and a time range.
struct plain_filter {
    std::optional<std::string> tenant;
    std::vector<std::pair<std::string, std::string>> fields;  ///< by the names of the log; one name twice: either
    std::optional<std::string> since;
    std::optional<std::string> until;
};

[[nodiscard]] std::optional<plain_filter> as_plain_filter(const std::string& question);

/// The one organization that `question` is about, if it names one.
[[nodiscard]] std::optional<std::string> tenant_of(const std::string& question);

}  // namespace daybook::testing

#endif
