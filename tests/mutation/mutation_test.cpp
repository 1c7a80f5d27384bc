// usage: mutation_test [--show] [TEXT]
//
// Removes one protection at a time, as protections.txt says, and runs the tests that must notice: each of them must fail.
// First they run with everything in place, and must pass. Then it looks whether every policy, trigger, forced table and
// function of the schema was removed or changed by some mutant: a new one that nobody lists fails the test.
//
// With TEXT only the protections whose name holds it; --show prints what the tests say.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <sstream>
#include <stdexcept>

#include <catch2/catch_session.hpp>
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <daybook/daybook.hpp>

#include "mutants.hpp"
#include "removed.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

int report_to = -1;  // in the child that runs tests

// Tells the parent of every test that ran, a line each: "+name" passed, "-name" failed, "?name" asserted nothing.
class messenger : public Catch::EventListenerBase {
public:
    explicit messenger(const Catch::IConfig* config) : Catch::EventListenerBase{config}
    {
        m_preferences.shouldReportAllAssertions = true;  // those that pass, too
    }

    void testCaseStarting(const Catch::TestCaseInfo&) override { m_said_something = false; }

    void assertionEnded(const Catch::AssertionStats& stats) override
    {
        // An exception before anything was asserted comes from the test's preparation: that is no verdict.
        const bool thrown = stats.assertionResult.getResultType() == Catch::ResultWas::ThrewException &&
                            !stats.assertionResult.hasExpression();
        m_said_something = m_said_something || !thrown;
    }

    void testCaseEnded(const Catch::TestCaseStats& stats) override
    {
        if (report_to < 0) {
            return;
        }
        const bool failed = stats.totals.testCases.failed > 0;
        const char verdict = !m_said_something ? '?' : failed ? '-' : '+';
        const std::string line = verdict + stats.testInfo->name + "\n";
        if (write(report_to, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
            _exit(1);
        }
    }

private:
    bool m_said_something = false;
};
CATCH_REGISTER_LISTENER(messenger)

struct outcome {
    std::set<std::string> passed;
    std::set<std::string> failed;
    std::set<std::string> broken;  // before anything was asserted
};

// Catch2 takes some characters of a name for an expression.
std::string as_expression(const std::string& name)
{
    std::string out;
    for (const char c : name) {
        if (std::string_view{"\\,[]\"~*"}.find(c) != std::string_view::npos) {
            out += '\\';
        }
        out += c;
    }
    return out;
}

[[noreturn]] void run_in_child(const std::set<std::string>& names, bool show)
{
    if (!show) {
        const int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
    }
    std::string expression;
    for (const std::string& name : names) {
        expression += (expression.empty() ? "" : ",") + as_expression(name);
    }
    Catch::Session session;
    session.configData().testsOrTags = {expression};
    session.run();
    _exit(0);
}

// In a child, since a test may crash without its protection, and Catch2 runs once in a process.
outcome run_tests(const std::set<std::string>& names, bool show)
{
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) {
        throw std::runtime_error{"no pipe"};
    }
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        close(pipe_ends[0]);
        report_to = pipe_ends[1];
        alarm(120);  // a test that waits for ever has not noticed anything
        run_in_child(names, show);
    }
    close(pipe_ends[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(pipe_ends[0], buffer, sizeof buffer)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(got));
    }
    close(pipe_ends[0]);
    int status = 0;
    waitpid(child, &status, 0);

    outcome result;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        (line.front() == '+' ? result.passed : line.front() == '-' ? result.failed : result.broken).insert(line.substr(1));
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGALRM && names.size() == 1) {
        result.failed.insert(*names.begin());  // it crashed: nobody overlooks that
    }
    return result;
}

void as_superuser(const std::string& database, const std::string& sql)
{
    pqxx::connection connection{cluster().url("postgres", database)};
    pqxx::nontransaction{connection}.exec(sql);
}

class matrix {
public:
    matrix(std::vector<mutant> mutants, bool show) : m_mutants{std::move(mutants)}, m_show{show} {}

    // Whether the tests pass while nothing is removed.
    bool baseline()
    {
        std::set<std::string> all;
        for (const mutant& m : m_mutants) {
            all.insert(m.noticed_by.begin(), m.noticed_by.end());
        }
        const outcome o = run_tests(all, m_show);
        for (const std::string& name : all) {
            if (!o.passed.contains(name)) {
                std::printf("%s with everything in place: %s\n", o.failed.contains(name) ? "fails" : "does not run",
                            name.c_str());
            }
        }
        std::printf("%zu tests pass with everything in place\n", o.passed.size());
        return o.passed.size() == all.size();
    }

    // The mutants that live.
    std::size_t run()
    {
        std::size_t lived = 0;
        for (const mutant& m : m_mutants) {
            const auto begin = std::chrono::steady_clock::now();
            const std::vector<std::string> missed = try_one(m);
            const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
            std::printf("%-6s %3d %s (%zu tests, %lld ms)\n", missed.empty() ? "killed" : "LIVES", m.number,
                        m.protection.c_str(), m.noticed_by.size(), static_cast<long long>(took.count()));
            for (const std::string& name : missed) {
                std::printf("           did not notice: %s\n", name.c_str());
            }
            std::fflush(stdout);
            lived += missed.empty() ? 0 : 1;
        }
        return lived;
    }

    // Lines of the schema that protect, and that no mutant touched.
    [[nodiscard]] std::vector<std::string> unlisted() const
    {
        pqxx::connection connection{cluster().url("postgres", "daybook_template")};
        pqxx::nontransaction work{connection};
        std::vector<std::string> result;
        for (const auto& [line] : work.query<std::string>(
                 "select line from daybook.expected_schema where line !~ '^(roles|migrations|expected_schema|partitioning|retired_partitions)[:.]' "
                 "and line ~ ': (policy|trigger) |, forced|: constraint [a-z_]+ CHECK|"
                 "no statistics|^function .*(security definer|refuse_change|row_is_valid|check_written|set_tenant)' order by 1")) {
            if (!m_touched.contains(line)) {
                result.push_back(line);
            }
        }
        return result;
    }

private:
    std::vector<std::string> try_one(const mutant& m)
    {
        const std::string database = "mutant_" + std::to_string(m.number);
        if (!m.sql.empty()) {
            as_superuser("postgres", "create database " + database + " template daybook_template");
            as_superuser(database, m.sql);
            for (const std::string& difference : verify_schema(cluster().url("daybook_owner", database))) {
                if (const std::string missing = "missing: "; difference.starts_with(missing)) {
                    m_touched.insert(difference.substr(missing.size()));
                }
            }
            use_template(database);
        }
        removed_mutant = m.number;
        const outcome o = run_tests({m.noticed_by.begin(), m.noticed_by.end()}, m_show);
        removed_mutant = 0;
        if (!m.sql.empty()) {
            use_template("daybook_template");
            as_superuser("postgres", "drop database " + database + " with (force)");
        }
        if (!m.undo.empty()) {
            as_superuser("postgres", m.undo);
        }
        std::vector<std::string> missed;
        std::ranges::copy_if(m.noticed_by, std::back_inserter(missed),
                             [&](const std::string& name) {
                                 return !o.failed.contains(name) && !(m.at_once && o.broken.contains(name));
                             });
        return missed;
    }

    std::vector<mutant> m_mutants;
    bool m_show;
    std::set<std::string> m_touched;
};

}  // namespace

int main(int argc, char** argv)
{
    bool show = false;
    std::string text;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view{argv[i]} == "--show") {
            show = true;
        } else {
            text = argv[i];
        }
    }
    try {
        std::vector<mutant> mutants = read_mutants(DAYBOOK_PROTECTIONS);
        std::erase_if(mutants, [&](const mutant& m) { return m.protection.find(text) == std::string::npos; });
        cluster();
        matrix all{mutants, show};
        bool good = all.baseline();
        const std::size_t lived = good ? all.run() : mutants.size();
        if (good && text.empty()) {
            for (const std::string& line : all.unlisted()) {
                std::printf("a protection that no mutant removes: %s\n", line.c_str());
                good = false;
            }
        }
        std::printf("%zu mutants, %zu killed\n", mutants.size(), mutants.size() - lived);
        return good && lived == 0 && !mutants.empty() ? 0 : 1;
    } catch (const std::exception& e) {
        std::printf("mutation_test: %s\n", e.what());
        return 1;
    }
}
