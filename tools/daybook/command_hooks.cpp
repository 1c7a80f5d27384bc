#include <algorithm>
#include <array>

#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/hooks.hpp>
#include <daybook/query.hpp>

#include "context.hpp"
#include "event_rows.hpp"
#include "text.hpp"

namespace daybook::command {

namespace {

int check(context& c, const std::string& file)
{
    const hooks checked{file};
    const auto writer = make_writer(c.format(), c.out());
    writer->begin({{"rule", column_kind::text}});
    for (const std::string& name : checked.rules()) {
        writer->add({name});
    }
    writer->end();
    c.say(visible(file) + ": " + std::to_string(checked.rules().size()) + (checked.rules().size() == 1 ? " rule" : " rules") +
          ", SHA-256 " + checked.digest());
    return 0;
}

// ---------------------------------------------------------------- replay

using is_same = bool (*)(const event&, const event&);

struct compared_field {
    const char* name;
    is_same same;
};

constexpr std::array compared_fields{
    compared_field{"action", [](const event& a, const event& b) { return a.action == b.action; }},
    compared_field{"outcome", [](const event& a, const event& b) { return a.outcome == b.outcome; }},
    compared_field{"actor", [](const event& a, const event& b) { return a.actor == b.actor; }},
    compared_field{"on_behalf_of", [](const event& a, const event& b) { return a.on_behalf_of == b.on_behalf_of; }},
    compared_field{"targets", [](const event& a, const event& b) { return a.targets == b.targets; }},
    compared_field{"reason", [](const event& a, const event& b) { return a.reason == b.reason; }},
    compared_field{"changes", [](const event& a, const event& b) { return a.changes == b.changes; }},
    compared_field{"source_ip", [](const event& a, const event& b) { return a.source_ip == b.source_ip; }},
    compared_field{"user_agent", [](const event& a, const event& b) { return a.user_agent == b.user_agent; }},
    compared_field{"request_id", [](const event& a, const event& b) { return a.request_id == b.request_id; }},
    compared_field{"correlation_id", [](const event& a, const event& b) { return a.correlation_id == b.correlation_id; }},
    compared_field{"trace_id", [](const event& a, const event& b) { return a.trace_id == b.trace_id; }},
    compared_field{"source", [](const event& a, const event& b) { return a.source == b.source; }},
    compared_field{"metadata", [](const event& a, const event& b) { return a.metadata == b.metadata; }},
    compared_field{"facets", [](const event& a, const event& b) { return a.facets == b.facets; }},
};

std::string differences(const event& before, const event& after)
{
    std::string names;
    for (const compared_field& one : compared_fields) {
        if (!one.same(before, after)) {
            names += (names.empty() ? "" : ", ") + std::string{one.name};
        }
    }
    return names;
}

struct counts {
    std::size_t same = 0;
    std::size_t changed = 0;
    std::size_t refused = 0;
    std::size_t failed = 0;
};

struct replay_options {
    std::string file;
    std::vector<std::string> filter;
    bool all = false;
    std::size_t limit = SIZE_MAX;
};

class replay {
public:
    replay(context& c, const replay_options& options)
        : m_context{c}, m_all{options.all}, m_people{c.format() == format::table || c.format() == format::markdown},
          m_writer{make_writer(c.format(), c.out())}
    {
        std::vector<std::shared_ptr<const event_rules>> rules{std::make_shared<const hooks>(options.file)};
        if (auto catalogue = c.named_catalogue_with_key()) {
            rules.push_back(std::move(catalogue));
        }
        m_rules = std::make_unique<const rule_chain>(std::move(rules));
        std::vector<result_column> columns{{m_people ? "time" : "occurred_at", column_kind::text}, {"id", column_kind::text},
                                           {"action", column_kind::text},                          {"result", column_kind::text},
                                           {"fields", column_kind::text},                          {"reason", column_kind::text}};
        if (!m_people) {
            columns.push_back({"after", column_kind::json});
        }
        m_writer->begin(columns);
    }

    void add(const stored_event& stored)
    {
        const event& before = stored;
        outgoing_event after{.organization = stored.organization, .content = before};
        try {
            m_rules->apply(after);
            check_event(after.content);
        } catch (const error& e) {
            const bool refused = e.kind() == error_kind::refused_event || e.kind() == error_kind::undeclared;
            ++(refused ? m_counts.refused : m_counts.failed);
            show(stored, refused ? "refused" : "failed", {}, e.what(), {});
            return;
        }
        const std::string fields = differences(before, after.content);
        ++(fields.empty() ? m_counts.same : m_counts.changed);
        if (m_all || !fields.empty()) {
            show(stored, fields.empty() ? "same" : "changed", fields, {}, fields.empty() ? cell{} : cell{to_json(after.content)});
        }
    }

    int end()
    {
        m_writer->end();
        m_context.out().flush();
        m_context.say(std::to_string(m_counts.changed) + " would have changed, " + std::to_string(m_counts.refused) +
                      " would have been refused, " + std::to_string(m_counts.failed) + " failed, " + std::to_string(m_counts.same) +
                      " the same; nothing was written");
        return m_counts.failed == 0 ? 0 : 1;
    }

private:
    void show(const stored_event& e, const char* result, const std::string& fields, const std::string& reason, cell after)
    {
        const auto unless_empty = [](const std::string& text) { return text.empty() ? cell{} : cell{text}; };
        row values{m_people ? friendly(*e.occurred_at) : to_string(*e.occurred_at), to_string(*e.id), e.action, result,
                   unless_empty(fields), unless_empty(reason)};
        if (!m_people) {
            values.push_back(std::move(after));
        }
        m_writer->add(values);
    }

    context& m_context;
    bool m_all;
    bool m_people;
    std::unique_ptr<row_writer> m_writer;
    std::unique_ptr<const rule_chain> m_rules;
    counts m_counts;
};

int run_replay(context& c, const replay_options& options)
{
    replay over{c, options};
    const org_id organization = c.tenant().id;
    const filter wanted = c.make_filter(options.filter);
    const reading_order order = c.flags.reverse ? reading_order::oldest_first : reading_order::newest_first;
    std::optional<cursor> after;
    std::size_t left = options.limit;
    bool more = true;
    while (more && left > 0) {
        const page found = with_tenant(c.connections(), organization, [&](tenant_tx& tx) {
            return query(tx, wanted, {.limit = std::min<std::size_t>(left, 500), .order = order, .after = after});
        });
        for (const stored_event& e : found.events) {
            over.add(e);
        }
        left -= found.events.size();
        after = found.next;
        more = found.next.has_value();
    }
    return over.end();
}

}  // namespace

void add_hooks(CLI::App& app, context& c, action& chosen)
{
    auto o = std::make_shared<replay_options>();
    CLI::App* const command = app.add_subcommand("hooks", "What is asked before an event is written: check, replay");
    command->require_subcommand(1);
    CLI::App* const checking = command->add_subcommand("check", "Load a file of hooks, without a database");
    checking->add_option("FILE", o->file, "The hooks")->required();
    checking->callback([&c, &chosen, o] { chosen = [&c, o] { return check(c, o->file); }; });

    CLI::App* const replaying = command->add_subcommand(
        "replay", "Ask a file of hooks about past events of one organization: what would have changed or been refused; writes nothing");
    replaying->add_option("FILE", o->file, "The hooks")->required();
    replaying->add_option("FILTER", o->filter, "FIELD=VALUE, as for query");
    replaying->add_flag("--all", o->all, "Those that would be the same, too");
    replaying->callback([&app, &c, &chosen, o] {
        if (app.get_option("--limit")->count() > 0 && c.flags.limit > 0) {
            o->limit = c.flags.limit;
        }
        chosen = [&c, o] { return run_replay(c, *o); };
    });
}

}  // namespace daybook::command
