#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/log_audit.hpp>
#include <daybook/read_time.hpp>

#include "context.hpp"
#include "sql_rows.hpp"

namespace daybook::command {

namespace {

struct log_options {
    std::string json;
    std::string id;
    std::string occurred_at;
    std::string action;
    std::string outcome;
    std::string actor;
    std::string actor_name;
    std::vector<std::string> targets;
    std::string reason;
    std::string source_ip;
    std::string user_agent;
    std::string request_id;
    std::string correlation_id;
    std::string trace_id;
    std::string source;
    std::string metadata;
    std::vector<std::string> facets;
};

// type:id; an id may hold colons itself.
entity parse_reference(const std::string& text, const std::string& field)
{
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
        throw error{error_kind::wrong_usage, field + " \"" + text + "\" is not written type:id", "as in user:u1"};
    }
    return {.type = text.substr(0, colon), .id = text.substr(colon + 1)};
}

void set(std::optional<std::string>& field, const std::string& flag)
{
    if (!flag.empty()) {
        field = flag;
    }
}

event make_event(context& c, const log_options& options)
{
    event e;
    if (!options.json.empty()) {
        e = event_from_json(query_text(options.json));
    }
    if (!options.id.empty()) {
        e.id = event_id::parse(options.id);
    }
    if (!options.occurred_at.empty()) {
        e.occurred_at = read_time(c.connections(), options.occurred_at, c.time_zone());
    }
    if (!options.action.empty()) {
        e.action = options.action;
    }
    if (!options.outcome.empty()) {
        e.outcome = parse_outcome(options.outcome);
    }
    if (!options.actor.empty()) {
        e.actor = parse_reference(options.actor, "--actor");
    }
    set(e.actor.name, options.actor_name);
    for (const std::string& target : options.targets) {
        e.targets.push_back(parse_reference(target, "--target"));
    }
    set(e.reason, options.reason);
    set(e.source_ip, options.source_ip);
    set(e.user_agent, options.user_agent);
    set(e.request_id, options.request_id);
    set(e.correlation_id, options.correlation_id);
    set(e.trace_id, options.trace_id);
    set(e.source, options.source);
    set(e.metadata, options.metadata);
    for (const std::string& pair : options.facets) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos) {
            throw error{error_kind::wrong_usage, "--facet \"" + pair + "\" is not written key=value"};
        }
        e.facets.push_back({pair.substr(0, equals), pair.substr(equals + 1)});
    }
    return e;
}

int log_event(context& c, const log_options& options)
{
    c.use_rules();
    const org_id organization = c.tenant().id;
    event e = make_event(c, options);
    if (!e.id) {
        const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
        e.id = event_id::generate(e.occurred_at.value_or(now));
    }
    const write_outcome outcome = with_tenant(c.connections(), organization, [&](tenant_tx& tx) {
        const write_outcome result = log_new(tx, std::span{&e, 1}).front();
        if (result == write_outcome::conflict) {
            throw error{error_kind::event_conflict,
                        "event " + to_string(*e.id) + " is in the log already, with other content"};
        }
        return result;
    });
    const auto writer = make_writer(c.format_or(format::line), c.out());
    writer->begin({{"id", column_kind::text}, {"occurred_at", column_kind::text}, {"outcome", column_kind::text}});
    writer->add({to_string(*e.id), to_string(e.id->time()),
                 outcome == write_outcome::written ? "written" : "already there"});
    writer->end();
    return 0;
}

}  // namespace

void add_log(CLI::App& app, context& c, action& chosen)
{
    auto o = std::make_shared<log_options>();
    CLI::App* const command = app.add_subcommand("log", "Write one event");
    command->add_option("--action", o->action, "What was done, noun.verb");
    command->add_option("--actor", o->actor, "Who, as type:id");
    command->add_option("--actor-name", o->actor_name, "The actor's name");
    command->add_option("--target", o->targets, "To what, as type:id; may be repeated")->allow_extra_args(false);
    command->add_option("--outcome", o->outcome, "success, failure, denied, unknown");
    command->add_option("--reason", o->reason, "Why; required for denied");
    command->add_option("--occurred-at", o->occurred_at, "When; default now");
    command->add_option("--id", o->id, "The event's id: writing the same event again does nothing");
    command->add_option("--source-ip", o->source_ip, "From where");
    command->add_option("--user-agent", o->user_agent, "With which program");
    command->add_option("--request-id", o->request_id, "The request");
    command->add_option("--correlation-id", o->correlation_id, "What connects events");
    command->add_option("--trace-id", o->trace_id, "The trace");
    command->add_option("--source", o->source, "The reporting program");
    command->add_option("--metadata", o->metadata, "A JSON object, kept as it is");
    command->add_option("--facet", o->facets, "A searchable pair, key=value; may be repeated")->allow_extra_args(false);
    command->add_option("--json", o->json, "The event as JSON; - reads standard input. Other flags override it");
    command->callback([&c, &chosen, o] { chosen = [&c, o] { return log_event(c, *o); }; });
}

}  // namespace daybook::command
