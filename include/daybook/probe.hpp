// Live probes of isolation: what an application's role really can see and change, tried out and rolled back.
//
// The checks of isolation.hpp read definitions; these try. For each table, in one transaction that never commits, a row is
// written for each of two organizations, and then everything is tried that must not work. Docs: docs/probes.md.

#ifndef DAYBOOK_PROBE_HPP
#define DAYBOOK_PROBE_HPP

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/isolation.hpp>

namespace daybook {

/// `not_checked` is never as good as `held`: nobody knows. `not_applicable`: there is nothing to try it on, since the role may write no
/// row into the table and no organization that has some was named, or, for a new connection, since no committed row is known to be there.
enum class probe_outcome { held, broken, not_checked, not_applicable };

/// "held", "broken", "not_checked" or "not_applicable".
[[nodiscard]] DAYBOOK_EXPORT std::string_view to_string(probe_outcome outcome) noexcept;

/// One probe of one table.
struct probe_result {
    std::string table;     ///< as tenant_table names it
    std::string probe;     ///< its name, which never changes its meaning: see isolation_probes()
    std::string expected;  ///< in words
    std::string observed;  ///< in words, with the SQLSTATE if there was one; of not_checked, why, and what to do
    probe_outcome outcome = probe_outcome::not_checked;

    friend bool operator==(const probe_result&, const probe_result&) = default;
};

/// How to make a row of a table that guessing does not make.
struct canary_recipe {
    std::string table;     ///< whose row it is, with its schema, as in tenant_table
    std::string into{};    ///< the table that is written to: another one if a trigger there writes the row; empty: `table`
    std::string values{};  ///< a JSON object: columns of `into` and their values; the other columns are guessed
};

struct probe_options {
    /// What the setting gets, `{}` being the organization; `{"sub":"{}"}` for one that holds JSON. Where `"{}"` occurs, that
    /// is the place, and the organization is written there as JSON writes it.
    std::string setting_value = "{}";

    /// Two organizations that exist, as the tenant column spells them. Default: two that are made up, which serves unless
    /// the tenant column refers to a table that the role may not write to.
    std::optional<std::pair<std::string, std::string>> organizations{};

    /// Other settings that a transaction of the application has, `role` among them: {name, value}.
    std::vector<std::pair<std::string, std::string>> settings{};

    std::vector<canary_recipe> recipes{};  ///< for tables whose rows cannot be guessed
    std::chrono::milliseconds lock_timeout{1000};
    std::chrono::milliseconds statement_timeout{10000};
};

/// Every probe, in the order of the results: its name, and what is expected.
struct probe_description {
    std::string_view name;
    std::string_view expected;
};
[[nodiscard]] DAYBOOK_EXPORT std::span<const probe_description> isolation_probes() noexcept;

/// Probes `tables` as the role of `app_url`: one result for each table and probe, those named append_only for append-only
/// tables only. Nothing is committed. Sequences advance, and the host's triggers run, as for any statement. Rows that were
/// there are read and never changed; TRUNCATE is not tried. Throws error (cannot_connect; connection_lost; wrong_usage or
/// invalid_json if an option cannot be used).
[[nodiscard]] DAYBOOK_EXPORT std::vector<probe_result> probe_isolation(const std::string& app_url,
                                                                       std::span<const tenant_table> tables,
                                                                       const probe_options& options = {});

}  // namespace daybook

#endif
