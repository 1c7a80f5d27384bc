#include <daybook/event_rules.hpp>

namespace daybook {

void outgoing_event::add_shaper(std::string_view who)
{
    if (!shaped_by.empty()) {
        shaped_by += ' ';
    }
    shaped_by += who;
}

event_rules::~event_rules() = default;

void rule_chain::apply(outgoing_event& e) const
{
    for (const auto& rules : m_rules) {
        rules->apply(e);
    }
}

void event_rules::conceal(outgoing_event&) const {}

void rule_chain::conceal(outgoing_event& e) const
{
    for (const auto& rules : m_rules) {
        rules->conceal(e);
    }
}

}  // namespace daybook
