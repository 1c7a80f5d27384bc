// daybook doctor --mutate, as its users see it: which tests notice what.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <pqxx/pqxx>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;
using json = nlohmann::json;
using Catch::Matchers::ContainsSubstring;

namespace {

namespace fs = std::filesystem;

const std::string acme = "11111111-1111-1111-1111-111111111111";
const std::string globex = "22222222-2222-2222-2222-222222222222";

void run_sql(const std::string& url, const std::string& sql)
{
    pqxx::connection connection{url};
    pqxx::nontransaction{connection}.exec(sql);
}

void write_file(const std::string& path, const std::string& text)
{
    std::ofstream{path, std::ios::binary} << text;
    REQUIRE(bytes_of(path) == text);
}

// A database of somebody's, its roles, and somewhere for its tests.
class shop {
public:
    shop()
    {
        gone();
        for (const char* const sql : {"create role shop_owner login password 's3cret'", "create role shop_app login",
                                      "create role shop_people", "create role \"Shop Reader\" login",
                                      "grant shop_people to \"Shop Reader\"", "create database shop owner shop_owner"}) {
            run_sql(cluster().superuser_url(), sql);
        }
    }
    ~shop() { gone(); }
    shop(const shop&) = delete;
    shop& operator=(const shop&) = delete;

    static void as_owner(const std::string& sql) { run_sql(cluster().url("shop_owner", "shop"), sql); }
    static void as_superuser(const std::string& sql) { run_sql(cluster().url("postgres", "shop"), sql); }

    [[nodiscard]] std::string file(const std::string& name) const { return m_directory.file(name); }

    // The environment that a person would have; psql is the server's own.
    [[nodiscard]] environment variables() const
    {
        const std::string programs = fs::path{cluster().program("psql")}.parent_path();
        const std::string url = cluster().url("shop_owner", "shop");
        return {{"DATABASE_URL_OWNER", "postgresql://shop_owner:s3cret@" + url.substr(url.find('@') + 1)},
                {"PATH", programs + ":/usr/bin:/bin"},
                {"HERE", m_directory.file("")}};
    }

    // The words behind `daybook`, with these tests.
    [[nodiscard]] std::vector<std::string> words(const std::string& script, const std::vector<std::string>& more = {}) const
    {
        write_file(file("tests.sh"), script);
        std::vector<std::string> result{"doctor",   "--mutate",       "--app-role",
                                        "shop_app", "--test-command", "sh " + file("tests.sh")};
        result.insert(result.end(), more.begin(), more.end());
        return result;
    }

    [[nodiscard]] finished mutate(const std::string& script, const std::vector<std::string>& more = {}) const
    {
        return run_daybook(words(script, more), variables());
    }

private:
    static void gone()
    {
        run_sql(cluster().superuser_url(), "drop database if exists shop with (force)");
        for (const char* const role : {"shop_owner", "shop_app", "\"Shop Reader\"", "shop_people"}) {
            run_sql(cluster().superuser_url(), "drop role if exists " + std::string{role});
        }
    }

    temporary_directory m_directory;
};

// {object and removal: result}
std::map<std::string, std::string> results(const finished& end)
{
    std::map<std::string, std::string> all;
    for (const std::string& line : lines_in(end.out)) {
        const json row = json::parse(line);
        all[row["object"].get<std::string>() + ": " + row["removal"].get<std::string>()] = row["result"];
    }
    return all;
}

std::vector<std::string> with_result(const finished& end, const std::string& wanted)
{
    std::vector<std::string> names;
    for (const auto& [name, result] : results(end)) {
        if (result == wanted) {
            names.push_back(name);
        }
    }
    return names;
}

// The texts between ```LANGUAGE and ``` of docs/mutate.md, in their order.
std::vector<std::string> documented(const std::string& language)
{
    std::vector<std::string> blocks;
    bool inside = false;
    for (const std::string& line : lines_in(bytes_of(DAYBOOK_SOURCE_DIR "/docs/mutate.md"))) {
        if (inside && line == "```") {
            inside = false;
        } else if (inside) {
            blocks.back() += line + "\n";
        } else if (line == "```" + language) {
            inside = true;
            blocks.emplace_back();
        }
    }
    return blocks;
}

// Connects, and finds everything good.
const std::string content = "psql -XqAt \"$DATABASE_URL\" -c 'select 1'\n";

// Row-level security and nothing else: one protection.
const char* const one_protection = "create table notes (); alter table notes enable row level security";

// Whether somebody has it open for writing.
class fifo {
public:
    explicit fifo(const std::string& path)
    {
        REQUIRE(mkfifo(path.c_str(), 0600) == 0);
        m_descriptor = open(path.c_str(), O_RDONLY | O_NONBLOCK);
        REQUIRE(m_descriptor >= 0);
    }
    ~fifo() { close(m_descriptor); }
    fifo(const fifo&) = delete;
    fifo& operator=(const fifo&) = delete;

    // Until somebody writes.
    [[nodiscard]] bool speaks() const
    {
        pollfd readable{m_descriptor, POLLIN, 0};
        char text[16];
        return poll(&readable, 1, 60'000) == 1 && read(m_descriptor, text, sizeof text) > 0;
    }

    [[nodiscard]] bool abandoned() const
    {
        pollfd hung_up{m_descriptor, POLLIN, 0};
        char text[16];
        return poll(&hung_up, 1, 10'000) == 1 && read(m_descriptor, text, sizeof text) == 0;
    }

private:
    int m_descriptor;
};

}  // namespace

TEST_CASE("the example of docs/mutate.md is what happens", "[command]")
{
    const shop s;
    shop::as_owner(documented("sql").at(0));
    const std::vector<std::string> scripts = documented("sh");
    const std::vector<std::string> printed = documented("text");

    const finished reads_only = s.mutate(scripts.at(1));
    const finished thorough = s.mutate(scripts.at(1) + scripts.at(2));

    CHECK(reads_only.status == 3);
    CHECK(reads_only.err == printed.at(0));
    CHECK(thorough.status == 0);
    CHECK_THAT(thorough.err, ContainsSubstring(printed.at(1)));
    CHECK(with_result(thorough, "noticed").size() == 6);
    CHECK(scripts.at(0) == "daybook doctor --mutate --app-role shop_app --test-command 'sh tests/isolation.sh'\n");
}

TEST_CASE("tests that find everything good notice nothing", "[command]")
{
    const shop s;
    shop::as_owner(documented("sql").at(0));

    const finished end = s.mutate(content);

    CHECK(end.status == 3);
    CHECK(with_result(end, "not noticed").size() == 6);
    CHECK_THAT(end.err, ContainsSubstring("6 protections, 0 noticed, 6 not noticed"));
}

TEST_CASE("partitions, append-only tables, quoted names, groups, an extension: all of it is noticed", "[command]")
{
    const shop s;
    shop::as_superuser("create extension pgcrypto");
    shop::as_owner(
        "create table \"Odd Log\" (org text not null, note bytea default public.gen_random_bytes(4)) partition by list (org)");
    shop::as_owner("create table log_rest partition of \"Odd Log\" default");
    for (const char* const table : {"\"Odd Log\"", "log_rest"}) {
        shop::as_owner("alter table " + std::string{table} + " enable row level security");
    }
    shop::as_owner("create policy \"only own\" on \"Odd Log\" for select using (org = current_setting('app.org_id', true))");
    shop::as_owner("create policy own_too on log_rest for select using (org = current_setting('app.org_id', true))");
    shop::as_owner("create policy add_own on \"Odd Log\" for insert with check (org = current_setting('app.org_id', true))");
    shop::as_owner("create function refuse() returns trigger language plpgsql as 'begin raise ''append-only''; end'");
    shop::as_owner("create trigger no_change before update on \"Odd Log\" for each row execute function refuse()");
    shop::as_owner("create view \"All of it\" with (security_invoker) as select * from \"Odd Log\"");
    shop::as_owner("grant select, insert on \"Odd Log\" to shop_app");
    shop::as_owner("grant select on \"All of it\", \"Odd Log\", log_rest to shop_people");

    const finished end = s.mutate(R"sh(set -eu
ask() { psql -XqAt -v ON_ERROR_STOP=1 "$1" -c "set app.org_id = 'a'" -c "$2"; }
refused() { ! ask "$@" 2>/dev/null; }
ask "$DAYBOOK_SUPERUSER_URL" "insert into \"Odd Log\" values ('b')"
ask "$DATABASE_URL" "insert into \"Odd Log\" values ('a')"
test "$(ask "$DATABASE_URL_SHOP_READER" 'select string_agg(org, null) from "Odd Log"')" = a
test "$(ask "$DATABASE_URL_SHOP_READER" 'select string_agg(org, null) from "All of it"')" = a
test "$(ask "$DATABASE_URL_SHOP_READER" 'select string_agg(org, null) from log_rest')" = a
refused "$DATABASE_URL" "insert into \"Odd Log\" values ('b')"
refused "$DATABASE_URL" 'update "Odd Log" set note = null'
refused "$DATABASE_URL" 'delete from "Odd Log"'
refused "$DATABASE_URL" 'truncate "Odd Log"'
refused "$DAYBOOK_SUPERUSER_URL" 'update "Odd Log" set note = null'
refused "$DAYBOOK_SUPERUSER_URL" 'insert into "Odd Log" values (null)'
)sh",
                                  {"--app-role", "Shop Reader"});

    CAPTURE(end.err);
    CHECK(end.status == 0);
    CHECK(with_result(end, "noticed").size() == 14);
    CHECK(results(end).contains("public.log_rest: row-level security disabled"));
    CHECK(results(end).contains("public.\"All of it\": security_invoker of the view reset"));
    CHECK(results(end).contains("public.\"Odd Log\": UPDATE granted to shop_app"));
}

TEST_CASE("tests that fail with everything in place are shown, and nothing is taken away", "[command]")
{
    const shop s;
    shop::as_owner(one_protection);

    const finished end =
        s.mutate(content + "echo run >>\"$HERE/runs\"\nfor i in $(seq 30); do echo \"line $i\"; done\nexit 7\n");

    CHECK(end.status == 5);
    CHECK(end.out.empty());
    CHECK_THAT(end.err,
               ContainsSubstring("error[D0901]: the tests fail by themselves, with everything in place (exit status 7)"));
    CHECK_THAT(end.err,
               ContainsSubstring("| line 11\n") && ContainsSubstring("| line 30\n") && !ContainsSubstring("| line 10\n"));
    CHECK(bytes_of(s.file("runs")) == "run\n");
}

TEST_CASE("tests that never connect to the copy prove nothing", "[command]")
{
    const shop s;
    shop::as_owner(one_protection);

    const finished end = s.mutate("exit 0\n");

    CHECK(end.status == 5);
    CHECK_THAT(end.err, ContainsSubstring("never connected to the copy"));
}

TEST_CASE("tests that begin to fail by themselves are not believed", "[command]")
{
    const shop s;
    shop::as_owner(one_protection);

    const finished end = s.mutate(content + "echo run >>\"$HERE/runs\"\ntest $(wc -l <\"$HERE/runs\") -le 1\n");

    CHECK(end.status == 5);
    CHECK(end.out.empty());
    CHECK_THAT(end.err, ContainsSubstring("they passed at first, and fail now"));
    CHECK(bytes_of(s.file("runs")) == "run\nrun\nrun\n");
}

TEST_CASE("what a run leaves behind does not reach the next", "[command]")
{
    const shop s;
    shop::as_owner(one_protection);

    const finished end = s.mutate(
        "set -eu\npsql -Xq -v ON_ERROR_STOP=1 \"$DAYBOOK_SUPERUSER_URL\" -c 'create role made' -c 'create table made ()' "
        "-c 'grant all on made to made'\n");

    CHECK(end.status == 3);
    CHECK_THAT(end.err, ContainsSubstring("1 protection, 0 noticed, 1 not noticed"));
}

TEST_CASE("nothing to take away is no success", "[command]")
{
    const shop s;
    shop::as_owner("create table plain ()");

    const finished end = s.mutate(content);

    CHECK(end.status == 5);
    CHECK_THAT(end.err, ContainsSubstring("nothing to take away"));
}

TEST_CASE("a protection that cannot be taken away was not checked", "[command]")
{
    const shop s;
    shop::as_owner(one_protection);
    shop::as_superuser(
        "create function never() returns event_trigger language plpgsql as 'begin raise ''no change here''; end'");
    shop::as_superuser(
        "create event trigger frozen on ddl_command_start when tag in ('ALTER TABLE') execute function never()");

    const finished end = s.mutate(content);

    CHECK(end.status == 5);
    CHECK(with_result(end, "not checked") == std::vector<std::string>{"public.notes: row-level security disabled"});
    CHECK_THAT(end.err, ContainsSubstring("is refused: no change here"));
    CHECK_THAT(end.err, ContainsSubstring("1 protection, 0 noticed, 0 not noticed, 1 not checked"));
}

TEST_CASE("tests that take too long have noticed, and all that they started is ended", "[command]")
{
    const shop s;
    shop::as_owner(one_protection);
    const fifo held{s.file("held")};

    const finished end = s.mutate(R"sh(
secure=$(psql -XqAt "$DATABASE_URL" -c "select relrowsecurity from pg_class where relname = 'notes'")
test $secure = t && exit
(trap '' TERM; tail -f /dev/null) >"$HERE/held" &
wait
)sh",
                                  {"--test-timeout", "10s"});

    CHECK(end.status == 0);
    CHECK(with_result(end, "time limit").size() == 1);
    CHECK_THAT(end.err, ContainsSubstring("1 protection, 1 noticed (1 by the time limit), 0 not noticed"));
    CHECK(held.abandoned());
}

TEST_CASE("Ctrl-C and SIGTERM end the tests and leave nothing behind", "[command]")
{
    const int number = GENERATE(SIGINT, SIGTERM);
    const shop s;
    shop::as_owner(one_protection);
    const fifo held{s.file("held")};
    const auto mutation = start_daybook(
        s.words("echo \"$PGHOST\" >\"$HERE/where\"\nexec >\"$HERE/held\"\necho begun\ntail -f /dev/null &\nwait\n"),
        s.variables());
    REQUIRE(held.speaks());

    mutation->signal(number);
    const finished end = mutation->wait();

    CHECK(end.status == 128 + number);
    CHECK(end.out.empty());
    CHECK(held.abandoned());
    CHECK_FALSE(fs::exists(lines_in(bytes_of(s.file("where"))).at(0)));
}

TEST_CASE("a signal that is ignored does not end the tests, as nohup wants it", "[command]")
{
    const shop s;
    shop::as_owner(one_protection);
    environment variables = s.variables();
    variables.emplace_back("DAYBOOK", DAYBOOK_COMMAND);

    // Each run of the tests sends SIGHUP to the command that runs them.
    write_file(s.file("hangs_up.sh"), content + "kill -HUP $PPID\n");
    const finished end = run({"/bin/sh", "-c",
                              "trap '' HUP; exec \"$DAYBOOK\" doctor --mutate --app-role shop_app "
                              "--test-command 'exec sh \"$HERE/hangs_up.sh\"'"},
                             variables);

    CAPTURE(end.err);
    CHECK(end.status == 3);
}

TEST_CASE("the tests are led to the copy and nowhere else", "[command]")
{
    const shop s;
    shop::as_owner(one_protection);
    environment variables = s.variables();
    for (const auto& [name, value] : environment{{"DATABASE_URL", "postgresql://elsewhere/a"},
                                                 {"DATABASE_URL_REPLICA", "postgresql://elsewhere/b"},
                                                 {"PGPASSWORD", "s3cret"},
                                                 {"PGOPTIONS", "-c app.org_id=" + acme},
                                                 {"REPORTING_DB", "postgres://elsewhere/c"}}) {
        variables.emplace_back(name, value);
    }

    const finished end =
        run_daybook(s.words(content + "env >\"$HERE/environment\"\n", {"--app-role", "Shop Reader"}), variables);

    CHECK(end.status == 3);
    std::map<std::string, std::string> seen;
    for (const std::string& line : lines_in(bytes_of(s.file("environment")))) {
        seen[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
    }
    const std::string place = "/daybook_copy?host=" + seen["PGHOST"];
    CHECK(seen["DATABASE_URL"] == "postgresql://shop_app@" + place);
    CHECK(seen["DATABASE_URL_SHOP_APP"] == "postgresql://shop_app@" + place);
    CHECK(seen["DATABASE_URL_SHOP_READER"] == "postgresql://Shop%20Reader@" + place);
    CHECK(seen["DATABASE_URL_OWNER"] == "postgresql://shop_owner@" + place);
    CHECK(seen["PGDATABASE"] == "daybook_copy");
    CHECK(seen["DAYBOOK_MUTATION_DATABASE"] == "daybook_copy");
    CHECK(seen["PGUSER"] == "shop_app");
    for (const char* const name : {"DATABASE_URL_REPLICA", "PGPASSWORD", "PGOPTIONS", "PGSERVICEFILE"}) {
        CAPTURE(name);
        CHECK_FALSE(seen.contains(name));
    }
    CHECK_THAT(bytes_of(s.file("environment")), !ContainsSubstring("s3cret"));
    CHECK_THAT(end.err, ContainsSubstring("warning: REPORTING_DB leads to a database, too"));
}

TEST_CASE("a password is in no argument of a program, and nowhere printed", "[command]")
{
    const shop s;
    shop::as_owner(one_protection);
    // The server's programs, with somebody who listens in place of each that is given a connection.
    const fs::path programs = fs::path{cluster().program("psql")}.parent_path();
    const fs::path listening = s.file("bin");
    fs::create_directory(listening);
    for (const char* const name : {"initdb", "postgres"}) {
        fs::create_symlink(programs / name, listening / name);
    }
    for (const std::string name : {"pg_dump", "pg_restore"}) {
        write_file(listening / name, "#!/bin/sh\necho \"" + name + " $*\" >>" + s.file("heard") + "\nexec " +
                                         (programs / name).string() + " \"$@\"\n");
        fs::permissions(listening / name, fs::perms{0755});
    }
    fs::permissions(fs::path{s.file("")}, fs::perms{0755});  // the server may run as somebody else
    environment variables = s.variables();
    variables.emplace_back("DAYBOOK_POSTGRES_BIN", listening);

    const finished end = run_daybook(s.words(content), variables);

    CAPTURE(end.err);
    CHECK(end.status == 3);
    CHECK_THAT(bytes_of(s.file("heard")),
               ContainsSubstring("pg_dump ") && ContainsSubstring("pg_restore ") && !ContainsSubstring("s3cret"));
    CHECK_THAT(end.err + end.out, !ContainsSubstring("s3cret"));
}

TEST_CASE("what tests printed about what they did not notice is shown when asked for, harmless", "[command]")
{
    const shop s;
    shop::as_owner(one_protection);

    const finished plain = s.mutate(content + "printf 'seen \\033[31m\\n'\n");
    const finished verbose = s.mutate(content + "printf 'seen \\033[31m\\n'\n", {"-v"});

    CHECK_THAT(plain.err, !ContainsSubstring("seen"));
    CHECK_THAT(verbose.err, ContainsSubstring("  | seen \\x1b[31m\n"));
}

TEST_CASE("--mutate says what it lacks", "[command]")
{
    const shop s;

    CHECK(run_daybook({"doctor", "--mutate", "--app-role", "shop_app"}, s.variables()).status == 2);
    CHECK(run_daybook({"doctor", "--mutate", "--test-command", "true"}, s.variables()).status == 2);
    CHECK(run_daybook({"doctor", "--mutate", "--app-role", "shop_people", "--test-command", "true"}, s.variables()).status ==
          5);
}
