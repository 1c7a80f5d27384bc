// Real logs, imported and asked what an investigator would ask: the answers were computed by another program.

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>
#include <daybook/digest.hpp>
#include <daybook/json.hpp>

#include "answer_sets.hpp"
#include "program.hpp"
#include "shared_data.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

struct counts {
    long written = 0;
    long already_there = 0;
    long refused = 0;

    friend bool operator==(const counts&, const counts&) = default;
};

finished import(const environment& urls, const answer_set& set)
{
    std::vector<std::string> arguments{"import", "--map", set.mapping, "--create-tenants", "-o", "json"};
    for (const char* const file : set.files) {
        arguments.push_back(events_file(file));
    }
    return run_daybook(arguments, urls);
}

counts counts_of(const finished& imported)
{
    INFO(imported.err);
    REQUIRE(imported.status == 0);
    const json said = json::parse(imported.out);
    return {said.at("written"), said.at("already_there"), said.at("refused")};
}

// All sets in one database, imported twice. The tests only read it, and share it: it takes a while to make.
class imported_log {
public:
    static const imported_log& get()
    {
        static const imported_log one;
        return one;
    }

    [[nodiscard]] finished run(const std::vector<std::string>& arguments) const
    {
        return run_daybook(arguments, m_urls);
    }

    [[nodiscard]] const finished& first_import(const answer_set& set) const { return m_first.at(set.name); }
    [[nodiscard]] const finished& second_import(const answer_set& set) const { return m_second.at(set.name); }
    [[nodiscard]] std::string app_url() const { return m_database.app_url(); }

private:
    imported_log()
    {
        for (auto* const imports : {&m_first, &m_second}) {
            for (const answer_set& set : answer_sets()) {
                (*imports)[set.name] = import(m_urls, set);
            }
        }
        m_database.as_superuser("analyze");
    }

    temporary_database m_database;
    environment m_urls{{"DATABASE_URL", m_database.app_url()},
                       {"DATABASE_URL_OWNER", m_database.owner_url()},
                       {"DATABASE_URL_AUDITOR", m_database.auditor_url()},
                       {"DATABASE_URL_READER", m_database.reader_url()}};
    std::map<std::string, finished> m_first;
    std::map<std::string, finished> m_second;
};

std::vector<std::string> lines_of(const answer_set& set)
{
    std::vector<std::string> lines;
    for (const char* const file : set.files) {
        std::ranges::move(event_lines(file), std::back_inserter(lines));
    }
    return lines;
}

// Each row as a list, in the order of the columns.
std::vector<json> rows_of(const finished& asked)
{
    INFO(asked.err);
    REQUIRE(asked.status == 0);
    std::vector<json> rows;
    for (const json& row : json::parse(asked.out)) {
        json values = json::array();
        for (const auto& column : row.items()) {
            values.push_back(column.value());
        }
        rows.push_back(std::move(values));
    }
    return rows;
}

// The log has a line that was delivered twice once.
const json& answer_to(const json& question)
{
    return question.contains("answer_distinct") ? question.at("answer_distinct") : question.at("answer");
}

std::string joined(const std::vector<std::string>& lines)
{
    std::string text;
    for (const std::string& line : lines) {
        text += (text.empty() ? "" : "\n") + line;
    }
    return text;
}

void check_keys(std::vector<std::string> keys, const json& answer)
{
    std::ranges::sort(keys);
    CHECK(keys.size() == answer.at("count").get<std::size_t>());
    CHECK(json(keys) == answer.at("keys"));
    CHECK(hex_sha256(joined(keys)) == answer.at("keys_sha256").get<std::string>());
}

void check_answer(const std::vector<json>& rows, const json& question)
{
    const json& answer = answer_to(question);
    if (question.at("kind") == "table") {
        CHECK(json(rows) == answer.at("rows"));
        return;
    }
    std::vector<std::string> keys;
    for (const json& row : rows) {
        keys.push_back(row.at(0));
    }
    check_keys(keys, answer);
    const json first = answer.at("first");
    const json last = answer.at("last");
    REQUIRE(rows.size() >= std::max(first.size(), last.size()));
    CHECK(json(std::vector<json>(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(first.size()))) == first);
    CHECK(json(std::vector<json>(rows.end() - static_cast<std::ptrdiff_t>(last.size()), rows.end())) == last);
}

bool is_empty(const json& question)
{
    const json& answer = answer_to(question);
    return answer.contains("rows") ? answer.at("rows").empty() : answer.at("count") == 0;
}

std::vector<std::string> tenants_of(const answer_set& set)
{
    const std::string sql = "select o.key from organizations o where exists (select from events e where"
                            " e.organization_id = o.id and e.source = '" +
                            std::string{set.mapping} + "') order by 1";
    std::vector<std::string> tenants;
    for (const json& row : rows_of(imported_log::get().run({"auditor", "sql", sql, "-o", "json"}))) {
        tenants.push_back(row.at(0));
    }
    return tenants;
}

// The bytes of one member of an object, exactly as they stand there.
std::string member(const std::string& object, std::string_view name)
{
    json_reader reader{object};
    REQUIRE(reader.next() == json_token::object_begin);
    while (reader.next() == json_token::key) {
        const bool wanted = json_text(reader.raw()) == name;
        const json_token value = reader.next();
        const bool nested = value == json_token::object_begin || value == json_token::array_begin;
        const std::string_view bytes = nested ? reader.skip() : reader.raw();
        if (wanted) {
            return std::string{bytes};
        }
    }
    return {};
}

// What the command lists, newest first: each event's key.
std::vector<std::string> keys_by_command(const answer_set& set, const std::string& tenant, const plain_filter& asked)
{
    std::vector<std::string> arguments{"-t", tenant, "query", "-o", "ndjson", "-n", "10000"};
    for (const auto& [field, value] : asked.fields) {
        arguments.push_back(field + "=" + value);
    }
    if (asked.since) {
        arguments.insert(arguments.end(), {"-S", *asked.since});
    }
    if (asked.until) {
        arguments.insert(arguments.end(), {"-U", *asked.until});
    }
    const finished listed = imported_log::get().run(arguments);
    INFO(listed.err);
    REQUIRE(listed.status == 0);

    std::vector<std::string> keys;
    std::string later = "9999";
    for (const std::string& line : lines_in(listed.out)) {
        keys.push_back(key_of(set, member(line, "metadata")));
        const std::string time = member(line, "occurred_at");
        CHECK(time.substr(1) <= later);
        later = time.substr(1);
    }
    return keys;
}

// The same from the library, at once and by pages.
std::vector<std::string> keys_by_library(const answer_set& set, const std::string& tenant, const plain_filter& asked)
{
    filter wanted;
    for (const auto& [field, value] : asked.fields) {
        add_to_filter(wanted, field, value);
    }
    if (asked.since) {
        wanted.since = parse_time(*asked.since);
    }
    if (asked.until) {
        wanted.until = parse_time(*asked.until);
    }
    static pool connections{imported_log::get().app_url()};
    const org_id organization = find_organization(connections, tenant).id;

    return with_tenant(connections, organization, [&](tenant_tx& tx) {
        std::vector<std::string> keys;
        for_each_event(tx, wanted, reading_order::newest_first, [&](const stored_event& e) {
            CHECK(e.organization == organization);
            keys.push_back(key_of(set, e.metadata.value_or("")));
            return true;
        });
        std::vector<std::string> again;
        query_options options;
        options.limit = 7;
        do {
            const page one = query(tx, wanted, options);
            for (const stored_event& e : one.events) {
                again.push_back(key_of(set, e.metadata.value_or("")));
            }
            options.after = one.next;
        } while (options.after);
        CHECK(again == keys);
        return keys;
    });
}

}  // namespace

TEST_CASE("importing real logs twice writes every line once", "[command][answers]")
{
    need_shared_data();
    for (const answer_set& set : answer_sets()) {
        INFO(set.name);
        const std::vector<std::string> lines = lines_of(set);
        const std::set<std::string> distinct{lines.begin(), lines.end()};
        const auto all = static_cast<long>(lines.size());
        const auto once = static_cast<long>(distinct.size());
        const json questions = questions_about(set.name);
        CHECK(questions.at("lines") == all);
        CHECK(questions.at("distinct_lines") == once);

        CHECK(counts_of(imported_log::get().first_import(set)) == counts{once, all - once, 0});
        CHECK(counts_of(imported_log::get().second_import(set)) == counts{0, all, 0});
    }
}

TEST_CASE("every line of a real log is in ours byte for byte", "[command][answers]")
{
    need_shared_data();
    for (const answer_set& set : answer_sets()) {
        INFO(set.name);
        std::vector<std::string> digests;
        for (const std::string& line : lines_of(set)) {
            digests.push_back(hex_sha256(line));
        }
        std::ranges::sort(digests);
        digests.erase(std::unique(digests.begin(), digests.end()), digests.end());

        const std::string sql = "select encode(sha256(convert_to(metadata::text, 'UTF8')), 'hex') from events"
                                " where source = '" +
                                std::string{set.mapping} + "'";
        std::vector<std::string> stored;
        for (const json& row : rows_of(imported_log::get().run({"auditor", "sql", sql, "-o", "json"}))) {
            stored.push_back(row.at(0));
        }
        std::ranges::sort(stored);

        CHECK(stored.size() == digests.size());
        CHECK((stored == digests));  // not expanded: there are thousands
    }
}

TEST_CASE("questions across organizations have the known answers", "[command][answers]")
{
    need_shared_data();
    int asked = 0;
    for (const answer_set& set : answer_sets()) {
        const json file = questions_about(set.name);
        for (const json& question : file.at("questions")) {
            INFO(question.at("id").get<std::string>() << ": " << question.at("question").get<std::string>());
            const std::string sql = as_query_of_the_log(set, question.at("sql"));
            check_answer(rows_of(imported_log::get().run({"auditor", "sql", sql, "-o", "json"})), question);
            ++asked;
        }
    }
    CHECK(asked == 60);
}

TEST_CASE("a question about one organization has the same answer inside it", "[command][answers]")
{
    need_shared_data();
    int asked = 0;
    for (const answer_set& set : answer_sets()) {
        const std::vector<std::string> tenants = tenants_of(set);
        const json file = questions_about(set.name);
        for (const json& question : file.at("questions")) {
            INFO(question.at("id").get<std::string>() << ": " << question.at("question").get<std::string>());
            std::optional<std::string> tenant = tenant_of(question.at("sql"));
            if (!tenant && tenants.size() == 1) {
                tenant = tenants.front();
            }
            if (!tenant) {
                continue;
            }
            const std::string sql = as_query_of_the_log(set, question.at("sql"));
            const finished answer = imported_log::get().run({"-t", *tenant, "sql", sql, "-o", "json"});
            if (std::ranges::find(tenants, *tenant) == tenants.end()) {
                // No line named it, so there is no such organization.
                CHECK(answer.status == 4);
                CHECK(is_empty(question));
            } else {
                check_answer(rows_of(answer), question);
            }
            ++asked;
        }
    }
    CHECK(asked > 24);  // all of two sets that are one organization's, and many of the others
}

TEST_CASE("a question that is a filter has the same answer from the command and from the library", "[command][answers]")
{
    need_shared_data();
    int asked = 0;
    for (const answer_set& set : answer_sets()) {
        const std::vector<std::string> tenants = tenants_of(set);
        const json file = questions_about(set.name);
        for (const json& question : file.at("questions")) {
            INFO(question.at("id").get<std::string>() << ": " << question.at("question").get<std::string>());
            const std::optional<plain_filter> wanted = as_plain_filter(question.at("sql"));
            if (!wanted) {
                continue;
            }
            if (wanted->tenant && std::ranges::find(tenants, *wanted->tenant) == tenants.end()) {
                CHECK(is_empty(question));
                continue;
            }
            // A question about all organizations is one about each.
            std::vector<std::string> keys;
            for (const std::string& tenant : wanted->tenant ? std::vector{*wanted->tenant} : tenants) {
                INFO(tenant);
                const std::vector<std::string> by_command = keys_by_command(set, tenant, *wanted);
                CHECK(keys_by_library(set, tenant, *wanted) == by_command);
                keys.insert(keys.end(), by_command.begin(), by_command.end());
            }
            check_keys(keys, answer_to(question));
            ++asked;
        }
    }
    CHECK(asked >= 15);
}

TEST_CASE("whatever a line is, it is imported or refused with a reason", "[command][answers]")
{
    need_shared_data();
    const temporary_database database;
    const temporary_directory directory;
    const std::string file = events_file("panther-zoo");
    const std::string mapping = std::string{DAYBOOK_SOURCE_DIR} + "/tests/lua/panther_zoo.lua";
    const std::string rest = directory.file("refused.ndjson");
    const environment urls{{"DATABASE_URL", database.app_url()}, {"DATABASE_URL_OWNER", database.owner_url()}};

    const finished imported = run_daybook(
        {"-v", "-o", "json", "import", "--map", mapping, "--create-tenants", "--keep-going", "--refused", rest, file},
        urls);

    INFO(imported.err);
    CHECK(imported.status == 7);
    const std::vector<std::string> lines = event_lines("panther-zoo");
    const json said = json::parse(imported.out);
    CHECK(said.at("already_there") == 0);
    CHECK(said.at("written").get<std::size_t>() > lines.size() / 2);
    CHECK(said.at("written").get<std::size_t>() + said.at("refused").get<std::size_t>() == lines.size());

    // file:line: code reason
    std::vector<std::string> with_reason;
    for (const std::string& line : lines_in(imported.err)) {
        static const std::regex refusal{R"(:(\d+): D\d{4} \S.*$)"};
        std::smatch parts;
        if (line.starts_with(file) && std::regex_search(line, parts, refusal)) {
            with_reason.push_back(lines.at(std::stoul(parts[1]) - 1));
        }
    }
    std::vector<std::string> refused = lines_in(bytes_of(rest));
    CHECK(said.at("refused") == refused.size());
    std::ranges::sort(with_reason);
    std::ranges::sort(refused);
    CHECK((with_reason == refused));
}
