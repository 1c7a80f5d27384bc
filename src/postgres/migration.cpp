#include <daybook/migration.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include <daybook/digest.hpp>
#include <daybook/error.hpp>
#include <daybook/version.hpp>

#include "bookkeeping/all.hpp"
#include "bootstrap/all.hpp"
#include "libpq.hpp"
#include "migration/all.hpp"
#include "migrations.hpp"
#include "named_sql.hpp"
#include "repeatable/all.hpp"
#include "sql/applied_migrations.hpp"
#include "sql/compare_schema.hpp"
#include "sql/current_database.hpp"
#include "sql/database_exists.hpp"
#include "sql/is_installed.hpp"
#include "sql/role_names.hpp"
#include "sql/schema_lines.hpp"

namespace daybook {

namespace {

using detail::names;
using detail::with_names;

names variables_of(const role_names& roles)
{
    return {{"owner", {roles.owner}},
            {"app", roles.app},
            {"reader", {roles.reader}},
            {"sealer", {roles.sealer}},
            {"auditor", {roles.auditor}}};
}

std::vector<std::string> all_roles(const role_names& roles)
{
    std::vector<std::string> all{roles.owner, roles.reader, roles.sealer, roles.auditor};
    all.insert(all.begin() + 1, roles.app.begin(), roles.app.end());
    return all;
}

std::string role_sql(const std::string& role)
{
    return with_names(embedded::bootstrap::bootstrap_role, {{"role", {role}}});
}

std::string database_sql(std::string_view sql, const role_names& roles, const std::string& database)
{
    names variables = variables_of(roles);
    variables["database"] = {database};
    return with_names(sql, variables);
}

// ---------------------------------------------------------------- what there is to apply

struct file {
    std::string_view name;
    std::string_view text;
    bool numbered;  // applied once, then frozen; the others are applied again whenever something changes

    [[nodiscard]] std::string checksum() const { return hex_sha256(text); }
};

std::vector<file> all_files()
{
    std::vector<file> files;
    for (const auto& one : embedded::migration::all) {
        files.push_back({one.name, one.text, true});
    }
    for (const auto& one : embedded::repeatable::all) {
        files.push_back({one.name, one.text, false});
    }
    return files;
}

struct applied {
    std::string checksum;
    timestamp at;
};

// What the database says of itself.
struct installation {
    bool installed = false;
    std::map<std::string, applied, std::less<>> files;
    role_names roles;
};

installation read_installation(PGconn* connection)
{
    installation result;
    result.installed = pq::execute(connection, embedded::sql::is_installed).boolean(0, 0);
    if (!result.installed) {
        return result;
    }
    const pq::result files = pq::execute(connection, embedded::sql::applied_migrations);
    for (int row = 0; row < files.rows(); ++row) {
        result.files[files.text(row, 0)] = {files.text(row, 1), files.time(row, 2)};
    }
    const pq::result roles = pq::execute(connection, embedded::sql::role_names);
    result.roles.app.clear();
    for (int row = 0; row < roles.rows(); ++row) {
        const std::string purpose = roles.text(row, 0);
        const std::string role = roles.text(row, 1);
        if (purpose == "owner") {
            result.roles.owner = role;
        } else if (purpose == "app") {
            result.roles.app.push_back(role);
        } else if (purpose == "reader") {
            result.roles.reader = role;
        } else if (purpose == "sealer") {
            result.roles.sealer = role;
        } else if (purpose == "auditor") {
            result.roles.auditor = role;
        }
    }
    return result;
}

migration state_of(const file& f, const installation& found)
{
    const auto known = found.files.find(f.name);
    if (known == found.files.end()) {
        return {std::string{f.name}, migration_state::pending, std::nullopt};
    }
    const bool same = known->second.checksum == f.checksum();
    return {std::string{f.name},
            same         ? migration_state::applied
            : f.numbered ? migration_state::altered
                         : migration_state::changed,
            known->second.at};
}

std::vector<migration> states_of(const installation& found)
{
    std::vector<migration> result;
    const std::vector<file> files = all_files();
    for (const file& f : files) {
        result.push_back(state_of(f, found));
    }
    for (const auto& [name, what] : found.files) {
        const auto same_name = [&name = name](const file& f) { return f.name == name; };
        if (std::none_of(files.begin(), files.end(), same_name)) {
            result.push_back({name, migration_state::unknown, what.at});
        }
    }
    return result;
}

// The files to run now: numbered ones that are pending, and all repeatable ones if anything changes at all.
std::vector<file> plan(const installation& found, const migrate_options& options)
{
    bool anything = options.repair || (options.roles && *options.roles != found.roles);
    for (const migration& m : states_of(found)) {
        if (m.state == migration_state::altered) {
            throw error{error_kind::schema_drifted,
                        "migration " + m.name + " was applied with another text than this version of Daybook has",
                        "released migrations never change: check which version was used"};
        }
        anything = anything || m.state == migration_state::pending || m.state == migration_state::changed;
    }
    std::vector<file> result;
    if (!anything) {
        return result;
    }
    for (const file& f : all_files()) {
        if (!f.numbered || state_of(f, found).state == migration_state::pending) {
            result.push_back(f);
        }
    }
    return result;
}

// One piece of SQL, to be run or to be printed.
struct step {
    std::string title;  // what it is to people; empty for bookkeeping
    std::string sql;
};

std::vector<step> steps_of(const std::vector<file>& files, const role_names& roles)
{
    const names of_roles = variables_of(roles);
    std::vector<step> steps;
    if (!files.empty()) {
        steps.push_back({"", with_names(embedded::bookkeeping::check_owner, of_roles)});
    }
    for (const file& f : files) {
        steps.push_back({std::string{f.name}, with_names(f.text, of_roles)});
        steps.push_back({"", with_names(embedded::bookkeeping::record_file, {{"name", {std::string{f.name}}},
                                                                             {"checksum", {f.checksum()}},
                                                                             {"version", {DAYBOOK_VERSION}}})});
    }
    if (!files.empty()) {
        steps.push_back({"", embedded::bookkeeping::forget_roles});
        for (const auto& [purpose, serving] : of_roles) {
            for (const std::string& role : serving) {
                steps.push_back({"", with_names(embedded::bookkeeping::record_role,
                                                {{"purpose", {purpose}}, {"role", {role}}})});
            }
        }
        steps.push_back({"", embedded::bookkeeping::expect_schema});
    }
    return steps;
}

std::string begin_sql(const role_names& roles)
{
    names variables = variables_of(roles);
    variables["version"] = {DAYBOOK_VERSION};
    return with_names(embedded::bookkeeping::begin, variables);
}

using lines = std::set<std::string>;

// What is there, and is not what the last migration left behind. The server's version is no defect.
lines unexpected_lines(PGconn* connection)
{
    lines result;
    const pq::result rows = pq::execute(connection, embedded::sql::compare_schema);
    for (int row = 0; row < rows.rows(); ++row) {
        if (rows.text(row, 0) == "unexpected" && !rows.bytes(row, 1).starts_with("server:")) {
            result.insert(rows.text(row, 1));
        }
    }
    return result;
}

// What is to be recorded as right must not be what somebody slipped in: of what was unexpected before, nothing may be left.
void refuse_leftovers(PGconn* connection, const lines& unexpected)
{
    if (unexpected.empty()) {
        return;
    }
    const pq::result rows = pq::execute(connection, embedded::sql::schema_lines);
    for (int row = 0; row < rows.rows(); ++row) {
        if (unexpected.contains(rows.text(row, 0))) {
            throw error{error_kind::schema_drifted,
                        "this is not of Daybook's making, and would stay: " + rows.text(row, 0),
                        "take it back, then run this again; nothing was changed"};
        }
    }
}

void quiet(PGconn* connection)
{
    // "policy … does not exist, skipping" is no news.
    PQsetNoticeProcessor(connection, [](void*, const char*) {}, nullptr);
}

}  // namespace

namespace detail {

std::string_view newest_migration() noexcept
{
    return embedded::migration::all.back().name;
}

}  // namespace detail

void bootstrap(const std::string& admin_url, const role_names& roles, const std::optional<std::string>& database)
{
    const pq::connection_ptr connection = pq::connect(admin_url);
    quiet(connection.get());
    for (const std::string& role : all_roles(roles)) {
        pq::run(connection.get(), role_sql(role).c_str());
    }
    pq::run(connection.get(), database_sql(embedded::bootstrap::bootstrap_reader, roles, {}).c_str());
    if (!database) {
        const std::string here = pq::execute(connection.get(), embedded::sql::current_database).text(0, 0);
        pq::run(connection.get(), database_sql(embedded::bootstrap::bootstrap_database, roles, here).c_str());
        return;
    }
    pq::params values;
    values.add(*database);
    const bool exists = pq::execute(connection.get(), embedded::sql::database_exists, values).boolean(0, 0);
    if (!exists) {
        const std::string create =
            with_names(embedded::bootstrap::create_database, {{"database", {*database}}});
        pq::run(connection.get(), create.c_str());
        pq::run(connection.get(), database_sql(embedded::bootstrap::bootstrap_own_database, roles, *database).c_str());
    }
    const pq::connection_ptr inside = pq::connect_to_database(admin_url, *database);
    quiet(inside.get());
    if (!exists) {
        pq::run(inside.get(), database_sql(embedded::bootstrap::bootstrap_own_functions, roles, *database).c_str());
    }
    pq::run(inside.get(), database_sql(embedded::bootstrap::bootstrap_database, roles, *database).c_str());
}

std::string bootstrap_sql(const role_names& roles, const std::string& database)
{
    std::string sql;
    for (const std::string& role : all_roles(roles)) {
        sql += role_sql(role) + "\n";
    }
    sql += database_sql(embedded::bootstrap::bootstrap_reader, roles, database) + "\n";
    return sql + database_sql(embedded::bootstrap::bootstrap_database, roles, database);
}

std::optional<role_names> installed_roles(const std::string& owner_url)
{
    const pq::connection_ptr connection = pq::connect(owner_url);
    const installation found = read_installation(connection.get());
    return found.installed ? std::optional{found.roles} : std::nullopt;
}

std::vector<migration> migration_status(const std::string& owner_url)
{
    const pq::connection_ptr connection = pq::connect(owner_url);
    return states_of(read_installation(connection.get()));
}

std::vector<std::string> migrate_up(const std::string& owner_url, const migrate_options& options)
{
    // Closed before it commits, the connection takes everything back.
    const pq::connection_ptr connection = pq::connect(owner_url);
    quiet(connection.get());
    pq::run(connection.get(), begin_sql(options.roles.value_or(role_names{})).c_str());
    const installation found = read_installation(connection.get());
    const std::vector<file> files = plan(found, options);
    lines unexpected;
    if (found.installed && !files.empty()) {
        unexpected = unexpected_lines(connection.get());
        if (!unexpected.empty() && !options.repair) {
            throw error{error_kind::schema_drifted, "the schema is not what the migrations made: " + *unexpected.begin(),
                        "see `daybook migrate verify`; --repair applies policies, functions, triggers, views and grants again"};
        }
    }

    std::vector<std::string> done;
    for (const step& s : steps_of(files, options.roles.value_or(found.roles))) {
        try {
            pq::run(connection.get(), s.sql.c_str());
        } catch (const error& e) {
            throw error{e.kind(), (s.title.empty() ? "in the bookkeeping: " : "in " + s.title + ": ") + e.what(), {},
                        e.sqlstate()};
        }
        if (!s.title.empty()) {
            done.push_back(s.title);
        }
    }
    refuse_leftovers(connection.get(), unexpected);
    const pq::result made = pq::execute(connection.get(), embedded::bookkeeping::make_partitions);
    for (int row = 0; row < made.rows(); ++row) {
        done.push_back("partition " + made.text(row, 0));
    }
    pq::run(connection.get(), embedded::bookkeeping::commit);
    return done;
}

std::string migration_sql(const std::optional<std::string>& owner_url, const migrate_options& options)
{
    installation found;
    if (owner_url) {
        const pq::connection_ptr connection = pq::connect(*owner_url);
        pq::run(connection.get(), "begin read only");
        found = read_installation(connection.get());
    }
    const role_names roles = options.roles.value_or(found.roles);
    const std::vector<step> steps = steps_of(plan(found, options), roles);
    if (steps.empty()) {
        return "-- nothing is pending\n";
    }
    std::string sql = begin_sql(roles);
    for (const step& s : steps) {
        sql += "\n" + (s.title.empty() ? "" : "-- ---------------- " + s.title + "\n\n") + s.sql;
    }
    return sql + "\n" + embedded::bookkeeping::make_partitions + "\n" + embedded::bookkeeping::commit;
}

std::vector<std::string> verify_schema(const std::string& owner_url)
{
    const pq::connection_ptr connection = pq::connect(owner_url);
    if (!read_installation(connection.get()).installed) {
        throw error{error_kind::schema_missing, "the database has no Daybook schema", "run `daybook migrate up`"};
    }
    const pq::result rows = pq::execute(connection.get(), embedded::sql::compare_schema);
    std::vector<std::string> differences;
    for (int row = 0; row < rows.rows(); ++row) {
        differences.push_back(rows.text(row, 0) + ": " + rows.text(row, 1));
    }
    return differences;
}

}  // namespace daybook
