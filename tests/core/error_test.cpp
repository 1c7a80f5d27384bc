#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/error.hpp>

#include "expect_error.hpp"

using namespace daybook;

TEST_CASE("codes are D0 and three digits, and none is given twice", "[error]")
{
    std::set<std::string_view> codes;
    for (const error_kind_description& one : error_kinds()) {
        CAPTURE(one.code);
        CHECK(one.code.size() == 5);
        CHECK(one.code.starts_with("D0"));
        CHECK(one.code.find_first_not_of("0123456789", 1) == std::string_view::npos);
        CHECK(codes.insert(one.code).second);
    }
}

TEST_CASE("names are lower case with underscores, and none is given twice", "[error]")
{
    std::set<std::string_view> names;
    for (const error_kind_description& one : error_kinds()) {
        CAPTURE(one.name);
        CHECK_FALSE(one.name.empty());
        CHECK(one.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
        CHECK(names.insert(one.name).second);
    }
}

TEST_CASE("every kind says what happened, and what to do", "[error]")
{
    for (const error_kind_description& one : error_kinds()) {
        CAPTURE(one.name);
        CHECK_FALSE(one.summary.empty());
        CHECK_FALSE(one.explanation.empty());
        CHECK(one.summary != one.explanation);
    }
}

TEST_CASE("a summary is one sentence without a full stop", "[error]")
{
    for (const error_kind_description& one : error_kinds()) {
        CAPTURE(one.name);
        CHECK_FALSE(one.summary.ends_with('.'));
        CHECK(one.summary.find(". ") == std::string_view::npos);
        CHECK(one.summary.find('\n') == std::string_view::npos);
    }
}

TEST_CASE("an error never ends the command as if it were done", "[error]")
{
    // 1 failed, 2 wrong usage, 3 integrity or isolation, 4 refused, 5 cannot connect or check, 6 schema, 7 partial.
    for (const error_kind_description& one : error_kinds()) {
        CAPTURE(one.name);
        CHECK(one.exit_status >= 1);
        CHECK(one.exit_status <= 7);
    }
}

TEST_CASE("what scripts rely on has the exit status that is written down", "[error]")
{
    CHECK(describe(error_kind::wrong_usage).exit_status == 2);
    CHECK(describe(error_kind::unknown_field).exit_status == 2);
    CHECK(describe(error_kind::unsafe_role).exit_status == 4);
    CHECK(describe(error_kind::unknown_organization).exit_status == 4);
    CHECK(describe(error_kind::cannot_connect).exit_status == 5);
    CHECK(describe(error_kind::schema_pending).exit_status == 6);
    CHECK(describe(error_kind::schema_drifted).exit_status == 6);
}

TEST_CASE("a kind is described by its own entry", "[error]")
{
    for (const error_kind_description& one : error_kinds()) {
        CHECK(&describe(one.kind) == &one);
    }
    CHECK(describe(error_kind::invalid_id).name == "invalid_id");
    CHECK(describe(error_kind::unknown_field).name == "unknown_field");
    CHECK(describe(error_kind::internal).name == "internal");
}

TEST_CASE("the codes that are out stay with their kinds", "[error]")
{
    CHECK(describe(error_kind::invalid_id).code == "D0101");
    CHECK(describe(error_kind::invalid_cursor).code == "D0109");
    CHECK(describe(error_kind::statement_failed).code == "D0201");
    CHECK(describe(error_kind::commit_unknown).code == "D0303");
    CHECK(describe(error_kind::duplicate_event).code == "D0305");
    CHECK(describe(error_kind::unsafe_role).code == "D0403");
    CHECK(describe(error_kind::cannot_connect).code == "D0501");
    CHECK(describe(error_kind::schema_missing).code == "D0601");
    CHECK(describe(error_kind::script_failed).code == "D0701");
    CHECK(describe(error_kind::internal).code == "D0999");
}

TEST_CASE("only what may succeed the next time is retryable", "[error]")
{
    std::vector<error_kind> retryable;
    for (const error_kind_description& one : error_kinds()) {
        if (is_retryable(one.kind)) {
            retryable.push_back(one.kind);
        }
    }

    CHECK(retryable == std::vector{error_kind::commit_unknown, error_kind::transaction_conflict,
                                   error_kind::connection_lost, error_kind::pool_exhausted});
}

TEST_CASE("an error knows its kind, code and SQLSTATE", "[error]")
{
    const error e{error_kind::transaction_conflict, "lost", {}, "40001"};

    CHECK(e.kind() == error_kind::transaction_conflict);
    CHECK(e.code() == "D0307");
    CHECK(e.sqlstate() == "40001");
    CHECK(e.retryable());
}

TEST_CASE("an error that did not come from the server has no SQLSTATE", "[error]")
{
    CHECK(error{error_kind::invalid_id, "x"}.sqlstate().empty());
}

TEST_CASE("a hint follows its message", "[error]")
{
    CHECK(error{error_kind::invalid_id, "not an id", "write it so"}.what() == std::string{"not an id; write it so"});
    CHECK(error{error_kind::invalid_id, "not an id"}.what() == std::string{"not an id"});
}
