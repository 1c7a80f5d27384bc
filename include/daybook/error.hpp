// What can go wrong, as one list.
//
// Every error that Daybook reports, in C++, in Lua, on the command line and as an exit code, is one kind of this
// list. Callers test the kind (or the code, which never changes its meaning); the message is for people.

#ifndef DAYBOOK_ERROR_HPP
#define DAYBOOK_ERROR_HPP

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <daybook/export.hpp>

namespace daybook {

/// In the order of error_kinds(). New kinds are added where they belong; a code is never given to another kind.
enum class error_kind {
    // What the caller handed in.
    invalid_id,
    invalid_event,
    event_too_large,
    invalid_json,
    invalid_time,
    invalid_text,
    unknown_field,
    invalid_filter,
    invalid_cursor,
    wrong_usage,
    unreadable_input,
    invalid_mapping,
    refused_input,
    unwritable_output,
    invalid_proof,
    invalid_key,
    invalid_rules,
    refused_event,
    undeclared,
    hook_failed,
    // SQL.
    statement_failed,
    not_one_query,
    undefined_name,
    // The transaction.
    scope_ended,
    nested_organization,
    commit_unknown,
    not_committed,
    duplicate_event,
    event_conflict,
    transaction_conflict,
    not_stored,
    wrong_thread,
    unsuitable_transaction,
    // Who is asking, and for whom.
    no_organization,
    unknown_organization,
    unsafe_role,
    contaminated_connection,
    organization_exists,
    permission_denied,
    unknown_event,
    invalid_ticket,
    // The connection.
    cannot_connect,
    connection_lost,
    pool_exhausted,
    no_url,
    // The schema.
    schema_missing,
    schema_pending,
    schema_drifted,
    unsuitable_database,
    no_private_cluster,
    not_protectable,
    // Scripts.
    script_failed,
    script_limit,
    not_permitted,
    // Seals.
    broken_seal,
    not_sealed,
    nothing_verified,
    // The doctor.
    not_checked,
    // A defect of Daybook itself.
    internal,
};

/// What is fixed about a kind: its code, the exit status of the command, and the explanation for people.
struct error_kind_description {
    error_kind kind;
    std::string_view name;         ///< as spelled above, and in Lua error objects
    std::string_view code;         ///< "D0107"
    int exit_status;               ///< of the command, when this error ends it
    std::string_view summary;      ///< one sentence: what happened
    std::string_view explanation;  ///< why, and what to do
};

/// The whole list, in the order of error_kind. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::span<const error_kind_description> error_kinds() noexcept;

/// The entry of one kind. Any thread.
[[nodiscard]] DAYBOOK_EXPORT const error_kind_description& describe(error_kind kind) noexcept;

/// Whether the same work, tried again with the same event ids in a new transaction, may succeed. True for
/// commit_unknown too: the event ids make the retry safe.
[[nodiscard]] DAYBOOK_EXPORT bool is_retryable(error_kind kind) noexcept;

/// The one exception class of Daybook. Immutable: may be read by any thread.
class DAYBOOK_EXPORT error : public std::runtime_error {
public:
    /// `message` says what and where; `hint`, if any, what to do next; `sqlstate` is the server's five characters.
    error(error_kind kind, const std::string& message, const std::string& hint = {}, std::string sqlstate = {});

    [[nodiscard]] error_kind kind() const noexcept { return m_kind; }

    /// The stable code, for example "D0107".
    [[nodiscard]] std::string_view code() const noexcept { return describe(m_kind).code; }

    /// The server's SQLSTATE, or empty when the error did not come from the server.
    [[nodiscard]] const std::string& sqlstate() const noexcept { return m_sqlstate; }

    [[nodiscard]] bool retryable() const noexcept { return is_retryable(m_kind); }

private:
    error_kind m_kind;
    std::string m_sqlstate;
};

}  // namespace daybook

#endif
