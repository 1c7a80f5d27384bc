#include <daybook/probe.hpp>

#include <algorithm>
#include <array>
#include <iterator>

#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "canary.hpp"
#include "probe_connection.hpp"
#include "table_probes.hpp"

namespace daybook {

namespace {

using namespace detail;

constexpr auto descriptions = std::to_array<probe_description>({
    {"fresh_is_nothing", "on a new connection, before anything is set: no row, and no error"},
    {"own_visible", "an organization sees its own row"},
    {"other_invisible", "an organization does not see the other's row"},
    {"one_organization_only", "SELECT without WHERE shows one organization only"},
    {"unset_is_nothing", "with the setting as it is between transactions: no row, and no error"},
    {"empty_is_nothing", "with the setting '': no row, and no error"},
    {"junk_is_refused", "with a setting that is no organization: an error, never a row"},
    {"views_show_own_only", "no view shows another organization's row"},
    {"other_insert_refused", "INSERT of a row of the other organization is refused"},
    {"unset_insert_refused", "INSERT without an organization is refused"},
    {"move_refused", "UPDATE that gives a row to the other organization is refused"},
    {"update_other_nothing", "UPDATE reaches no row of the other organization"},
    {"take_other_nothing", "UPDATE that takes a row of the other organization reaches none"},
    {"delete_other_nothing", "DELETE reaches no row of the other organization"},
    {"append_only_update_refused", "UPDATE of a row of one's own is refused with an error"},
    {"append_only_delete_refused", "DELETE of a row of one's own is refused with an error"},
    {"truncate_refused", "the role has no right to TRUNCATE"},
});

// Daybook's own: triggers write these rows when an event is written.
const std::vector<canary_recipe>& own_recipes()
{
    static const std::vector<canary_recipe> recipes{
        {"daybook.facets", "daybook.audit_logs", R"({"facets":{"canary":"canary"}})"},
        {"daybook.seal_queue", "daybook.audit_logs", {}},
    };
    return recipes;
}

void check(const probe_options& options)
{
    if (options.setting_value.find("{}") == std::string::npos) {
        throw error{error_kind::wrong_usage, "the form of the setting's value has no {} for the organization",
                    R"(as in {"sub":"{}"})"};
    }
    if (options.organizations && options.organizations->first == options.organizations->second) {
        throw error{error_kind::wrong_usage, "the two organizations to probe with are the same"};
    }
    for (const canary_recipe& recipe : options.recipes) {
        if (!parse_table_name(recipe.table) || (!recipe.into.empty() && !parse_table_name(recipe.into))) {
            throw error{error_kind::wrong_usage, recipe.table + (recipe.into.empty() ? "" : ", " + recipe.into) +
                                                     " is not the name of a table with its schema",
                        R"(as in public.invoices or public."Odd Name")"};
        }
        if (!recipe.values.empty()) {
            check_json_object(recipe.values, "the values for rows of " + recipe.table);
        }
    }
}

}  // namespace

std::string_view to_string(probe_outcome outcome) noexcept
{
    switch (outcome) {
    case probe_outcome::held: return "held";
    case probe_outcome::broken: return "broken";
    case probe_outcome::not_applicable: return "not_applicable";
    default: return "not_checked";
    }
}

std::span<const probe_description> isolation_probes() noexcept
{
    return descriptions;
}

std::vector<probe_result> probe_isolation(const std::string& app_url, std::span<const tenant_table> tables,
                                          const probe_options& options)
{
    check(options);
    probe_options all = options;
    all.recipes.insert(all.recipes.end(), own_recipes().begin(), own_recipes().end());
    // On the first, no setting is ever made.
    probe_connection fresh{app_url};
    probe_connection used{app_url};
    std::vector<probe_result> results;
    for (const tenant_table& table : tables) {
        std::vector<probe_result> of_table = table_probes{fresh, used, table, tables, all}.run();
        std::ranges::move(of_table, std::back_inserter(results));
    }
    return results;
}

}  // namespace daybook
