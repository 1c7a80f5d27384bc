#include <daybook/isolation.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "check/all.hpp"
#include "isolation/begin.hpp"
#include "isolation/columns.hpp"
#include "isolation/daybook.hpp"
#include "isolation/foreign_keys.hpp"
#include "isolation/functions.hpp"
#include "isolation/log_tables.hpp"
#include "isolation/become.hpp"
#include "isolation/named_roles.hpp"
#include "isolation/named_schemas.hpp"
#include "isolation/named_tables.hpp"
#include "isolation/owners.hpp"
#include "isolation/policies.hpp"
#include "isolation/privileged_paths.hpp"
#include "isolation/roles.hpp"
#include "isolation/server.hpp"
#include "isolation/shared_tables.hpp"
#include "libpq.hpp"
#include "predicate.hpp"
#include "sql/role_names.hpp"

namespace daybook {

namespace {

using oid = std::int64_t;
using detail::predicate_facts;
using detail::setting_use;
using detail::table_column;

// ---------------------------------------------------------------- what is there

struct table {
    oid id = 0;
    std::string name;       // quoted, with its schema
    std::string bare_name;  // as it is
    std::string kind;
    bool secured = false;
    std::vector<oid> parents;
    std::optional<oid> parent;  // of these, the one whose rows it shares, if that holds rows of organizations
    std::vector<table_column> columns;
    std::vector<std::int64_t> places;  // of the columns, as the server numbers them
    std::string tenant_column;
    std::string setting;
    bool log = false;
    bool has_policy = false;

    [[nodiscard]] std::int64_t place_of(std::string_view column) const
    {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i].name == column) {
                return places[i];
            }
        }
        return 0;
    }
};

struct policy {
    oid id = 0;
    oid on = 0;
    policy_in_force text;
    predicate_facts of_using;
    predicate_facts of_check;
};

struct policy_function {
    oid policy = 0;
    oid function = 0;
    std::string name;  // schema.function
    std::vector<setting_use> settings;
};

struct role {
    oid id = 0;
    std::string name;
};

struct survey {
    std::map<oid, table> tables;
    std::vector<policy> policies;
    std::vector<policy_function> functions;
    std::vector<role> app;             // as named, or as found
    std::vector<oid> app_and_further;  // with what they can become
    std::set<std::string> settings;
    std::int64_t version = 0;
    std::optional<oid> daybook;
    std::vector<std::string> readers;
    std::map<std::string, std::string> tasks;  // role, purpose
};

// Names of columns that say whose a row is, whatever a policy compares, without regard to capitals and underlines.
constexpr std::array organization_names{"organizationid", "organisationid", "orgid", "tenantid", "tenant"};
// Those that may mean it, where nothing else in the database does, and not as a table's own key.
constexpr std::array account_names{"accountid", "workspaceid", "companyid", "teamid"};
constexpr std::array user_names{"userid", "ownerid"};

std::string folded(std::string_view name)
{
    std::string out;
    for (const char c : name) {
        if (c != '_') {
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    return out;
}

std::string array_of(const auto& numbers)
{
    std::string text = "{";
    for (const oid one : numbers) {
        text += (text.size() > 1 ? "," : "") + std::to_string(one);
    }
    return text + "}";
}

// ---------------------------------------------------------------- reading it

class surveyor {
public:
    surveyor(PGconn* connection, const examination_options& options) : m_connection{connection}, m_options{options} {}

    survey read(examination& e)
    {
        read_server(e);
        read_tables();
        read_policies();
        choose_columns();
        read_log_tables();
        read_roles(e);
        return std::move(m_found);
    }

private:
    void read_server(examination& e)
    {
        const pq::result row = pq::execute(m_connection, embedded::isolation::server);
        e.database = row.text(0, 0);
        e.server = row.text(0, 1);
        e.role = row.text(0, 2);
        e.at = row.time(0, 3);
        m_found.version = row.integer(0, 4);
        if (!row.is_null(0, 5)) {
            read_tasks(e, row.integer(0, 5));
        }
    }

    // A schema of that name that is somebody else's says nothing of anybody's task, and is left to its owner.
    void read_tasks(examination& e, oid schema)
    {
        try {
            pq::params values;
            values.add(schema);
            const pq::result whose = pq::execute(m_connection, embedded::isolation::daybook, values);
            if (!whose.boolean(0, 1)) {
                m_not_ours = schema;
                // Who names other schemas or tables does not ask about this one.
                const bool asked = std::ranges::find(m_options.schemas, "daybook") != m_options.schemas.end();
                if (asked || (m_options.schemas.empty() && m_options.tables.empty())) {
                    e.not_run.push_back({"daybook_schema", "the schema daybook belongs to " + whose.text(0, 0) +
                                                               ", or is not what the migrations make: its owner's URL examines it, --schema leaves it out"});
                }
                return;
            }
            m_found.daybook = schema;
            e.has_daybook = true;
            const pq::result rows = pq::execute(m_connection, embedded::sql::role_names);
            for (int row = 0; row < rows.rows(); ++row) {
                m_found.tasks[rows.text(row, 1)] = rows.text(row, 0);
                if (rows.bytes(row, 0) == "reader") {
                    m_found.readers.push_back(rows.text(row, 1));
                }
            }
        } catch (const error& failed) {
            if (failed.kind() == error_kind::connection_lost) {
                throw;
            }
            pq::run(m_connection, "rollback to savepoint survey");
            e.not_run.push_back({"daybook_roles", failed.what()});
        }
    }

    std::vector<oid> named_tables(const std::vector<std::string>& names)
    {
        std::vector<oid> found;
        pq::params values;
        values.add(names);
        const pq::result rows = pq::execute(m_connection, embedded::isolation::named_tables, values);
        for (int row = 0; row < rows.rows(); ++row) {
            if (rows.is_null(row, 1)) {
                throw error{error_kind::undefined_name, "there is no table " + rows.text(row, 0),
                            "name it with its schema, as SQL does: public.invoices, \"Odd Schema\".\"Odd Table\""};
            }
            found.push_back(rows.integer(row, 1));
        }
        return found;
    }

    void read_tables()
    {
        pq::params names;
        names.add(m_options.schemas);
        const pq::result missing = pq::execute(m_connection, embedded::isolation::named_schemas, names);
        if (missing.rows() > 0) {
            throw error{error_kind::undefined_name, "there is no schema \"" + missing.text(0, 0) + "\""};
        }
        pq::params values;
        values.add_unless_empty(m_options.schemas);
        if (m_options.tables.empty()) {
            values.add_null(pq::type::text);
        } else {
            values.add(array_of(named_tables(m_options.tables)));
        }
        values.add(m_not_ours, pq::type::int8);
        const pq::result rows = pq::execute(m_connection, embedded::isolation::columns, values);
        for (int row = 0; row < rows.rows(); ++row) {
            table& t = m_found.tables[rows.integer(row, 0)];
            if (t.id == 0) {
                t.id = rows.integer(row, 0);
                t.name = rows.text(row, 1);
                t.bare_name = rows.text(row, 2);
                t.kind = rows.text(row, 3);
                t.secured = rows.boolean(row, 4);
                for (std::string parents = rows.is_null(row, 5) ? "" : rows.text(row, 5); !parents.empty();) {
                    t.parents.push_back(std::stoll(parents));
                    parents.erase(0, std::min(parents.find(','), parents.size() - 1) + 1);
                }
            }
            t.places.push_back(rows.integer(row, 6));
            t.columns.push_back({rows.text(row, 7), rows.boolean(row, 8)});
        }
    }

    [[nodiscard]] pq::params all_tables() const
    {
        std::vector<oid> ids;
        for (const auto& [id, t] : m_found.tables) {
            ids.push_back(id);
        }
        pq::params values;
        values.add(array_of(ids));
        return values;
    }

    void read_policies()
    {
        const pq::result rows = pq::execute(m_connection, embedded::isolation::policies, all_tables());
        for (int row = 0; row < rows.rows(); ++row) {
            policy p;
            p.id = rows.integer(row, 0);
            p.on = rows.integer(row, 1);
            table& t = m_found.tables.at(p.on);
            t.has_policy = true;
            p.text.table = t.name;
            p.text.name = rows.text(row, 2);
            p.text.permissive = rows.boolean(row, 3);
            p.text.command = rows.text(row, 4);
            const std::string roles = rows.text(row, 5);
            for (std::size_t at = 0; at <= roles.size();) {
                const std::size_t end = std::min(roles.find('\x1f', at), roles.size());
                p.text.roles.push_back(roles.substr(at, end - at));
                at = end + 1;
            }
            p.text.using_sql = rows.text(row, 6);
            p.text.check_sql = rows.text(row, 7);
            p.of_using = detail::read_predicate(p.text.using_sql, t.bare_name, t.columns);
            p.of_check = detail::read_predicate(p.text.check_sql, t.bare_name, t.columns);
            m_found.policies.push_back(std::move(p));
        }
        const pq::result functions = pq::execute(m_connection, embedded::isolation::functions, all_tables());
        for (int row = 0; row < functions.rows(); ++row) {
            m_found.functions.push_back({functions.integer(row, 0), functions.integer(row, 1), functions.text(row, 2),
                                         detail::settings_in(functions.bytes(row, 3))});
        }
    }

    // A source is a setting or a function that reads one.
    [[nodiscard]] std::string setting_behind(oid policy, const std::string& source) const
    {
        for (const policy_function& f : m_found.functions) {
            if (f.policy == policy && f.name == source) {
                return f.settings.empty() ? std::string{} : f.settings[0].name;
            }
        }
        // A setting's name and a function's look alike; what is a function is in the list above.
        return source == "current_user" ? std::string{} : source;
    }

    void choose_columns()
    {
        // How often each column of a table is compared with the session in every branch of a policy, and, less telling, in some branch.
        std::map<oid, std::map<std::string, int>> compared;
        std::map<oid, std::map<std::string, int>> mentioned;
        std::set<std::string> anywhere;
        for (const policy& p : m_found.policies) {
            for (const predicate_facts* facts : {&p.of_using, &p.of_check}) {
                for (const detail::bound_column& b : facts->bound) {
                    ++compared[p.on][b.column];
                    anywhere.insert(b.column);
                }
                for (const std::string& column : facts->mentioned) {
                    ++mentioned[p.on][column];
                }
            }
        }
        const bool organizations = std::ranges::any_of(m_found.tables, [](const auto& one) { return !named(one.second, organization_names).empty(); });
        for (auto& [id, t] : m_found.tables) {
            t.tenant_column = column_of(t, compared[id], mentioned[id], anywhere, organizations);
        }
        if (!m_options.tenant_column.empty() && std::ranges::none_of(m_found.tables, [this](const auto& one) {
                return one.second.place_of(m_options.tenant_column) != 0;
            })) {
            throw error{error_kind::undefined_name, "no table has a column \"" + m_options.tenant_column + "\""};
        }
        follow_foreign_keys();
        inherit_columns();
        choose_settings();
    }

    // The column of one of these names, in their order; empty if there is none.
    template <std::size_t N>
    static std::string named(const table& t, const std::array<const char*, N>& names)
    {
        for (const char* name : names) {
            for (const table_column& c : t.columns) {
                if (folded(c.name) == name) {
                    return c.name;
                }
            }
        }
        return {};
    }

    static std::string most_frequent(const std::map<std::string, int>& counts)
    {
        const auto most = std::ranges::max_element(counts, {}, [](const auto& one) { return one.second; });
        return most == counts.end() ? std::string{} : most->first;
    }

    // In the order of what is known: what was named, an organization's name, what policies compare, names that may mean it.
    [[nodiscard]] std::string column_of(const table& t, const std::map<std::string, int>& compared, const std::map<std::string, int>& mentioned,
                                        const std::set<std::string>& anywhere, bool organizations) const
    {
        if (!m_options.tenant_column.empty() && t.place_of(m_options.tenant_column) != 0) {
            return m_options.tenant_column;
        }
        if (const std::string name = named(t, organization_names); !name.empty()) {
            return name;
        }
        for (const auto* counts : {&compared, &mentioned}) {
            if (!counts->empty()) {
                return most_frequent(*counts);
            }
        }
        // `id` is compared where the table is that of the users or organizations; elsewhere it says nothing.
        for (const std::string& name : anywhere) {
            if (name != "id" && t.place_of(name) != 0) {
                return name;
            }
        }
        if (!anywhere.empty() || organizations) {
            return {};
        }
        const std::string account = named(t, account_names);
        return account.empty() ? named(t, user_names) : account;
    }

    // What a tenant column refers to is the table of the organizations, whose key is the tenant column there; if it has policies, that is. And
    // what refers to that table says whose its rows are.
    void follow_foreign_keys()
    {
        const pq::result rows = pq::execute(m_connection, embedded::isolation::foreign_keys, all_tables());
        const auto name_at = [](const table& t, std::int64_t place) {
            for (std::size_t i = 0; i < t.places.size(); ++i) {
                if (t.places[i] == place) {
                    return t.columns[i].name;
                }
            }
            return std::string{};
        };
        std::set<std::pair<oid, std::int64_t>> organizations;
        for (int row = 0; row < rows.rows(); ++row) {
            const table& from = m_found.tables.at(rows.integer(row, 0));
            table& to = m_found.tables.at(rows.integer(row, 2));
            if (from.tenant_column.empty() || from.place_of(from.tenant_column) != rows.integer(row, 1)) {
                continue;
            }
            organizations.emplace(to.id, rows.integer(row, 3));
            if (to.tenant_column.empty() && to.has_policy) {
                to.tenant_column = name_at(to, rows.integer(row, 3));
            }
        }
        for (int row = 0; row < rows.rows(); ++row) {
            table& from = m_found.tables.at(rows.integer(row, 0));
            const std::string column = name_at(from, rows.integer(row, 1));
            const bool required = std::ranges::any_of(from.columns, [&column](const table_column& c) { return c.name == column && c.not_null; });
            if (from.tenant_column.empty() && required && organizations.contains({rows.integer(row, 2), rows.integer(row, 3)})) {
                from.tenant_column = column;
            }
        }
    }

    // A partition is whose its parent is, at any depth. A parent whose rows are nobody's shares nothing.
    void inherit_columns()
    {
        bool again = true;
        while (again) {
            again = false;
            for (auto& [id, t] : m_found.tables) {
                for (const oid up : t.parents) {
                    const auto parent = m_found.tables.find(up);
                    if (t.parent || parent == m_found.tables.end() || parent->second.tenant_column.empty()) {
                        continue;
                    }
                    t.parent = up;
                    if (t.place_of(parent->second.tenant_column) != 0) {
                        t.tenant_column = parent->second.tenant_column;
                    }
                    again = true;
                }
            }
        }
    }

    void choose_settings()
    {
        std::map<std::string, int> usual;
        for (const policy& p : m_found.policies) {
            table& t = m_found.tables.at(p.on);
            for (const predicate_facts* facts : {&p.of_using, &p.of_check}) {
                for (const detail::bound_column& b : facts->bound) {
                    const std::string setting = setting_behind(p.id, b.source);
                    if (b.column != t.tenant_column || setting.empty()) {
                        continue;
                    }
                    ++usual[setting];
                    if (t.setting.empty()) {
                        t.setting = setting;
                    }
                }
            }
        }
        if (!m_options.setting.empty()) {
            m_found.settings.insert(m_options.setting);
        }
        for (const auto& [name, times] : usual) {
            m_found.settings.insert(name);
        }
        const auto most = std::ranges::max_element(usual, {}, [](const auto& one) { return one.second; });
        for (auto& [id, t] : m_found.tables) {
            if (!m_options.setting.empty()) {
                t.setting = m_options.setting;
            } else if (t.setting.empty() && most != usual.end()) {
                t.setting = most->first;
            }
            if (t.tenant_column.empty()) {
                t.setting.clear();
            }
        }
    }

    void read_log_tables()
    {
        const pq::result rows = pq::execute(m_connection, embedded::isolation::log_tables, all_tables());
        for (int row = 0; row < rows.rows(); ++row) {
            m_found.tables.at(rows.integer(row, 0)).log = true;
        }
        for (const oid id : named_tables(m_options.log_tables)) {
            const auto t = m_found.tables.find(id);
            if (t != m_found.tables.end()) {
                t->second.log = true;
            }
        }
        // What is written to a log goes into its partitions.
        for (bool again = true; again;) {
            again = false;
            for (auto& [id, t] : m_found.tables) {
                for (const oid up : t.parents) {
                    const auto parent = m_found.tables.find(up);
                    if (!t.log && parent != m_found.tables.end() && parent->second.log) {
                        t.log = true;
                        t.parent = t.parent.value_or(up);
                        again = true;
                    }
                }
            }
        }
    }

    [[nodiscard]] std::vector<oid> tenant_tables() const
    {
        std::vector<oid> ids;
        for (const auto& [id, t] : m_found.tables) {
            if (!t.tenant_column.empty() || t.log || t.has_policy) {
                ids.push_back(id);
            }
        }
        return ids;
    }

    static std::vector<role> roles_in(const pq::result& rows)
    {
        std::vector<role> found;
        for (int row = 0; row < rows.rows(); ++row) {
            found.push_back({rows.integer(row, 0), rows.text(row, 1)});
        }
        return found;
    }

    void read_roles(examination& e)
    {
        if (!m_options.app_roles.empty()) {
            pq::params values;
            values.add(m_options.app_roles);
            const pq::result rows = pq::execute(m_connection, embedded::isolation::named_roles, values);
            for (int row = 0; row < rows.rows(); ++row) {
                if (rows.is_null(row, 1)) {
                    throw error{error_kind::undefined_name, "there is no role \"" + rows.text(row, 0) + "\""};
                }
                m_found.app.push_back({rows.integer(row, 1), rows.text(row, 0)});
            }
        } else {
            find_roles();
            e.app_roles_found = true;
        }
        for (const role& r : m_found.app) {
            e.app_roles.push_back(r.name);
        }
        std::vector<oid> ids;
        for (const role& r : m_found.app) {
            ids.push_back(r.id);
        }
        pq::params values;
        values.add(array_of(ids));
        values.add(array_of(tenant_tables()));
        const pq::result rows = pq::execute(m_connection, embedded::isolation::become, values);
        for (int row = 0; row < rows.rows(); ++row) {
            m_found.app_and_further.push_back(rows.integer(row, 0));
        }
    }

    void find_roles()
    {
        std::vector<std::string> others;
        for (const auto& [name, purpose] : m_found.tasks) {
            if (purpose == "owner" || purpose == "sealer" || purpose == "auditor") {
                others.push_back(name);
            }
        }
        pq::params values;
        values.add(array_of(tenant_tables()));
        values.add_unless_empty(others);
        values.add(m_not_ours, pq::type::int8);
        m_found.app = roles_in(pq::execute(m_connection, embedded::isolation::roles, values));
        if (m_found.app.empty()) {
            // Nobody else can use the tables, so programs log in as their owner.
            pq::params tables;
            tables.add(array_of(tenant_tables()));
            m_found.app = roles_in(pq::execute(m_connection, embedded::isolation::owners, tables));
            std::erase_if(m_found.app, [this](const role& r) { return m_found.tasks.contains(r.name); });
        }
    }

    PGconn* m_connection;
    const examination_options& m_options;
    std::optional<oid> m_not_ours;  // a schema called daybook that is somebody else's
    survey m_found;
};

// ---------------------------------------------------------------- what checks are told

class json_text {
public:
    json_text& key(std::string_view name)
    {
        comma();
        append_json_string(m_text, name);
        m_text += ':';
        m_first = true;
        return *this;
    }
    json_text& open(char bracket)
    {
        comma();
        m_text += bracket;
        m_first = true;
        return *this;
    }
    json_text& close(char bracket)
    {
        m_text += bracket;
        m_first = false;
        return *this;
    }
    json_text& value(std::string_view text)
    {
        comma();
        append_json_string(m_text, text);
        return *this;
    }
    json_text& number(std::optional<std::int64_t> one) { return raw(one ? std::to_string(*one) : "null"); }
    json_text& boolean(bool one) { return raw(one ? "true" : "false"); }
    [[nodiscard]] const std::string& text() const { return m_text; }

private:
    json_text& raw(std::string_view text)
    {
        comma();
        m_text += text;
        return *this;
    }
    void comma()
    {
        if (!m_first) {
            m_text += ',';
        }
        m_first = false;
    }

    std::string m_text;
    bool m_first = true;
};

std::string scope_of(const survey& s)
{
    json_text out;
    out.open('{').key("roles").open('[');
    for (const oid id : s.app_and_further) {
        out.number(id);
    }
    out.close(']').key("logins").open('[');
    for (const role& r : s.app) {
        out.number(r.id);
    }
    out.close(']').key("relations").open('[');
    for (const auto& [id, t] : s.tables) {
        out.number(id);
    }
    out.close(']').key("settings").open('[');
    for (const std::string& name : s.settings) {
        out.value(name);
    }
    out.close(']').key("readers").open('[');
    for (const std::string& name : s.readers) {
        out.value(name);
    }
    out.close(']').key("version").number(s.version).key("daybook").number(s.daybook);
    return out.close('}').text();
}

std::string tables_of(const survey& s)
{
    json_text out;
    out.open('[');
    for (const auto& [id, t] : s.tables) {
        if (t.tenant_column.empty() && !t.log && !t.has_policy && !t.secured) {
            continue;
        }
        const std::int64_t place = t.tenant_column.empty() ? 0 : t.place_of(t.tenant_column);
        out.open('{').key("oid").number(id);
        out.key("attnum").number(place == 0 ? std::nullopt : std::optional{place});
        out.key("log").boolean(t.log).key("parent").number(t.parent).close('}');
    }
    return out.close(']').text();
}

void add_clause(json_text& out, const policy& p, const table& t, std::string_view kind, bool implicit, const predicate_facts& facts)
{
    const auto bound = std::ranges::find_if(facts.bound, [&t](const detail::bound_column& b) { return b.column == t.tenant_column; });
    const bool any = bound != facts.bound.end();
    // Where the session names the one organization, what else is asked takes rows away only.
    const bool one = std::ranges::any_of(facts.bound, [&t](const detail::bound_column& b) { return b.column == t.tenant_column && !b.by_subquery; });
    const bool several = std::ranges::any_of(facts.bound, [](const detail::bound_column& b) { return b.by_subquery; });
    out.open('{').key("policy").number(p.id).key("kind").value(kind).key("implicit").boolean(implicit);
    out.key("always").boolean(facts.always_true).key("bound").boolean(any);
    out.key("subquery").boolean(!one && (facts.reads_tables || several));
    if (any && !bound->cast.empty()) {
        out.key("cast_type").value(bound->cast);
    }
    out.close('}');
}

std::string clauses_of(const survey& s)
{
    json_text out;
    out.open('[');
    for (const policy& p : s.policies) {
        const table& t = s.tables.at(p.on);
        const bool has_using = !p.text.using_sql.empty();
        const bool has_check = !p.text.check_sql.empty();
        if (has_using) {
            add_clause(out, p, t, "using", false, p.of_using);
        }
        if (has_check) {
            add_clause(out, p, t, "check", false, p.of_check);
        } else if (has_using && (p.text.command == "all" || p.text.command == "update")) {
            add_clause(out, p, t, "check", true, p.of_using);
        }
    }
    return out.close(']').text();
}

void add_uses(json_text& out, oid policy, std::optional<oid> function, const std::vector<setting_use>& uses)
{
    for (const setting_use& u : uses) {
        out.open('{').key("policy").number(policy).key("function").number(function);
        out.key("name").value(u.name).key("missing_ok").boolean(u.missing_ok).key("fails").boolean(u.fails_when_empty).close('}');
    }
}

std::string settings_of(const survey& s)
{
    json_text out;
    out.open('[');
    for (const policy& p : s.policies) {
        add_uses(out, p.id, std::nullopt, p.of_using.settings);
        add_uses(out, p.id, std::nullopt, p.of_check.settings);
    }
    for (const policy_function& f : s.functions) {
        add_uses(out, f.policy, f.function, f.settings);
    }
    return out.close(']').text();
}

pq::params told(const survey& s)
{
    pq::params values;
    values.add(scope_of(s)).add(tables_of(s)).add(clauses_of(s)).add(settings_of(s));
    return values;
}

severity level_of(std::string_view word)
{
    return word == "error" ? severity::error : word == "warning" ? severity::warning : severity::info;
}

bool has_control_character(std::string_view text)
{
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void run_checks(PGconn* connection, const pq::params& values, examination& e)
{
    for (const auto& check : embedded::check::all) {
        try {
            const pq::result rows = pq::execute(connection, check.text.data(), values);
            for (int row = 0; row < rows.rows(); ++row) {
                isolation_finding f{std::string{check.name}, level_of(rows.bytes(row, 0)), rows.text(row, 1), rows.text(row, 2), rows.text(row, 3)};
                if (has_control_character(f.object) || has_control_character(f.detail)) {
                    // A line break in a name would end a comment of the fix, and what follows would be run.
                    f.fix = "-- not printed: a name here holds a control character";
                }
                e.findings.push_back(std::move(f));
            }
            ++e.checks;
        } catch (const error& failed) {
            if (failed.kind() == error_kind::connection_lost) {
                throw;
            }
            pq::run(connection, "rollback to savepoint survey");
            e.not_run.push_back({std::string{check.name}, failed.what()});
        }
    }
    std::ranges::sort(e.findings, [](const isolation_finding& a, const isolation_finding& b) {
        return std::tuple{-static_cast<int>(a.level), a.check, a.object, a.detail} < std::tuple{-static_cast<int>(b.level), b.check, b.object, b.detail};
    });
}

void read_paths(PGconn* connection, const pq::params& values, const survey& s, examination& e)
{
    const pq::result rows = pq::execute(connection, embedded::isolation::privileged_paths, values);
    for (int row = 0; row < rows.rows(); ++row) {
        const auto task = s.tasks.find(rows.text(row, 0));
        e.paths.push_back({rows.text(row, 0), rows.boolean(row, 1), rows.text(row, 2), rows.text(row, 3),
                           task == s.tasks.end() ? std::string{} : task->second});
    }
}

}  // namespace

std::string_view to_string(severity level) noexcept
{
    switch (level) {
    case severity::error: return "error";
    case severity::warning: return "warning";
    default: return "info";
    }
}

std::vector<std::string_view> isolation_checks()
{
    std::vector<std::string_view> names;
    for (const auto& check : embedded::check::all) {
        names.push_back(check.name);
    }
    return names;
}

examination examine_isolation(const std::string& owner_url, const examination_options& options)
{
    const pq::connection_ptr connection = pq::connect(owner_url);
    PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);  // whatever the database has to say is not ours
    pq::run(connection.get(), embedded::isolation::begin);
    examination e;
    const survey found = surveyor{connection.get(), options}.read(e);
    for (const auto& [id, t] : found.tables) {
        if (!t.tenant_column.empty() || t.log) {
            e.tables.push_back({t.name, t.tenant_column, t.setting, t.log, t.parent.has_value()});
        }
    }
    std::ranges::sort(e.tables, {}, &tenant_table::name);
    for (const policy& p : found.policies) {
        e.policies.push_back(p.text);
    }
    const pq::params values = told(found);
    run_checks(connection.get(), values, e);
    read_paths(connection.get(), values, found, e);
    const pq::result shared = pq::execute(connection.get(), embedded::isolation::shared_tables, values);
    for (int row = 0; row < shared.rows(); ++row) {
        e.shared_tables.push_back(shared.text(row, 0));
    }
    pq::run(connection.get(), "rollback");
    return e;
}

}  // namespace daybook
