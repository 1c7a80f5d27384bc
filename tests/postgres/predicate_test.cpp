#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "predicate.hpp"

using namespace daybook::detail;

namespace {

const std::vector<table_column> columns{{"organization_id", true}, {"user_id", false}, {"public", false}, {"project_id", true}, {"Odd Name", false}};

predicate_facts read(const std::string& sql)
{
    return read_predicate(sql, "invoices", columns);
}

// The columns that are bound, with what they are cast to, and a * behind those that a sub-query binds.
std::string bound(const std::string& sql)
{
    std::string text;
    for (const bound_column& b : read(sql).bound) {
        text += (text.empty() ? "" : " ") + b.column + (b.cast.empty() ? "" : "::" + b.cast) + "=" + b.source + (b.by_subquery ? "*" : "");
    }
    return text;
}

}  // namespace

TEST_CASE("the tenant column is bound by a comparison with what the session says")
{
    CHECK(bound("(organization_id = ( SELECT (NULLIF(current_setting('app.org_id'::text, true), ''::text))::uuid AS \"nullif\"))") ==
          "organization_id=app.org_id");
    CHECK(bound("(organization_id = (current_setting('app.org_id'::text))::uuid)") == "organization_id=app.org_id");
    CHECK(bound("((current_setting('app.org_id'::text))::uuid = organization_id)") == "organization_id=app.org_id");
    CHECK(bound("((organization_id)::text = current_setting('app.org_id'::text, true))") == "organization_id::text=app.org_id");
    CHECK(bound("((organization_id)::character varying = current_setting('app.org_id'::text, true))") ==
          "organization_id::character varying=app.org_id");
    CHECK(bound("(user_id = auth.uid())") == "user_id=auth.uid");
    CHECK(bound("(( SELECT auth.uid() AS uid) = user_id)") == "user_id=auth.uid");
    CHECK(bound("((user_id)::text = ((auth.jwt() ->> 'sub'::text)))") == "user_id::text=auth.jwt");
    CHECK(bound("(\"Odd Name\" = (CURRENT_USER)::text)") == "Odd Name=current_user");
    CHECK(bound("(NOT (organization_id IS DISTINCT FROM (current_setting('a.b'::text, true))::uuid))") == "organization_id=a.b");
    CHECK(bound("((organization_id = app.tenant()) AND (NOT public))") == "organization_id=app.tenant");
    CHECK(bound("(((organization_id = app.tenant()) AND public) OR ((organization_id = app.tenant()) AND (user_id = auth.uid())))") ==
          "organization_id=app.tenant");
    CHECK(bound("((organization_id = app.tenant()) OR false)") == "organization_id=app.tenant");
    CHECK(bound("((organization_id = app.tenant()) AND true)") == "organization_id=app.tenant");
    CHECK(bound("(organization_id = ANY ((string_to_array(NULLIF(current_setting('a.b'::text, true), ''::text), ','::text))::uuid[]))") ==
          "organization_id=a.b");
}

TEST_CASE("a way through that does not compare the column leaves it free")
{
    CHECK(bound("((organization_id = app.tenant()) OR public)").empty());
    CHECK(bound("((organization_id = app.tenant()) OR (user_id = auth.uid()))").empty());
    CHECK(bound("((current_setting('app.org_id'::text, true) IS NULL) OR (organization_id = app.tenant()))").empty());
    CHECK(bound("(organization_id = COALESCE((current_setting('app.org_id'::text, true))::uuid, organization_id))").empty());
    CHECK(bound("(organization_id <> app.tenant())").empty());
    CHECK(bound("(NOT (organization_id = app.tenant()))").empty());
    CHECK(bound("(organization_id > app.tenant())").empty());
    CHECK(bound("(organization_id = '11111111-1111-4111-8111-111111111111'::uuid)").empty());
    CHECK(bound("(organization_id = user_id)").empty());
    CHECK(bound("(auth.role() = 'authenticated'::text)").empty());
    CHECK(bound("(organization_id OPERATOR(evil.=) app.tenant())").empty());
    CHECK(bound("(organization_id = app.tenant(user_id))").empty());
    CHECK(bound("CASE WHEN public THEN true ELSE (organization_id = app.tenant()) END").empty());
    CHECK(bound("((organization_id = app.tenant()) IS NOT TRUE)").empty());
    CHECK(bound("((organization_id = app.tenant()) = false)").empty());
    CHECK(bound("((organization_id = app.tenant()) IS FALSE)").empty());
    CHECK(bound("((organization_id = app.tenant()) IS NULL)").empty());
    CHECK(bound("(organization_id = ALL ((string_to_array(current_setting('a.b'::text, true), ','::text))::uuid[]))").empty());
    CHECK(bound("((organization_id)::boolean = (current_setting('a.b'::text, true))::boolean)").empty());
    CHECK(bound("(((organization_id)::character varying(3))::text = current_setting('a.b'::text, true))").empty());
    CHECK(bound("(organization_id = ( SELECT COALESCE(app.tenant(), invoices.organization_id) AS \"coalesce\" FROM public.members m))").empty());
    CHECK(bound("(EXISTS ( SELECT count(*) AS count FROM public.members m WHERE ((m.organization_id = invoices.organization_id) AND (m.user_id = auth.uid()))))").empty());
    CHECK(bound("(EXISTS ( SELECT 1 FROM public.members m WHERE ((m.organization_id = invoices.organization_id) AND (m.user_id = auth.uid())) UNION SELECT 1))").empty());
    CHECK(bound("(organization_id <> ALL (ARRAY[app.tenant()]))").empty());
    CHECK(bound("(organization_id NOT IN ( SELECT m.organization_id FROM public.members m WHERE (m.user_id = auth.uid())))").empty());
}

TEST_CASE("memberships bind a column to several organizations at once")
{
    CHECK(bound("(organization_id IN ( SELECT m.organization_id FROM public.members m WHERE (m.user_id = auth.uid())))") ==
          "organization_id=auth.uid*");
    CHECK(bound("(organization_id = ANY (app.my_organizations()))") == "organization_id=app.my_organizations*");
    CHECK(bound("(EXISTS ( SELECT 1 FROM public.members m WHERE ((m.organization_id = invoices.organization_id) AND (m.user_id = auth.uid()))))") ==
          "organization_id=auth.uid*");
    CHECK(bound("(EXISTS ( SELECT 1 FROM public.members m WHERE ((m.organization_id = invoices.organization_id) OR (m.user_id = auth.uid()))))").empty());
    CHECK(bound("(NOT (EXISTS ( SELECT 1 FROM public.members m WHERE (m.organization_id = invoices.organization_id) AND (m.user_id = auth.uid()))))").empty());
    CHECK(bound("(EXISTS ( SELECT 1 FROM public.members m WHERE (m.user_id = auth.uid())))").empty());
    CHECK(bound("(EXISTS ( SELECT 1 FROM public.members m WHERE ((m.organization_id = invoices.organization_id) AND (m.user_id = auth.uid())) LIMIT 1))") ==
          "organization_id=auth.uid*");
    CHECK(bound("app.is_member(organization_id)") == "organization_id=app.is_member*");
    CHECK(bound("((organization_id = app.tenant()) OR app.is_member(organization_id))") == "organization_id=app.tenant*");
    CHECK(bound("(app.is_member(organization_id) OR (organization_id = app.tenant()))") == "organization_id=app.is_member*");
    CHECK(bound("(app.has_role(organization_id, 'owner'::text) = true)") == "organization_id=app.has_role*");
    CHECK(bound("(app.has_role(organization_id) = false)").empty());
    CHECK(read("(EXISTS ( SELECT 1 FROM public.members m WHERE (m.user_id = auth.uid())))").reads_tables);
    CHECK_FALSE(read("(organization_id = ( SELECT auth.uid() AS uid))").reads_tables);
    CHECK_FALSE(read("(organization_id IS DISTINCT FROM auth.uid())").reads_tables);
}

TEST_CASE("columns that only some branch compares are mentioned")
{
    CHECK(read("((organization_id = app.tenant()) OR public)").mentioned == std::vector<std::string>{"organization_id"});
    CHECK(read("((organization_id = app.tenant()) OR true)").mentioned == std::vector<std::string>{"organization_id"});
    CHECK(read("public").mentioned.empty());
}

TEST_CASE("what is true of every row is recognized")
{
    for (const char* sql : {"true", "(1 = 1)", "((1)::bigint = 1)", "('a'::text = 'a'::text)", "((organization_id = app.tenant()) OR true)",
                            "(NOT false)", "(1 < 2)", "(organization_id = organization_id)", "(organization_id IS NOT NULL)", "( SELECT true AS bool)",
                            "((1 = 1) AND (NOT (1 = 2)))", "((true))", "('x'::text <> 'y'::text)", "((1 = 1) IS TRUE)", "(NOT (organization_id IS NULL))"}) {
        INFO(sql);
        CHECK(read(sql).always_true);
    }
    for (const char* sql : {"false", "(1 = 2)", "public", "(user_id IS NOT NULL)", "(organization_id = app.tenant())", "(true AND public)", "(2 < 1)",
                            "(auth.role() = 'authenticated'::text)", "", "NULL::boolean", "(NOT true)", "('10'::text = '10.0'::text)"}) {
        INFO(sql);
        CHECK_FALSE(read(sql).always_true);
    }
}

TEST_CASE("how a setting is read is seen, in policies and in functions")
{
    const auto one = [](const std::string& source) {
        const std::vector<setting_use> uses = settings_in(source);
        REQUIRE(uses.size() == 1);
        return uses[0].name + (uses[0].missing_ok ? " missing_ok" : "") + (uses[0].fails_when_empty ? " fails" : "");
    };
    CHECK(one("(organization_id = (NULLIF(current_setting('app.org_id'::text, true), ''::text))::uuid)") == "app.org_id missing_ok");
    CHECK(one("(organization_id = (current_setting('app.org_id'::text, true))::uuid)") == "app.org_id missing_ok fails");
    CHECK(one("(organization_id = (current_setting('app.org_id'::text))::uuid)") == "app.org_id fails");
    CHECK(one("((organization_id)::text = current_setting('app.org_id'::text, true))") == "app.org_id missing_ok");
    CHECK(one("begin return nullif(current_setting('a.b', true), '')::uuid; end") == "a.b missing_ok");
    CHECK(one("select current_setting('a.b', true)::uuid -- nullif(") == "a.b missing_ok fails");
    CHECK(one("select cast(current_setting('a.b', true) as bigint)") == "a.b missing_ok fails");
    CHECK(one("select case when current_setting('a.b', true) = '' then null end") == "a.b missing_ok");
    CHECK(one("select pg_catalog.current_setting('a.b', false)") == "a.b");
    CHECK(one("select current_setting('a.b', 't')") == "a.b missing_ok");
    CHECK(one("declare v uuid := current_setting('a.b', true); begin") == "a.b missing_ok fails");
    CHECK(one("declare v bigint default current_setting('a.b', true); begin") == "a.b missing_ok fails");
    CHECK(one("declare v text := current_setting('a.b', true); begin") == "a.b missing_ok");
    CHECK(one("declare v uuid := nullif(current_setting('a.b', true), ''); begin") == "a.b missing_ok");
    CHECK(one("begin return current_setting('a.b')::uuid; exception when others then return null; end") == "a.b missing_ok");
    CHECK(one("begin return current_setting('a.b')::uuid; exception when no_data_found then return null; end") == "a.b fails");
    CHECK(settings_in("select 'current_setting(''a.b'')'").empty());
    CHECK(settings_in("select mine.current_setting('a.b')").empty());
}

TEST_CASE("whatever the text is, it is read without harm")
{
    for (const std::string& sql : {std::string(100'000, '('), std::string(100'000, ')'), std::string{"'"}, std::string{"\""}, std::string{"/*"}, std::string{"--"},
                                   std::string{"a."}, std::string{"::"}, std::string{"(x)::"}, std::string{"NOT"}, std::string{"(AND)"}, std::string{"= ="},
                                   std::string{"EXISTS ()"}, std::string{"current_setting()"}, std::string{"current_setting('x',)"}, std::string{"( SELECT )"}, std::string{"IN"}}) {
        const predicate_facts facts = read(sql);
        CHECK(facts.bound.empty());
        CHECK_FALSE(facts.always_true);
    }
}
