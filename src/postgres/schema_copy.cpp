#include <daybook/schema_copy.hpp>

#include <algorithm>

#include <daybook/error.hpp>

#include "libpq.hpp"
#include "mutation/copied_database.hpp"
#include "mutation/copied_extensions.hpp"
#include "mutation/copied_roles.hpp"
#include "mutation/copied_tables.hpp"
#include "mutation/count_sessions.hpp"
#include "mutation/create_copy.hpp"
#include "mutation/create_template.hpp"
#include "mutation/describe_source.hpp"
#include "mutation/drop_copy.hpp"
#include "mutation/drop_new_roles.hpp"
#include "mutation/end_sessions.hpp"
#include "mutation/finish_daybook.hpp"
#include "mutation/first_superuser.hpp"
#include "mutation/free_name.hpp"
#include "mutation/kept_tables.hpp"
#include "mutation/may_log_in.hpp"
#include "mutation/missing_extensions.hpp"
#include "mutation/protections.hpp"
#include "mutation/role_list.hpp"
#include "mutation/server_port.hpp"
#include "mutation/unknown_names.hpp"
#include "server_program.hpp"

namespace daybook {

namespace {

// Names that no host will have; in first_superuser.sql and create_template.sql too.
constexpr const char* superuser = "daybook_copy_superuser";
constexpr const char* schema_database = "daybook_schema";

[[noreturn]] void cannot_check(const std::string& what, const std::string& hint = {})
{
    throw error{error_kind::not_checked, what, hint};
}

std::string listed(const std::vector<std::string>& names)
{
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

bool among(const std::vector<std::string>& names, const std::string& name)
{
    return std::ranges::find(names, name) != names.end();
}

std::vector<std::string> first_column(const pq::result& rows)
{
    std::vector<std::string> texts;
    for (int row = 0; row < rows.rows(); ++row) {
        texts.push_back(rows.text(row, 0));
    }
    return texts;
}

void quiet(PGconn* connection)
{
    PQsetNoticeProcessor(
        connection, [](void*, const char*) {}, nullptr);
}

pq::connection_ptr connect(const std::string& url)
{
    pq::connection_ptr connection = pq::connect(url);
    quiet(connection.get());
    // Names are written with their schema then, by us and by the server.
    pq::run(connection.get(), "set search_path = ''");
    return connection;
}

// pg_dump reads patterns, in which double quotes mean what they mean in SQL.
std::string exactly(const std::string& name)
{
    std::string out = "\"";
    for (const char c : name) {
        out += c == '"' ? "\"\"" : std::string{c};
    }
    return out + '"';
}

struct copied_statement {
    std::string what;
    bool needed;
    std::string statement;
};

std::vector<copied_statement> statements_of(const pq::result& rows, int first)
{
    std::vector<copied_statement> result;
    for (int row = 0; row < rows.rows(); ++row) {
        result.push_back({rows.text(row, first), rows.boolean(row, first + 1), rows.text(row, first + 2)});
    }
    return result;
}

// The server's words about a setting could quote its value, which may be a secret.
std::string not_made(const copied_statement& one)
{
    return one.what + " is not in the copy: this PostgreSQL does not take it";
}

std::string last_part(const std::string& messages)
{
    constexpr std::size_t most = 3000;
    return messages.size() > most ? "…" + messages.substr(messages.size() - most) : messages;
}

}  // namespace

// A read-only transaction in the source, open as long as the schema is read.
struct schema_copy::source {
    pq::connection_ptr connection;
    std::string role;
    std::vector<std::string> extensions;
    std::vector<std::string> exclusions;  // arguments of pg_dump
    std::vector<std::string> said;        // the same in words
    std::vector<std::string> kept;        // tables whose rows are copied, too

    source(const std::string& url, const schema_copy_options& options) : connection{pq::connect(url)}
    {
        quiet(connection.get());
        pq::run(connection.get(), "begin transaction isolation level repeatable read, read only");
        pq::run(connection.get(), "set local search_path = ''");
        const pq::result about = pq::execute(connection.get(), embedded::mutation::describe_source);
        role = about.text(0, 0);
        // pg_dump changes settings of its session, row_security among them, and a pooler would hand that session on.
        if (about.integer(0, 1) != PQbackendPID(connection.get())) {
            cannot_check("the owner's URL leads through a pooler, in which pg_dump would leave its settings to others",
                         "use the address of the server itself");
        }
        read_extensions(options);
        read_tables(options);
        if (!among(options.exclude, "daybook")) {
            kept = first_column(pq::execute(connection.get(), embedded::mutation::kept_tables));
        }
    }

    void read_extensions(const schema_copy_options& options)
    {
        const std::vector<std::string> all =
            first_column(pq::execute(connection.get(), embedded::mutation::copied_extensions));
        for (const std::string& name : options.exclude_extensions) {
            if (!among(all, name)) {
                cannot_check("there is no extension " + name + " to exclude");
            }
            said.push_back("the copy is without the extension " + name);
        }
        // What is named is dumped, and no other; of plpgsql, which is always there, that is nothing.
        if (!options.exclude_extensions.empty()) {
            exclusions.emplace_back("--extension=plpgsql");
        }
        for (const std::string& name : all) {
            if (!among(options.exclude_extensions, name)) {
                extensions.push_back(name);
                if (!options.exclude_extensions.empty()) {
                    exclusions.push_back("--extension=" + exactly(name));
                }
            }
        }
    }

    void read_tables(const schema_copy_options& options)
    {
        std::vector<std::string> used;
        std::vector<std::string> locked;
        std::vector<std::string> locked_extensions;
        const pq::result rows = pq::execute(connection.get(), embedded::mutation::copied_tables);
        for (int row = 0; row < rows.rows(); ++row) {
            const std::string name = rows.text(row, 2);
            const std::string schema = rows.text(row, 3);
            const auto extension = rows.optional_text(row, 4);
            if (among(options.exclude, schema)) {
                if (!among(used, schema)) {
                    used.push_back(schema);
                    exclusions.push_back("--exclude-schema=" + exactly(rows.text(row, 0)));
                }
            } else if (among(options.exclude, name)) {
                used.push_back(name);
                exclusions.push_back("--exclude-table=" + exactly(rows.text(row, 0)) + "." + exactly(rows.text(row, 1)));
            } else if (!rows.boolean(row, 5) && !extension) {
                locked.push_back(name);
            } else if (!rows.boolean(row, 5) && !among(options.exclude_extensions, *extension) &&
                       !among(locked_extensions, *extension)) {
                locked_extensions.push_back(*extension);
            }
        }
        for (const std::string& name : options.exclude) {
            if (!among(used, name)) {
                cannot_check("there is no table or schema with tables " + name + " to exclude",
                             "write it as SQL does: schema, or schema.table");
            }
            said.push_back("the copy is without " + name);
        }
        if (!locked.empty() || !locked_extensions.empty()) {
            std::string advice;
            for (const std::string& name : locked) {
                advice += " --exclude '" + name + "'";
            }
            for (const std::string& name : locked_extensions) {
                advice += " --exclude-extension '" + name + "'";
            }
            locked.insert(locked.end(), locked_extensions.begin(), locked_extensions.end());
            cannot_check("the owner's URL may not read, so not copy: " + listed(locked),
                         "grant usage on the schema and select on the table, or leave them out:" + advice);
        }
    }
};

schema_copy::schema_copy(const std::string& owner_url, const schema_copy_options& options)
{
    const source from{owner_url, options};
    m_owner = from.role;
    m_differences = from.said;

    m_cluster.emplace();
    copy_roles(from);
    copy_schema(from);
    make_first_copy(from);
}

std::string schema_copy::superuser_url(const std::string& in) const
{
    return m_cluster->url(superuser, in);
}

std::string schema_copy::superuser_url() const
{
    return superuser_url(database);
}

void schema_copy::copy_roles(const source& from)
{
    pq::run(connect(m_cluster->superuser_url()).get(), embedded::mutation::first_superuser);
    const pq::connection_ptr target = connect(superuser_url("postgres"));
    pq::run(target.get(), embedded::mutation::free_name);
    for (const copied_statement& one :
         statements_of(pq::execute(from.connection.get(), embedded::mutation::copied_roles), 2)) {
        try {
            pq::run(target.get(), one.statement.c_str());
        } catch (const error& e) {
            if (one.needed) {
                cannot_check("the " + one.what + " cannot be copied: " + e.what());
            }
            m_differences.push_back(not_made(one));
        }
    }
    m_roles = first_column(pq::execute(target.get(), embedded::mutation::role_list));
}

void schema_copy::copy_schema(const source& from)
{
    const pq::connection_ptr server = connect(superuser_url("postgres"));
    if (PQserverVersion(from.connection.get()) / 10000 > PQserverVersion(server.get()) / 10000) {
        cannot_check("the database is of PostgreSQL " + std::to_string(PQserverVersion(from.connection.get()) / 10000) +
                         ", and the programs here are of " + std::to_string(PQserverVersion(server.get()) / 10000),
                     "install that version of PostgreSQL here, or name the folder of its initdb in DAYBOOK_POSTGRES_BIN");
    }
    pq::params wanted;
    wanted.add(from.extensions);
    const std::vector<std::string> missing =
        first_column(pq::execute(server.get(), embedded::mutation::missing_extensions, wanted));
    if (!missing.empty()) {
        std::string advice;
        for (const std::string& name : missing) {
            advice += " --exclude-extension '" + name + "'";
        }
        cannot_check("these extensions of the database are not installed here: " + listed(missing),
                     "install their packages beside this PostgreSQL, or leave them out:" + advice);
    }

    pq::run(server.get(), embedded::mutation::create_template);
    std::vector<std::string> what{"--schema-only"};
    what.insert(what.end(), from.exclusions.begin(), from.exclusions.end());
    dump_and_restore(from, what);
    if (!from.kept.empty()) {
        std::vector<std::string> rows{"--data-only"};
        for (const std::string& table : from.kept) {
            rows.push_back("--table=" + table);
        }
        dump_and_restore(from, rows);
        pq::run(connect(superuser_url(schema_database)).get(), embedded::mutation::finish_daybook);
    }
}

void schema_copy::dump_and_restore(const source& from, const std::vector<std::string>& what)
{
    const std::string services = directory() + "/services";
    const std::string file = directory() + "/schema";

    detail::write_service(from.connection.get(), "source", services);
    std::vector<std::string> dump{m_cluster->program("pg_dump"),
                                  "--no-password",
                                  "--dbname=service=source",
                                  "--format=custom",
                                  "--file=" + file,
                                  "--no-publications",
                                  "--no-subscriptions",
                                  "--no-tablespaces",
                                  "--no-security-labels",
                                  "--lock-wait-timeout=30s",
                                  "--strict-names"};
    dump.insert(dump.end(), what.begin(), what.end());
    const detail::program_end dumped = detail::run_program(dump, services, directory());
    if (!dumped.succeeded) {
        cannot_check("pg_dump cannot read the schema:\n" + last_part(dumped.messages));
    }

    detail::write_service(connect(superuser_url(schema_database)).get(), "target", services);
    // Not one transaction, so that everything that does not fit is told at once.
    const detail::program_end restored = detail::run_program(
        {m_cluster->program("pg_restore"), "--no-password", "--dbname=service=target", file}, services, directory());
    if (!restored.succeeded) {
        cannot_check("the schema cannot be made again here:\n" + last_part(restored.messages),
                     "mend that, or leave a table or a schema out with --exclude, an extension with --exclude-extension");
    }
}

void schema_copy::make_first_copy(const source& from)
{
    const pq::connection_ptr server = connect(superuser_url("postgres"));
    pq::run(server.get(), embedded::mutation::create_copy);
    pq::params name;
    name.add(std::string_view{database});
    for (const copied_statement& one :
         statements_of(pq::execute(from.connection.get(), embedded::mutation::copied_database, name), 1)) {
        try {
            pq::run(server.get(), one.statement.c_str());
            m_database_statements.push_back(one.statement);
        } catch (const error& e) {
            if (one.needed) {
                cannot_check("the " + one.what + " cannot be copied: " + e.what());
            }
            m_differences.push_back(not_made(one));
        }
    }
}

void schema_copy::renew()
{
    const pq::connection_ptr server = connect(superuser_url("postgres"));
    pq::run(server.get(), embedded::mutation::drop_copy);
    pq::params known;
    known.add(m_roles);
    for (const std::string& statement : first_column(pq::execute(server.get(), embedded::mutation::drop_new_roles, known))) {
        pq::run(server.get(), statement.c_str());
    }
    pq::run(server.get(), embedded::mutation::create_copy);
    for (const std::string& statement : m_database_statements) {
        pq::run(server.get(), statement.c_str());
    }
}

void schema_copy::run(const std::string& sql) const
{
    pq::run(connect(superuser_url()).get(), sql.c_str());
}

void schema_copy::expect_login(const std::string& role) const
{
    pq::params name;
    name.add(std::string_view{role});
    const pq::connection_ptr server = connect(superuser_url("postgres"));
    const pq::result answer = pq::execute(server.get(), embedded::mutation::may_log_in, name);
    if (answer.is_null(0, 0)) {
        cannot_check("there is no role \"" + role + "\" in the database");
    }
    if (!answer.boolean(0, 0)) {
        cannot_check("the role \"" + role + "\" may not log in, so no test can run as it",
                     "name the role that the application logs in as");
    }
}

std::vector<protection> schema_copy::protections(const protection_scope& scope) const
{
    const pq::connection_ptr connection = connect(superuser_url());
    pq::params names;
    names.add(scope.schemas).add(scope.tables);
    const pq::result unknown = pq::execute(connection.get(), embedded::mutation::unknown_names, names);
    if (unknown.rows() > 0) {
        cannot_check("there is no " + unknown.text(0, 0) + " " + unknown.text(0, 1) + " in the database");
    }
    pq::params wanted;
    wanted.add_unless_empty(scope.schemas).add_unless_empty(scope.tables).add(scope.app_roles);
    const pq::result rows = pq::execute(connection.get(), embedded::mutation::protections, wanted);
    std::vector<protection> found;
    for (int row = 0; row < rows.rows(); ++row) {
        found.push_back({rows.text(row, 0), rows.text(row, 1), rows.text(row, 2)});
    }
    return found;
}

std::int64_t schema_copy::sessions() const
{
    const pq::connection_ptr server = connect(superuser_url("postgres"));
    pq::execute(server.get(), embedded::mutation::end_sessions);
    return pq::execute(server.get(), embedded::mutation::count_sessions).integer(0, 0);
}

std::vector<std::pair<std::string, std::string>> schema_copy::environment(const std::string& role) const
{
    // The server takes PGPORT for its default, as libpq does.
    const std::string port =
        pq::execute(connect(superuser_url("postgres")).get(), embedded::mutation::server_port).text(0, 0);
    std::vector<std::pair<std::string, std::string>> variables{
        {"PGHOST", directory()}, {"PGPORT", port}, {"PGDATABASE", database}, {"PGUSER", role}, {"PGSERVICEFILE", ""}};
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{PQconndefaults(), &PQconninfoFree};
    for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        const std::string name = option->envvar == nullptr ? "" : option->envvar;
        if (!name.empty() &&
            std::ranges::find(variables, name, &std::pair<std::string, std::string>::first) == variables.end()) {
            variables.emplace_back(name, "");
        }
    }
    return variables;
}

}  // namespace daybook
