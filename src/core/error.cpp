#include <daybook/error.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace daybook {

namespace {

using enum error_kind;

// Exit statuses: 1 failed, 2 wrong usage, 3 integrity or isolation defect, 4 refused, 5 cannot connect or check,
// 6 schema pending or drifted, 7 partial result.
constexpr std::array kinds{
    error_kind_description{
        invalid_id, "invalid_id", "D0101", 2, "an id is not a uuid in its canonical form",
        "Ids are written as 36 lower-case characters, 8-4-4-4-12 hexadecimal digits. The nil uuid is refused. An "
        "event id is a UUIDv7, whose first bits are the event's time."},
    error_kind_description{
        invalid_event, "invalid_event", "D0102", 1, "an event lacks a field, or a field breaks a rule",
        "The message names the field. An event needs an action and an actor with type and id; a denied outcome "
        "needs a reason; the time may be at most five minutes ahead."},
    error_kind_description{event_too_large, "event_too_large", "D0103", 1, "an event is over the size limit",
                           "All fields of an event together may have 256 KiB. Keep large content where it belongs "
                           "and put its address or digest into metadata."},
    error_kind_description{
        invalid_json, "invalid_json", "D0104", 1, "a text is not JSON that can be kept digit for digit",
        "The message gives the byte where reading stopped. Depth is limited to 64, exponents to 999, numbers to "
        "1,024 characters; \\u0000 and lone surrogates cannot be stored."},
    error_kind_description{
        invalid_time, "invalid_time", "D0105", 1, "a time is not a moment that can be placed",
        "Times are RFC 3339 with a zone, as in 2026-11-20T10:00:00.123456Z, between 1970 and 9999. A time without "
        "a zone is refused, never guessed: append Z where the format's documentation says that it is UTC."},
    error_kind_description{invalid_text, "invalid_text", "D0106", 1, "a text is not UTF-8, or holds a NUL character",
                           "PostgreSQL's text holds every UTF-8 character but NUL. Convert the text where it is read."},
    error_kind_description{unknown_field, "unknown_field", "D0107", 2, "a field of that name does not exist",
                           "Nothing is ignored: a misspelt filter would show events that were not asked for. "
                           "The error of a wrong filter lists the fields."},
    error_kind_description{invalid_filter, "invalid_filter", "D0108", 2, "a filter's value cannot be used",
                           "Filters are FIELD=VALUE: equality, or a prefix for actions, as in action=invoice.*"},
    error_kind_description{
        invalid_cursor, "invalid_cursor", "D0109", 2, "a cursor is damaged or belongs to another organization",
        "A cursor is opaque, names its organization and order, and is used with the same organization. Start "
        "again without one."},
    error_kind_description{wrong_usage, "wrong_usage", "D0110", 2, "the command line is wrong",
                           "See `daybook help`, or `daybook COMMAND --help`."},
    error_kind_description{unreadable_input, "unreadable_input", "D0111", 1, "an input cannot be read",
                           "The message names the file, and the line where there is one."},
    error_kind_description{invalid_mapping, "invalid_mapping", "D0112", 1, "an import mapping cannot be used",
                           "A mapping is a Lua file that returns a table with a function `map`. The shipped ones in "
                           "share/lua/5.4/daybook/mappings/ are made to be copied."},
    error_kind_description{
        refused_input, "refused_input", "D0113", 1, "a line of an input cannot be imported",
        "What was read before it is written. Mend the line, or give --keep-going and --refused FILE: everything else "
        "is then written, the refused lines are in that file, each as it was read, ready to be mended and imported, "
        "and the exit status is 7."},
    error_kind_description{unwritable_output, "unwritable_output", "D0114", 1, "the output could not be written",
                           "What was written so far is not complete. The disk may be full."},
    error_kind_description{
        invalid_proof, "invalid_proof", "D0115", 1, "a proof, a checkpoint or a signed note is not in its form",
        "These texts have one spelling each, since they are signed and compared: a line break that a mail program added is "
        "enough. The message names the line. Get the file again, as it was."},
    error_kind_description{
        invalid_key, "invalid_key", "D0116", 1, "a key cannot be used",
        "`daybook seal keygen --out FILE` makes FILE, which only its owner may read, and FILE.pub, a line "
        "`name+id+base64` for everybody who verifies. Several such lines may stand in one file, each with `from TIME` and "
        "`until TIME` behind it."},
    error_kind_description{
        invalid_rules, "invalid_rules", "D0117", 1, "a catalogue or a file of hooks cannot be used",
        "Nothing is written while the rules are in doubt. The message names the place. `daybook catalogue check FILE` and "
        "`daybook hooks check FILE` look at a file without a database."},
    error_kind_description{
        refused_event, "refused_event", "D0118", 1, "a hook refused an event",
        "The reason is the hook's own. Nothing is written; let the error leave the scope, so that the business change is not made "
        "either. A hook may ask that the refusal itself is recorded: it is then in the log with the outcome `denied`."},
    error_kind_description{
        undeclared, "undeclared", "D0119", 1, "an event is not as the catalogue declares it",
        "The message names the field, and the nearest declared one. Mend the event where it is made, or declare what it says: "
        "`daybook catalogue show FILE` lists what is declared."},
    error_kind_description{
        hook_failed, "hook_failed", "D0120", 1, "a hook failed, so the event was not written",
        "A mistake in the file of hooks, or it used more instructions, memory or time than it may. No event is written without "
        "its hooks, unless the file says on_failure = \"mark\". `daybook hooks replay` tries a mended file on past events."},
    error_kind_description{statement_failed, "statement_failed", "D0201", 1, "the server refused a statement",
                           "The message is the server's; the SQLSTATE is listed in PostgreSQL's appendix A."},
    error_kind_description{
        not_one_query, "not_one_query", "D0202", 1, "the text is not one read-only query",
        "The command takes exactly one SELECT, VALUES, TABLE or WITH … SELECT. It runs as a cursor, so SET, "
        "EXPLAIN, DO, COPY and data-changing statements cannot be said."},
    error_kind_description{undefined_name, "undefined_name", "D0203", 1, "a table, column or function does not exist",
                           "Inside an organization there are `events` and `organizations`; `select * from events limit 1` "
                           "shows the columns."},
    error_kind_description{scope_ended, "scope_ended", "D0301", 1, "the transaction is over",
                           "A tenant_tx lives as long as its with_tenant. Do not keep it."},
    error_kind_description{
        nested_organization, "nested_organization", "D0302", 1,
        "a scope of another organization was opened inside a scope",
        "One transaction belongs to one organization. Let the outer scope end first."},
    error_kind_description{
        commit_unknown, "commit_unknown", "D0303", 1, "the connection was lost during COMMIT: the outcome is unknown",
        "The transaction is either wholly there or wholly absent. Run it again with the same event ids: if it "
        "was committed, the retry ends with duplicate_event and changes nothing."},
    error_kind_description{not_committed, "not_committed", "D0304", 1, "the scope's transaction did not end with the scope's commit",
                           "A statement inside it failed and its error was swallowed: the server has rolled everything "
                           "back. Or it was ended behind the scope's back by a raw COMMIT or ROLLBACK: what a raw COMMIT "
                           "committed stays, without the events that were waiting. Let errors leave the scope, and let "
                           "only the scope commit."},
    error_kind_description{
        duplicate_event, "duplicate_event", "D0305", 1, "an event with this id exists already in the organization",
        "If this is a retry, the first attempt was committed, and nothing needs to be done: the transaction was "
        "rolled back so that the business change is not made twice."},
    error_kind_description{event_conflict, "event_conflict", "D0306", 1,
                           "an event with this id exists already, with other content",
                           "The log is append-only, so the stored one stays. Find out why the same key was used for "
                           "two events: the field that an import takes as key may not be unique."},
    error_kind_description{
        transaction_conflict, "transaction_conflict", "D0307", 1,
        "the transaction lost against a concurrent one (serialization failure or deadlock)",
        "Nothing was written. Run the transaction again, with the same event ids."},
    error_kind_description{
        not_stored, "not_stored", "D0308", 1, "the table took fewer events than were sent",
        "A rule or a trigger swallowed them. Nothing was committed. Run `daybook migrate verify`."},
    error_kind_description{wrong_thread, "wrong_thread", "D0309", 1,
                           "a transaction was used from another thread, or after fork",
                           "A connection serves one thread of one process at a time."},
    error_kind_description{
        unsuitable_transaction, "unsuitable_transaction", "D0310", 1, "this transaction cannot be bound",
        "bind_tenant takes a running transaction at top level: not a nontransaction, a subtransaction, or one "
        "that has ended or failed."},
    error_kind_description{no_organization, "no_organization", "D0401", 2, "no organization was chosen",
                           "There is no default and no \"all\": pass -t KEY, or set DAYBOOK_TENANT."},
    error_kind_description{unknown_organization, "unknown_organization", "D0402", 4,
                           "there is no organization of that key or id",
                           "`daybook tenant list` shows them to the owner; `daybook tenant add` makes one."},
    error_kind_description{
        unsafe_role, "unsafe_role", "D0403", 4, "this role would not be held by row-level security",
        "A superuser, a role with BYPASSRLS, the owner of the tables, or a role that can become one of these is "
        "refused: nothing would keep the organizations apart. Use the application's own role."},
    error_kind_description{
        contaminated_connection, "contaminated_connection", "D0404", 4,
        "the connection carries an organization, or a role, from somewhere else",
        "app.org_id was set before the scope began: by a session-level SET, by PGOPTIONS, or by ALTER ROLE or "
        "DATABASE … SET. Only with_tenant sets it, for one transaction."},
    error_kind_description{organization_exists, "organization_exists", "D0405", 1,
                           "an organization of that key exists already", "Keys are unique. Choose another one."},
    error_kind_description{permission_denied, "permission_denied", "D0406", 4, "the role may not do this",
                           "Programs may read and append inside one organization. Changing or removing events is "
                           "refused to everybody."},
    error_kind_description{unknown_event, "unknown_event", "D0407", 1, "the organization has no event of that id",
                           "Ids are shown by `daybook query -F id,time,action`. An event of another organization is "
                           "not there, as far as this one can tell."},
    error_kind_description{invalid_ticket, "invalid_ticket", "D0408", 4, "a ticket, or what it was redeemed for, is not good",
                           "It is unknown to this database, expired, withdrawn, or of another organization than the one "
                           "that was asked for. The owner issues another one: `daybook tenant token -t KEY --ttl 8h`."},
    error_kind_description{cannot_connect, "cannot_connect", "D0501", 5, "the server cannot be reached",
                           "Check that the server runs and that the URL names its host, port, database and role."},
    error_kind_description{connection_lost, "connection_lost", "D0502", 5, "the connection was lost",
                           "The transaction was rolled back by the server. Run it again with the same event ids."},
    error_kind_description{pool_exhausted, "pool_exhausted", "D0503", 1, "no connection became free in time",
                           "All connections of the pool are in use. Make it larger, or the scopes shorter: only "
                           "database work belongs inside one."},
    error_kind_description{no_url, "no_url", "D0504", 5, "no connection URL was given",
                           "Set DATABASE_URL (the application's role), or DATABASE_URL_OWNER for migrations."},
    error_kind_description{schema_missing, "schema_missing", "D0601", 6, "the database has no Daybook schema",
                           "Run `daybook migrate bootstrap` once as an administrator, then `daybook migrate up`."},
    error_kind_description{schema_pending, "schema_pending", "D0602", 6,
                           "the schema is older than this version of Daybook",
                           "Run `daybook migrate up` with the owner's URL. Nothing runs implicitly."},
    error_kind_description{schema_drifted, "schema_drifted", "D0603", 6,
                           "the schema is not what the migrations made",
                           "`daybook migrate verify` lists each difference. `daybook migrate up --repair` applies "
                           "policies, functions, triggers and grants again."},
    error_kind_description{unsuitable_database, "unsuitable_database", "D0604", 4,
                           "this database cannot hold the log",
                           "PostgreSQL 15 or later, with encoding UTF8. A pooler between has to pool sessions or "
                           "transactions, not statements; for SQL that people type, sessions."},
    error_kind_description{no_private_cluster, "no_private_cluster", "D0605", 5,
                           "a private PostgreSQL could not be started",
                           "The programs initdb and postgres are looked for in $DAYBOOK_POSTGRES_BIN, then where "
                           "distributions put them, then in PATH."},
    error_kind_description{
        not_protectable, "not_protectable", "D0606", 4, "a table cannot be protected as it is",
        "`daybook protect` does nothing by halves and decides nothing by itself: rows without an organization, policies of other "
        "names, a type that does not compare safely, or violations that shadow mode recorded lately stop it before it begins. "
        "Nothing was changed; the message says what to do first."},
    error_kind_description{script_failed, "script_failed", "D0701", 1, "a Lua script ended with an error",
                           "The message is the script's own, with its line."},
    error_kind_description{
        script_limit, "script_limit", "D0702", 1, "a locked script used more than it may",
        "It ran longer, executed more instructions or took more memory than its host allows. What it had not committed is "
        "rolled back."},
    error_kind_description{
        not_permitted, "not_permitted", "D0703", 4, "a locked script asked for what it may not have",
        "It belongs to one organization, and has no files, processes, network, environment or other connections. Its host "
        "decides; in `daybook run` without --locked or --isolated, a script may do what its user may."},
    error_kind_description{
        broken_seal, "broken_seal", "D0801", 3, "the log is not what was sealed",
        "What is stored does not agree with a signed checkpoint, or the checkpoint with the key. Nothing is sealed on top of it. "
        "Keep the database as it is, and every checkpoint that was pinned elsewhere: `daybook -t KEY verify` names what differs."},
    error_kind_description{
        not_sealed, "not_sealed", "D0802", 1, "an event is not sealed yet",
        "Events are sealed after their transaction, by `daybook seal` or a sealer of the host's. If none runs, start one; if one "
        "runs, wait a moment. What is not sealed cannot be proved, and retention does not remove it unless it is told to."},
    error_kind_description{
        nothing_verified, "nothing_verified", "D0803", 5, "there was nothing to verify",
        "No event of this organization is sealed, or the evidence holds none: that is no proof of anything. If events were "
        "sealed once, pinned checkpoints show it: `daybook -t KEY verify --anchor FILE`."},
    error_kind_description{
        not_checked, "not_checked", "D0901", 5, "what was to be checked could not be checked",
        "Nothing is known, neither good nor bad. The message says what stands in the way; end that, and check again."},
    error_kind_description{internal, "internal", "D0999", 1, "Daybook itself is at fault",
                           "Please report this, with the message."},
};

constexpr bool in_order()
{
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (static_cast<std::size_t>(kinds[i].kind) != i) {
            return false;
        }
    }
    return kinds.size() == static_cast<std::size_t>(internal) + 1;
}
static_assert(in_order(), "the table has one entry for each error_kind, in the same order");

}  // namespace

std::span<const error_kind_description> error_kinds() noexcept
{
    return kinds;
}

const error_kind_description& describe(error_kind kind) noexcept
{
    return kinds[static_cast<std::size_t>(kind)];
}

error::error(error_kind kind, const std::string& message, const std::string& hint, std::string sqlstate)
    : std::runtime_error{hint.empty() ? message : message + "; " + hint}, m_kind{kind}, m_sqlstate{std::move(sqlstate)}
{
}

bool is_retryable(error_kind kind) noexcept
{
    return kind == commit_unknown || kind == transaction_conflict || kind == connection_lost || kind == pool_exhausted;
}

}  // namespace daybook
