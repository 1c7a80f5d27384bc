#include <daybook/filter.hpp>

#include <algorithm>
#include <array>

#include <daybook/error.hpp>
#include <daybook/json.hpp>

namespace daybook {

namespace {

using adder = void (*)(filter&, std::string_view);

struct field {
    std::string_view name;
    adder add;
};

#define DAYBOOK_FILTER_FIELD(member)                                                   \
    field                                                                              \
    {                                                                                  \
        #member, [](filter& f, std::string_view value) { f.member.emplace_back(value); } \
    }

constexpr std::array fields{
    field{"id", [](filter& f, std::string_view value) { f.id.push_back(event_id::parse(value)); }},
    field{"action",
          [](filter& f, std::string_view value) {
              if (value.substr(0, value.size() - 1).find('*') != std::string_view::npos) {
                  throw error{error_kind::invalid_filter, "action=" + std::string{value} + " has a * before its end",
                              "a prefix is written action=invoice.*"};
              }
              f.action.emplace_back(value);
          }},
    field{"outcome",
          [](filter& f, std::string_view value) { f.outcome.emplace_back(to_string(parse_outcome(value))); }},
    DAYBOOK_FILTER_FIELD(actor),
    field{"actor_id", [](filter& f, std::string_view value) { f.actor.emplace_back(value); }},
    DAYBOOK_FILTER_FIELD(actor_type),
    DAYBOOK_FILTER_FIELD(actor_name),
    DAYBOOK_FILTER_FIELD(target),
    field{"target_id", [](filter& f, std::string_view value) { f.target.emplace_back(value); }},
    DAYBOOK_FILTER_FIELD(target_type),
    DAYBOOK_FILTER_FIELD(source_ip),
    DAYBOOK_FILTER_FIELD(request_id),
    DAYBOOK_FILTER_FIELD(correlation_id),
    DAYBOOK_FILTER_FIELD(trace_id),
    DAYBOOK_FILTER_FIELD(source),
};

#undef DAYBOOK_FILTER_FIELD

constexpr auto names = [] {
    std::array<std::string_view, fields.size()> result;
    std::transform(fields.begin(), fields.end(), result.begin(), [](const field& f) { return f.name; });
    return result;
}();

constexpr std::string_view facet_prefix = "facet.";

}  // namespace

std::span<const std::string_view> filter_fields() noexcept
{
    return names;
}

void add_to_filter(filter& f, std::string_view name, std::string_view value)
{
    check_text(value, name);
    if (value.empty()) {
        throw error{error_kind::invalid_filter, "the value of " + std::string{name} + " is empty"};
    }
    if (name.substr(0, facet_prefix.size()) == facet_prefix && name.size() > facet_prefix.size()) {
        const std::string_view key = name.substr(facet_prefix.size());
        check_text(key, "a facet's key");
        f.facets.push_back({std::string{key}, std::string{value}});
        return;
    }
    const auto* const found = std::find_if(fields.begin(), fields.end(), [name](const field& x) { return x.name == name; });
    if (found == fields.end()) {
        const std::string_view near = nearest_name(name, names);
        throw error{error_kind::unknown_field, "unknown field \"" + std::string{name.substr(0, 60)} + "\"",
                    near.empty() ? "fields are " + [] {
                        std::string all;
                        for (const std::string_view one : names) {
                            all += std::string{one} + ", ";
                        }
                        return all + "facet.KEY";
                    }() : "did you mean \"" + std::string{near} + "\"?"};
    }
    try {
        found->add(f, value);
    } catch (const error& e) {
        throw error{error_kind::invalid_filter, e.what()};
    }
}

void add_to_filter(filter& f, std::string_view assignment)
{
    const std::size_t equals = assignment.find('=');
    if (equals == std::string_view::npos || equals == 0) {
        throw error{error_kind::invalid_filter, "\"" + std::string{assignment.substr(0, 60)} + "\" is no filter",
                    "write FIELD=VALUE, as in action=invoice.*"};
    }
    add_to_filter(f, assignment.substr(0, equals), assignment.substr(equals + 1));
}

}  // namespace daybook
