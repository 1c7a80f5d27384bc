// What every event goes through before it is written: a catalogue, hooks, a host's own rules.

#ifndef DAYBOOK_EVENT_RULES_HPP
#define DAYBOOK_EVENT_RULES_HPP

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/event.hpp>
#include <daybook/export.hpp>
#include <daybook/org_id.hpp>

namespace daybook {

/// An event on its way into the log. Rules change `content`, and say in `shaped_by` who they were.
struct outgoing_event {
    org_id organization;
    event content;

    /// Stored with the event: the digest of each set of rules that it went through, as in "catalogue:<64 hexadecimal
    /// digits>", separated by spaces.
    std::string shaped_by{};

    /// Set by a rule before it throws refused_event: the attempt is to be recorded, with the outcome `denied`, although
    /// what it belongs to is rolled back.
    bool record_refusal = false;

    void add_shaper(std::string_view who);
};

/// Rules that are asked for each event. Implementations may be called by several threads at once.
class DAYBOOK_EXPORT event_rules {
public:
    virtual ~event_rules();

    /// Changes the event, or throws error: refused_event, undeclared, hook_failed, …; it is not written then. It must give
    /// the same for the same event, since a retry writes it again: no clock, no state, no I/O.
    virtual void apply(outgoing_event& e) const = 0;

    /// For the record of a refusal, which has no metadata, changes or names: hides what is personal or secret in the rest.
    /// Must not throw for what the event lacks.
    virtual void conceal(outgoing_event& e) const;

protected:
    event_rules() = default;
    event_rules(const event_rules&) = default;
    event_rules& operator=(const event_rules&) = default;
};

/// Several, one after the other. Put a catalogue last: what a hook adds is then redacted too.
class DAYBOOK_EXPORT rule_chain final : public event_rules {
public:
    explicit rule_chain(std::vector<std::shared_ptr<const event_rules>> rules) : m_rules{std::move(rules)} {}

    void apply(outgoing_event& e) const override;
    void conceal(outgoing_event& e) const override;

private:
    std::vector<std::shared_ptr<const event_rules>> m_rules;
};

}  // namespace daybook

#endif
