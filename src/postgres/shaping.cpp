#include "shaping.hpp"

#include <daybook/error.hpp>

#include "attempt.hpp"

namespace daybook::detail {

namespace {

// What may be said of an event that must not be written: who tried what on what. Written once, however often it is tried.
outgoing_event denial_of(const event_rules& rules, const org_id& organization, const event& refused, const std::string& reason)
{
    outgoing_event result{.organization = organization, .content = {}};
    event& e = result.content;
    if (refused.id) {
        e.id = event_id::derive(refused.id->time(), "refused:" + to_string(*refused.id));
    } else {
        e.occurred_at = refused.occurred_at;
    }
    e.action = refused.action;
    e.outcome = outcome::denied;
    e.actor = {.type = refused.actor.type, .id = refused.actor.id};
    for (const entity& one : refused.on_behalf_of) {
        e.on_behalf_of.push_back({.type = one.type, .id = one.id});
    }
    for (const entity& one : refused.targets) {
        e.targets.push_back({.type = one.type, .id = one.id});
    }
    e.reason = reason;
    e.source_ip = refused.source_ip;
    e.request_id = refused.request_id;
    e.correlation_id = refused.correlation_id;
    e.trace_id = refused.trace_id;
    e.source = refused.source;
    rules.conceal(result);
    try {
        check_event(e);
    } catch (const error&) {
        // Whoever made the event could keep its refusal out of the log by a field that is too long: who tried what remains.
        event least{.id = e.id, .occurred_at = e.occurred_at, .action = e.action, .outcome = e.outcome, .actor = e.actor, .reason = e.reason};
        e = std::move(least);
    }
    return result;
}

// Empty, or what to add to the error.
std::string record(const event_rules& rules, pool_state* from, const org_id& organization, const event& e, const std::string& reason)
{
    if (from == nullptr) {
        return "the refusal is not recorded: that takes a pool";
    }
    try {
        static_cast<void>(write_attempt(*from, denial_of(rules, organization, e, reason)));
        return {};
    } catch (const std::exception& problem) {
        return std::string{"the refusal is not recorded: "} + problem.what();
    }
}

}  // namespace

outgoing_event shape(const event_rules* rules, pool_state* from, const org_id& organization, const event& e)
{
    outgoing_event result{.organization = organization, .content = e};
    if (rules == nullptr) {
        return result;
    }
    try {
        rules->apply(result);
    } catch (const error& refusal) {
        if (refusal.kind() != error_kind::refused_event || !result.record_refusal) {
            throw;
        }
        const std::string hint = record(*rules, from, organization, e, refusal.what());
        if (hint.empty()) {
            throw;
        }
        throw error{error_kind::refused_event, refusal.what(), hint};
    }
    return result;
}

}  // namespace daybook::detail
