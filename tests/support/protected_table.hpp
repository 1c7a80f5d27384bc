// A host's own tables, for what protects them.

#ifndef DAYBOOK_TESTS_PROTECTED_TABLE_HPP
#define DAYBOOK_TESTS_PROTECTED_TABLE_HPP

#include <string>

#include "temporary_database.hpp"

namespace daybook::testing {

/// A schema `shop` of daybook_owner's, in which daybook_app may use what it is given rights for.
struct host_database {
    temporary_database database;

    host_database()
    {
        database.as_superuser("create schema shop authorization daybook_owner; grant usage on schema shop to public");
    }

    void as_owner(const std::string& sql) const
    {
        pqxx::connection connection{database.owner_url()};
        pqxx::nontransaction{connection}.exec(sql);
    }

    /// invoices (id, ORG_ID, number): three rows of organization A's and two of B's.
    void make_invoices(const std::string& type = "uuid", const std::string& a = uuid_a, const std::string& b = uuid_b) const
    {
        as_owner("create table shop.invoices (id bigint generated always as identity primary key, org_id " + type +
                 ", number integer not null); "
                 "insert into shop.invoices (org_id, number) values "
                 "('" +
                 a + "', 1), ('" + a + "', 2), ('" + a + "', 3), ('" + b + "', 4), ('" + b +
                 "', 5); "
                 "grant select, insert, update, delete on shop.invoices to daybook_app");
    }

    /// What there is of the schema, and of what protect might leave behind: not the order of an access list.
    [[nodiscard]] std::string everything() const
    {
        return database.ask_superuser(
            "select string_agg(line, E'\\n' order by line) from ("
            "select format('table %s %s %s', c.oid::regclass, c.relrowsecurity, c.relforcerowsecurity) as line "
            "from pg_class c where c.relnamespace = 'shop'::regnamespace and c.relkind in ('r', 'p') union all "
            "select format('right %s %s %s %s', c.oid::regclass, x.grantee, x.privilege_type, x.is_grantable) "
            "from pg_class c, aclexplode(c.relacl) x "
            "where c.relnamespace = 'shop'::regnamespace and x.grantee <> c.relowner union all "
            "select format('column right %s %s %s %s', a.attrelid::regclass, a.attname, x.grantee, x.privilege_type) "
            "from pg_attribute a join pg_class c on c.oid = a.attrelid, aclexplode(a.attacl) x "
            "where c.relnamespace = 'shop'::regnamespace union all "
            "select format('column %s %s %s', a.attrelid::regclass, a.attname, a.attnotnull) "
            "from pg_attribute a join pg_class c on c.oid = a.attrelid "
            "where c.relnamespace = 'shop'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 union all "
            "select 'index ' || pg_get_indexdef(i.indexrelid) || i.indisvalid from pg_index i "
            "join pg_class c on c.oid = i.indrelid "
            "where c.relnamespace = 'shop'::regnamespace union all "
            "select format('constraint %s %s', k.conrelid::regclass, pg_get_constraintdef(k.oid)) from pg_constraint k "
            "where k.connamespace = 'shop'::regnamespace union all "
            "select format('trigger %s %s %s', g.tgrelid::regclass, pg_get_triggerdef(g.oid), g.tgenabled) "
            "from pg_trigger g "
            "join pg_class c on c.oid = g.tgrelid where c.relnamespace = 'shop'::regnamespace union all "
            "select format('policy %s', p) from pg_policies p where p.schemaname = 'shop' union all "
            "select format('function %s', f.oid::regprocedure) from pg_proc f "
            "where f.pronamespace = 'shop'::regnamespace union all "
            "select format('schema %s', n.nspname) from pg_namespace n where n.nspname !~ '^pg_(toast_)?temp') lines");
    }

    /// As the application's role, in a transaction: what `ask` answers when `setting` is app.org_id; nullopt leaves it
    /// unset.
    [[nodiscard]] std::string ask(const std::string& setting, const std::string& sql,
                                  const std::string& role = "daybook_app") const
    {
        pqxx::connection connection{database.url(role)};
        pqxx::work tx{connection};
        tx.exec("select set_config('app.org_id', $1, true)", pqxx::params{setting});
        const pqxx::result rows = tx.exec(sql);
        std::string answer = rows.empty() ? std::to_string(rows.affected_rows()) : rows[0][0].as<std::string>("");
        tx.commit();
        return answer;
    }

    /// The SQLSTATE that a statement ends with; empty if it is let through.
    [[nodiscard]] std::string refusal(const std::string& setting, const std::string& sql,
                                      const std::string& role = "daybook_app") const
    {
        try {
            static_cast<void>(ask(setting, sql, role));
            return {};
        } catch (const pqxx::insufficient_privilege&) {
            return "42501";
        } catch (const pqxx::sql_error& e) {
            return e.sqlstate();
        }
    }

    static constexpr const char* uuid_a = "00000001-0000-4000-8000-000000000000";
    static constexpr const char* uuid_b = "00000002-0000-4000-8000-000000000000";
};

}  // namespace daybook::testing

#endif
