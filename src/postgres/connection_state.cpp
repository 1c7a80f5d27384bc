#include "connection_state.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include <libpq-events.h>

#include <daybook/error.hpp>

#include "libpq.hpp"
#include "migrations.hpp"
#include "sql/examine_connection.hpp"
#include "sql/schema_level.hpp"

namespace daybook::detail {

namespace {

int on_event(PGEventId id, void* info, void* /*pass_through*/)
{
    switch (id) {
    case PGEVT_CONNDESTROY: {
        PGconn* const connection = static_cast<PGEventConnDestroy*>(info)->conn;
        delete static_cast<connection_state*>(PQinstanceData(connection, on_event));
        break;
    }
    case PGEVT_CONNRESET: {
        // A new session: who it is must be asked again.
        PGconn* const connection = static_cast<PGEventConnReset*>(info)->conn;
        if (auto* const state = static_cast<connection_state*>(PQinstanceData(connection, on_event))) {
            state->safe_role.clear();
            state->prepared.clear();
        }
        break;
    }
    default:
        break;
    }
    return 1;
}

void refuse_unsafe(const pq::result& answer)
{
    const std::string role = answer.text(0, 0);
    const auto refuse = [](const std::string& message) {
        throw error{error_kind::unsafe_role, message, "connect as the application's role"};
    };
    if (!answer.is_null(0, 1)) {
        refuse("the connection logs in as \"" + answer.text(0, 1) + "\", a superuser");
    }
    if (!answer.is_null(0, 2)) {
        refuse("the connection logs in as \"" + answer.text(0, 2) + "\", which has BYPASSRLS");
    }
    if (!answer.is_null(0, 3)) {
        refuse("the connection logs in as \"" + answer.text(0, 3) + "\", which owns the tables");
    }
    if (!answer.is_null(0, 4)) {
        refuse("the connection logs in as a role that can become one without protection: " + answer.text(0, 4));
    }
}

// In a transaction, so that a pooler that has none says so now: with the answer, if BEGIN is not alone.
pq::result ask_who_this_is(PGconn* connection, bool beginning)
{
    pq::pipeline line{connection};
    if (beginning) {
        line.send("begin read only");
    }
    line.send(embedded::sql::examine_connection);
    std::vector<pq::result> answers = line.finish();
    for (const pq::result& answer : answers) {
        answer.check();
    }
    if (answers.empty() || PQstatus(connection) != CONNECTION_OK) {
        throw pq::error_of(connection);
    }
    return std::move(answers.back());
}

void judge(PGconn* connection, const pq::result& answer)
{
    const std::string encoding = answer.text(0, 7);
    const auto server_version = answer.integer(0, 8);
    if (server_version < 150000) {
        throw error{error_kind::unsuitable_database,
                    "the server is PostgreSQL " + std::to_string(server_version / 10000) + "; Daybook needs 15 or later"};
    }
    if (encoding != "UTF8") {
        throw error{error_kind::unsuitable_database, "the database has encoding " + encoding + "; Daybook needs UTF8"};
    }
    refuse_unsafe(answer);
    if (!answer.boolean(0, 5)) {
        throw error{error_kind::schema_missing, "the database has no Daybook schema",
                    "run `daybook migrate bootstrap`, then `daybook migrate up`"};
    }
    if (!answer.boolean(0, 6)) {
        throw error{error_kind::permission_denied, "the role \"" + answer.text(0, 0) + "\" is not the application's: it may open no scope",
                    "connect as the application's role, or make this one with `daybook migrate up --app-role`"};
    }
    const std::string level = pq::execute(connection, embedded::sql::schema_level).optional_text(0, 0).value_or("");
    if (level < newest_migration()) {
        throw error{error_kind::schema_pending,
                    "the schema is at \"" + level + "\", this version of Daybook needs \"" +
                        std::string{newest_migration()} + "\"",
                    "run `daybook migrate up`"};
    }
    connection_state& state = connection_state::of(connection);
    state.safe_role = answer.text(0, 0);
    state.direct = answer.integer(0, 9) == PQbackendPID(connection);
}

}  // namespace

connection_state& connection_state::of(PGconn* connection)
{
    if (auto* const known = static_cast<connection_state*>(PQinstanceData(connection, on_event))) {
        return *known;
    }
    PQregisterEventProc(connection, on_event, "daybook", nullptr);
    auto* const made = new connection_state;
    if (PQsetInstanceData(connection, on_event, made) != 1) {
        delete made;
        throw error{error_kind::internal, "libpq keeps no data for this connection"};
    }
    return *made;
}

void examine(PGconn* connection)
{
    pq::settle(connection);
    const bool own = PQtransactionStatus(connection) == PQTRANS_IDLE;
    const auto end = [&] {
        if (own && PQstatus(connection) == CONNECTION_OK) {
            pq::run(connection, "rollback");
        }
    };
    try {
        judge(connection, ask_who_this_is(connection, own));
    } catch (...) {
        end();
        throw;
    }
    end();
}

}  // namespace daybook::detail
