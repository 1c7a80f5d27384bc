#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include <CLI/CLI.hpp>

#include <daybook/cursor.hpp>
#include <daybook/error.hpp>
#include <daybook/sealed_log.hpp>
#include <daybook/sealer.hpp>

#include "context.hpp"
#include "cursor_file.hpp"
#include "event_rows.hpp"
#include "text.hpp"
#include "until_signal.hpp"

namespace daybook::command {

namespace {

constexpr std::size_t leaves_at_once = 1000;

struct tail_arguments {
    bool follow = false;
    int interval = 500;
    std::vector<std::string> filter;
};

class tail {
public:
    tail(context& c, const tail_arguments& arguments)
        : m_context{c}, m_arguments{arguments}, m_organization{c.tenant().id}, m_wanted{c.make_filter(arguments.filter)},
          m_writer{c.format(), c.flags.fields, c.out(), c.catalogue_for_people()}
    {
    }

    int run(const until_signal& signals)
    {
        const auto kept = m_context.flags.cursor_file.empty() ? std::nullopt : read_sealed_cursor(m_context.flags.cursor_file);
        if (kept && kept->organization != m_organization) {
            throw error{error_kind::invalid_cursor, "the cursor in " + m_context.flags.cursor_file + " is of another organization"};
        }
        if (kept) {
            m_next = kept->next;
        } else if (m_context.flags.limit > 0) {
            show_newest();
        }
        show_rest(signals.token());
        if (m_arguments.follow) {
            follow(signals.token());
        }
        m_writer.end();
        m_context.out().flush();
        const seal_backlog waiting = with_tenant(m_context.connections(), m_organization, [](tenant_tx& tx) { return read_backlog(tx); });
        m_context.say(std::to_string(m_shown) + (m_shown == 1 ? " event" : " events") +
                      (waiting.events == 0 ? ""
                                           : ", and " + std::to_string(waiting.events) + " wait to be sealed, since " + friendly(*waiting.oldest)));
        return m_arguments.follow ? signals.exit_status() : 0;
    }

private:
    sealed_events read(std::uint64_t first, std::size_t leaves)
    {
        return with_tenant(m_context.connections(), m_organization,
                           [&](tenant_tx& tx) { return read_sealed(tx, first, leaves, m_wanted); });
    }

    // The last ones, found from the end backwards.
    void show_newest()
    {
        const auto last = with_tenant(m_context.connections(), m_organization, [](tenant_tx& tx) { return latest_checkpoint(tx); });
        std::vector<sealed_event> newest;
        const std::uint64_t size = last ? last->said.size : 0;
        for (std::uint64_t end = size; end > 0 && newest.size() < m_context.flags.limit;) {
            const std::uint64_t first = end - std::min<std::uint64_t>(end, leaves_at_once);
            std::vector<sealed_event> some;
            for (std::uint64_t at = first; at < end;) {
                sealed_events part = read(at, end - at);
                if (part.next == at) {
                    break;  // the tree is shorter than its checkpoint says; `verify` says so
                }
                std::ranges::copy_if(part.events, std::back_inserter(some), [end](const sealed_event& e) { return e.index < end; });
                at = part.next;
            }
            some.insert(some.end(), newest.begin(), newest.end());
            newest = std::move(some);
            end = first;
        }
        const std::size_t left_out = newest.size() - std::min(newest.size(), m_context.flags.limit);
        for (auto one = newest.begin() + static_cast<std::ptrdiff_t>(left_out); one != newest.end(); ++one) {
            show(one->event);
        }
        m_next = size;
        remember();
    }

    void show_rest(const std::stop_token& stop)
    {
        while (!stop.stop_requested()) {
            const sealed_events part = read(m_next, leaves_at_once);
            if (part.next == m_next) {
                return;
            }
            for (const sealed_event& one : part.events) {
                show(one.event);
            }
            m_next = part.next;
            remember();
        }
    }

    void follow(const std::stop_token& stop)
    {
        std::mutex mutex;
        std::condition_variable_any changed;
        bool in_trouble = false;
        while (!stop.stop_requested()) {
            {
                std::unique_lock lock{mutex};
                changed.wait_for(lock, stop, std::chrono::milliseconds{m_arguments.interval}, [] { return false; });
            }
            try {
                show_rest(stop);
                in_trouble = false;
            } catch (const error& e) {
                if (!e.retryable() && e.kind() != error_kind::cannot_connect) {
                    throw;
                }
                if (!std::exchange(in_trouble, true)) {
                    context::warn("error[" + std::string{e.code()} + "]: " + visible(e.what()) + "; trying again");
                }
            }
        }
    }

    void show(const stored_event& e)
    {
        m_writer.add(e);
        ++m_shown;
    }

    // Only behind what was handed on: at least once, never not at all.
    void remember()
    {
        m_context.out().flush();
        if (!m_context.flags.cursor_file.empty()) {
            write_sealed_cursor(m_context.flags.cursor_file, {m_organization, m_next});
        }
    }

    context& m_context;
    const tail_arguments& m_arguments;
    org_id m_organization;
    filter m_wanted;
    event_writer m_writer;
    std::uint64_t m_next = 0;
    std::uint64_t m_shown = 0;
};

}  // namespace

void add_tail(CLI::App& app, context& c, action& chosen)
{
    auto arguments = std::make_shared<tail_arguments>();
    CLI::App* const command =
        app.add_subcommand("tail", "The newest sealed events, oldest of them first; -n 0 from the beginning, -f goes on, without a gap");
    command->add_flag("-f,--follow", arguments->follow, "Go on until Ctrl-C or SIGTERM");
    command->add_option("--interval", arguments->interval, "Between two looks, in milliseconds")
        ->capture_default_str()
        ->check(CLI::Range(10, 3'600'000));
    command->add_option("FILTER", arguments->filter, "FIELD=VALUE, as for query");
    command->callback([&c, &chosen, arguments] {
        chosen = [&c, arguments] {
            if (c.flags.reverse) {
                throw error{error_kind::wrong_usage, "tail has one order, that of the seals: it takes no -r"};
            }
            const format f = c.format();
            if (arguments->follow && (f == format::json || f == format::table || f == format::markdown)) {
                if (c.flags.output != "auto") {
                    throw error{error_kind::wrong_usage, "-f writes as events come: use -o ndjson, line or csv"};
                }
                c.flags.output = "line";
            }
            const until_signal signals;
            return tail{c, *arguments}.run(signals);
        };
    });
}

}  // namespace daybook::command
