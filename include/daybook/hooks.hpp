// Rules of a host's own, in Lua, that every event goes through before it is written.

#ifndef DAYBOOK_HOOKS_HPP
#define DAYBOOK_HOOKS_HPP

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/event_rules.hpp>
#include <daybook/export.hpp>
#include <daybook/script_limits.hpp>

namespace daybook {

/// A file of hooks, loaded. It returns a table with `rules`, a list of {name, when, apply}; docs/hooks.md has its form.
///
/// Hooks have no clock, no random numbers, no files and no network, and see tables in a fixed order: the same event gives the
/// same result. What a rule keeps in variables of its own lasts for as long as the process, and differs between threads: a
/// rule that does so is mistaken, and `daybook hooks replay` may show it.
///
/// Any thread: each event gets a Lua state for itself.
class DAYBOOK_EXPORT hooks final : public event_rules {
public:
    /// What one event may take, in all rules together.
    static constexpr script_limits usual_limits{
        .instructions = 1'000'000, .memory = 32 * 1024 * 1024, .time = std::chrono::milliseconds{1'000}};

    /// Throws error (invalid_rules), naming the place.
    explicit hooks(const std::string& file, const script_limits& limits = usual_limits);

    /// From the text of such a file; `name` is how messages call it.
    hooks(std::string_view text, const std::string& name, const script_limits& limits = usual_limits);

    ~hooks() override;
    hooks(const hooks&) = delete;
    hooks& operator=(const hooks&) = delete;

    /// Calls the rules whose `when` is the event's action, in their order. Throws error (refused_event with the hook's
    /// reason; hook_failed with the rule and the place, unless the file says on_failure = "mark": then the event stays as it
    /// was, and has the facet `hook_failed` with the rule's name).
    void apply(outgoing_event& e) const override;

    /// Only says who refused: the rules are not asked about the record of their refusal.
    void conceal(outgoing_event& e) const override;

    /// SHA-256 of the file's text: what shaped_by says of events that went through these hooks.
    [[nodiscard]] const std::string& digest() const noexcept;

    /// The names of the rules, in their order.
    [[nodiscard]] const std::vector<std::string>& rules() const noexcept;

private:
    struct state;
    std::unique_ptr<state> m_state;
};

}  // namespace daybook

#endif
