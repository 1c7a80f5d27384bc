// All probes of one table: rows of two organizations, then what must not work. One object a table, one transaction.

#ifndef DAYBOOK_POSTGRES_TABLE_PROBES_HPP
#define DAYBOOK_POSTGRES_TABLE_PROBES_HPP

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/isolation.hpp>
#include <daybook/probe.hpp>

#include "canary.hpp"
#include "probe_connection.hpp"

namespace daybook::detail {

/// What the catalog says of a table, and of the role's rights there.
struct table_facts {
    table_name name;
    bool may_select = false;
    bool may_insert = false;
    bool may_update = false;
    bool may_delete = false;
    bool may_truncate = false;
    bool has_column = false;
    bool may_select_column = false;
    bool may_update_column = false;
    bool nothing_readable = false;
    bool nothing_updatable = false;
    bool nothing_deletable = false;
    bool has_rows = false;  ///< as far as the statistics know
    std::string truncate_trigger;
};

/// Where a row is: its partition, and its ctid there.
struct place_of_row {
    std::string table;
    std::string place;
};

/// One of the two organizations, and its row.
struct side {
    std::string organization;
    bool written = false;             ///< its canary is there, seen or not
    std::optional<place_of_row> row;  ///< its canary, if it sees it itself
    std::optional<row_values> given;  ///< what its canary was made with, if by an INSERT into this very table
    bool visible = false;             ///< it sees a row of its own, its canary or one that was there before
};

class table_probes {
public:
    /// On `fresh` no setting is ever made. All must outlive this.
    table_probes(probe_connection& fresh, probe_connection& used, const tenant_table& table,
                 std::span<const tenant_table> tables, const probe_options& options)
        : m_fresh{fresh}, m_connection{used}, m_table{table}, m_options{options}, m_maker{used, tables, options}
    {
    }

    /// One result for each probe, in the order of isolation_probes(). Throws error only if the connection is gone.
    std::vector<probe_result> run();

private:
    void held(std::string_view probe, const std::string& observed) { add(probe, probe_outcome::held, observed); }
    void broken(std::string_view probe, const std::string& observed) { add(probe, probe_outcome::broken, observed); }
    void unknown(std::string_view probe, const std::string& why) { add(probe, probe_outcome::not_checked, why); }
    void without_rows(std::string_view probe, const std::string& why);
    void add(std::string_view probe, probe_outcome outcome, const std::string& observed);
    void unknown_rest(const std::string& why);

    [[nodiscard]] names table_names() const;
    void prepare(probe_connection& connection);
    void belong_to(const std::string& organization);
    void use(const std::optional<std::string>& setting);
    answer ask_for(std::string_view statement, const std::string& organization);

    void make_canaries();
    std::optional<std::string> write_canary(side& one);
    [[nodiscard]] std::string why_no_canary() const;

    // probe_reading.cpp
    bool unreadable(std::string_view probe, const answer& got);
    void nothing(std::string_view probe, const answer& got, bool something_there);
    void read_fresh();
    void read_own();
    void read_other();
    void read_unset(std::string_view probe, const std::optional<std::string>& setting);
    void read_junk();
    void read_views();

    // probe_writing.cpp
    void refusal(std::string_view probe, const answer& got, const std::string& done);
    void insert_other();
    void insert_unset();
    answer insert_again(const side& whose);
    answer insert_own_again();
    std::optional<std::string> rows_of(const side& whose);
    void gift(std::string_view probe, const answer& got, const std::optional<std::string>& before,
              const std::optional<std::string>& after, const std::string& done);
    std::optional<std::string> column_to_update(const side& whose);
    answer update(const side& whose, const side& by, const std::string& column, const std::string& value,
                  const std::function<void()>& look = {});
    answer update_unchanged(const side& whose, const side& by);
    answer remove(const side& whose, const side& by);
    answer at_row(const side& whose, const side& by, std::string_view statement, const std::optional<record>& to,
                  const names& of, const std::function<void()>& look = {});
    void reaches_nothing(std::string_view probe, const answer& got, const answer& own, const std::string& done);
    bool untold(std::string_view probe, const answer& got, const answer& own);
    void change_other();
    void move_own();
    void change_log();
    void refused_aloud(std::string_view probe, const answer& got, const std::string& done);
    void truncate();

    probe_connection& m_fresh;
    probe_connection& m_connection;
    const tenant_table& m_table;
    const probe_options& m_options;
    canary_maker m_maker;
    table_facts m_facts;
    side m_own;
    side m_other;
    std::string m_no_canary;  // why there is none
    bool m_named = false;     // there are two organizations
    bool m_locked = false;
    std::vector<probe_result> m_results;
};

}  // namespace daybook::detail

#endif
