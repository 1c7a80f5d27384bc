#include "schema_mutation.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string_view>

#include <unistd.h>

#include <daybook/error.hpp>
#include <daybook/migration.hpp>

#include "context.hpp"
#include "text.hpp"
#include "watched_child.hpp"

extern char** environ;

namespace daybook::command {

namespace {

[[noreturn]] void cannot_check(const std::string& what, const std::string& hint = {})
{
    throw error{error_kind::not_checked, what, hint};
}

bool has(const variables& all, std::string_view name)
{
    return std::ranges::any_of(all, [name](const auto& one) { return one.first == name; });
}

// DATABASE_URL_SHOP_APP for the role shop-app.
std::string variable_of(const std::string& role)
{
    std::string name = "DATABASE_URL_";
    for (const char c : role) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        name += letter ? static_cast<char>(c & ~0x20) : digit ? c : '_';
    }
    return name;
}

// What leads the tests to the copy. What would lead them anywhere else, and is known to us, is taken away.
variables environment_of_tests(const schema_copy& copy, const std::vector<std::string>& app_roles)
{
    variables result = copy.environment(app_roles.front());
    result.emplace_back("DATABASE_URL", copy.url(app_roles.front()));
    result.emplace_back("DATABASE_URL_OWNER", copy.url(copy.owner()));
    if (const auto roles = installed_roles(copy.superuser_url())) {
        result.emplace_back("DATABASE_URL_READER", copy.url(roles->reader));
        result.emplace_back("DATABASE_URL_SEALER", copy.url(roles->sealer));
        result.emplace_back("DATABASE_URL_AUDITOR", copy.url(roles->auditor));
    }
    for (const std::string& role : app_roles) {
        const std::string name = variable_of(role);
        if (!has(result, name)) {
            result.emplace_back(name, copy.url(role));
        } else if (std::ranges::find(result, std::pair{name, copy.url(role)}) == result.end()) {
            context::warn("warning: " + name + " leads to another role than \"" + visible(role) + "\"");
        }
    }
    result.emplace_back("DAYBOOK_SUPERUSER_URL", copy.superuser_url());
    result.emplace_back("DAYBOOK_MUTATION_DATABASE", schema_copy::database);
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text{*variable};
        const std::string_view name = text.substr(0, text.find('='));
        if (has(result, name)) {
            continue;
        }
        const std::string_view value = text.substr(std::min(name.size() + 1, text.size()));
        if (name.starts_with("DATABASE_URL")) {
            result.emplace_back(name, "");
        } else if (value.starts_with("postgres://") || value.starts_with("postgresql://")) {
            context::warn("warning: " + visible(name) + " leads to a database, too; tests that use it do not test the copy");
        }
    }
    return result;
}

// For people: what a program printed, without what would change the terminal.
std::string printed(const std::string& file, std::size_t most)
{
    std::ifstream in{file, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back("  | " + visible(std::string_view{text}.substr(begin, end - begin)));
        begin = end + 1;
    }
    std::string out;
    for (std::size_t i = lines.size() > most ? lines.size() - most : 0; i < lines.size(); ++i) {
        out += (out.empty() ? "" : "\n") + lines[i];
    }
    return out.empty() ? "  | (it printed nothing)" : out;
}

std::string counted(std::size_t protections)
{
    return std::to_string(protections) + (protections == 1 ? " protection" : " protections");
}

enum class result { noticed, not_noticed, timed_out, not_checked };

std::string word(result r)
{
    switch (r) {
    case result::noticed: return "noticed";
    case result::not_noticed: return "not noticed";
    case result::timed_out: return "time limit";
    default: return "not checked";
    }
}

class mutation {
public:
    mutation(context& c, const mutation_options& options)
        : m_context{c}, m_options{options}, m_copy{options.owner_url, options.copy}, m_output{m_copy.directory() +
                                                                                              "/printed"}
    {
        for (const std::string& difference : m_copy.differences()) {
            context::warn("note: " + visible(difference));
        }
        for (const std::string& role : options.scope.app_roles) {
            m_copy.expect_login(role);
        }
        m_environment = environment_of_tests(m_copy, options.scope.app_roles);
    }

    int run()
    {
        const std::vector<protection> all = m_copy.protections(m_options.scope);
        if (all.empty()) {
            cannot_check("no table that was asked for has policies or row-level security: there is nothing to take away",
                         "`daybook protect TABLE` shows how to begin");
        }
        m_context.say("the tests run once with everything in place, then once without each of " + counted(all.size()));
        expect_pass("the tests fail by themselves, with everything in place");
        expect_use();

        std::vector<result> results;
        for (const protection& one : all) {
            results.push_back(without(one));
            m_context.say("[" + std::to_string(results.size()) + "/" + std::to_string(all.size()) + "] " +
                          word(results.back()) + "  " + visible(one.object) + "  " + visible(one.removal));
            if (results.back() == result::not_noticed && m_context.flags.verbose) {
                context::warn(printed(m_output, 1000));
            }
        }
        expect_pass("the tests fail by themselves: they passed at first, and fail now with everything in place again, so "
                    "what they noticed may have been something else");
        print(all, results);
        return summary(results);
    }

private:
    [[nodiscard]] watched_end test() const
    {
        return run_watched(m_options.test_command, m_environment, m_output, m_options.timeout);
    }

    void expect_pass(const std::string& otherwise)
    {
        m_copy.renew();
        const watched_end end = test();
        if (end.timed_out || end.status != 0) {
            cannot_check(otherwise +
                         (end.timed_out ? " (time limit)" : " (exit status " + std::to_string(end.status) + ")") +
                         "; the last that they printed:\n" + printed(m_output, 20));
        }
    }

    void expect_use() const
    {
        if (m_copy.sessions() == 0) {
            cannot_check("the tests passed, and never connected to the copy, so they say nothing about it",
                         "they must use DATABASE_URL, or PGHOST, PGPORT, PGUSER and PGDATABASE; see docs/mutate.md");
        }
    }

    [[nodiscard]] result without(const protection& one)
    {
        m_copy.renew();
        try {
            m_copy.run(one.statement);
        } catch (const error& e) {
            context::warn("warning: \"" + visible(one.statement) + "\" is refused: " + visible(e.what()));
            return result::not_checked;
        }
        const watched_end end = test();
        return end.timed_out ? result::timed_out : end.status == 0 ? result::not_noticed : result::noticed;
    }

    void print(const std::vector<protection>& all, const std::vector<result>& results)
    {
        const auto writer = make_writer(m_context.format(), m_context.out());
        writer->begin({{"result", column_kind::text},
                       {"object", column_kind::text},
                       {"removal", column_kind::text},
                       {"statement", column_kind::text}});
        for (std::size_t i = 0; i < all.size(); ++i) {
            writer->add({word(results[i]), all[i].object, all[i].removal, all[i].statement});
        }
        writer->end();
    }

    [[nodiscard]] int summary(const std::vector<result>& results) const
    {
        const auto count = [&results](result wanted) { return std::ranges::count(results, wanted); };
        const auto limited = count(result::timed_out);
        const auto lived = count(result::not_noticed);
        const auto unknown = count(result::not_checked);
        m_context.say(counted(results.size()) + ", " + std::to_string(count(result::noticed) + limited) + " noticed" +
                      (limited > 0 ? " (" + std::to_string(limited) + " by the time limit)" : "") + ", " +
                      std::to_string(lived) + " not noticed" +
                      (unknown > 0 ? ", " + std::to_string(unknown) + " not checked" : ""));
        return lived > 0 ? 3 : unknown > 0 ? describe(error_kind::not_checked).exit_status : 0;
    }

    context& m_context;
    const mutation_options& m_options;
    schema_copy m_copy;
    std::string m_output;
    variables m_environment;
};

}  // namespace

int mutate_schema(context& c, const mutation_options& options)
{
    if (options.test_command.empty()) {
        throw error{error_kind::wrong_usage, "there is no test command", "--test-command 'make test'"};
    }
    if (options.scope.app_roles.empty()) {
        throw error{error_kind::wrong_usage, "it is not known which role the application logs in as", "--app-role ROLE"};
    }
    try {
        return mutation{c, options}.run();
    } catch (const interrupted& i) {
        // Nothing is left by now. Whoever started us sees what ended us.
        std::signal(i.signal, SIG_DFL);
        std::raise(i.signal);
        return 128 + i.signal;
    }
}

}  // namespace daybook::command
