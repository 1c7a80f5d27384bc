#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>

#include <CLI/CLI.hpp>

#include <daybook/anchor.hpp>
#include <daybook/error.hpp>
#include <daybook/sealed_log.hpp>

#include "context.hpp"
#include "output_file.hpp"
#include "pinned.hpp"
#include "verification_report.hpp"

namespace daybook::command {

namespace {

struct checkpoint_arguments {
    std::string file;
    bool database = false;
};

signed_checkpoint newest(context& c)
{
    const auto last = with_tenant(c.connections(), c.tenant().id, [](tenant_tx& tx) { return latest_checkpoint(tx); });
    if (!last) {
        throw error{error_kind::not_sealed, "organization \"" + c.tenant().key + "\" has no checkpoint yet"};
    }
    return *last;
}

int print(context& c)
{
    c.out().write(to_string(newest(c).note));
    return 0;
}

std::vector<signed_checkpoint> kept(context& c, const checkpoint_arguments& arguments)
{
    if (arguments.database) {
        return read_pinned_in_database(c.tenant().id);
    }
    std::error_code unknown;
    return std::filesystem::exists(arguments.file, unknown) ? read_pinned(arguments.file) : std::vector<signed_checkpoint>{};
}

// The root that the stored tree has at the size of `pinned`; nothing, and a finding, if a part of the tree is not there.
std::optional<tree_hash> root_or_tell(tenant_tx& tx, const signed_checkpoint& pinned, const finding_sink& tell)
{
    try {
        return stored_root(tx, pinned.said.size);
    } catch (const error& e) {
        if (e.kind() != error_kind::invalid_proof) {
            throw;
        }
        tell({.what = verdict::leaves_missing, .organization = pinned.said.organization, .index = pinned.said.size, .detail = e.what()});
        return std::nullopt;
    }
}

// Only roots: whether the events behind them are what was sealed is for `verify`.
verification compared(context& c, const std::vector<signed_checkpoint>& pinned, const finding_sink& found)
{
    const org_id organization = c.tenant().id;
    return with_tenant(c.connections(), organization, [&](tenant_tx& tx) {
        verification result{.organization = organization};
        const auto tell = [&](const finding& one) {
            ++result.findings;
            found(one);
        };
        const auto last = latest_checkpoint(tx);
        result.size = last ? last->said.size : 0;
        for (const signed_checkpoint& one : pinned) {
            if (one.said.organization != organization) {
                tell({.what = verdict::checkpoint_foreign, .organization = organization, .found = to_string(one.note),
                      .detail = "a pinned checkpoint is of the log of " + to_string(one.said.organization)});
            } else if (one.said.size > result.size) {
                tell({.what = verdict::log_shorter, .organization = organization, .index = one.said.size, .expected = to_string(one.note),
                      .found = std::to_string(result.size), .detail = "a pinned checkpoint is larger than the log"});
            } else if (const auto root = root_or_tell(tx, one, tell); root && *root != one.said.root) {
                tell(split_view(one, last->said.size == one.said.size && last->said.root == *root ? to_string(last->note) : to_string(*root)));
            } else if (root) {
                ++result.anchors;
            }
        }
        return result;
    });
}

int compare(context& c, const checkpoint_arguments& arguments)
{
    verification_report report{c};
    const std::vector<signed_checkpoint> pinned = kept(c, arguments);
    const verification result = compared(c, pinned, report.sink());
    if (result.findings > 0) {
        return describe(error_kind::broken_seal).exit_status;
    }
    if (pinned.empty()) {
        throw error{error_kind::nothing_verified, "no checkpoint of this organization is pinned there"};
    }
    c.say(std::to_string(result.anchors) + (result.anchors == 1 ? " checkpoint agrees" : " checkpoints agree") +
          " with the stored tree; whether the events do, `daybook verify` says");
    return 0;
}

int pin(context& c, const checkpoint_arguments& arguments)
{
    const signed_checkpoint last = newest(c);
    if (arguments.file.empty() && !arguments.database) {
        c.out().write(to_string(last.note));
        return 0;
    }
    const std::vector<signed_checkpoint> before = kept(c, arguments);
    // What contradicts an earlier one is kept beside it: both are evidence.
    verification_report report{c};
    const verification result = compared(c, before, report.sink());
    const std::string note = to_string(last.note);
    if (std::ranges::none_of(before, [&note](const signed_checkpoint& one) { return to_string(one.note) == note; })) {
        if (arguments.database) {
            pin_checkpoint(anchor_url(), last);
        } else {
            std::string all;
            for (const signed_checkpoint& one : before) {
                all += to_string(one.note) + '\n';
            }
            output_file file{arguments.file};
            file.write(all + note);
            file.finish();
        }
    }
    c.say("pinned: " + std::to_string(last.said.size) + " events, sealed at " + to_string(last.said.time));
    return result.findings > 0 ? describe(error_kind::broken_seal).exit_status : 0;
}

void add_place(CLI::App* command, const std::shared_ptr<checkpoint_arguments>& arguments)
{
    CLI::Option* const file = command->add_option("FILE", arguments->file, "Pinned checkpoints, one behind the other");
    command->add_flag("--database", arguments->database, "In the database of DAYBOOK_ANCHOR_URL")->excludes(file);
}

}  // namespace

void add_checkpoint(CLI::App& app, context& c, action& chosen)
{
    auto arguments = std::make_shared<checkpoint_arguments>();
    CLI::App* const command = app.add_subcommand("checkpoint", "The newest signed checkpoint: print it, pin it elsewhere, compare");
    command->require_subcommand(0, 1);
    command->callback([command, &c, &chosen] {
        if (command->get_subcommands().empty()) {
            chosen = [&c] { return print(c); };
        }
    });
    command->add_subcommand("print", "On standard output; the same as without a word")->callback([&c, &chosen] {
        chosen = [&c] { return print(c); };
    });
    CLI::App* const to_pin = command->add_subcommand("pin", "Keep it in FILE, in another database, or on standard output, beside those pinned before");
    add_place(to_pin, arguments);
    to_pin->callback([&c, &chosen, arguments] { chosen = [&c, arguments] { return pin(c, *arguments); }; });
    CLI::App* const to_compare = command->add_subcommand("compare", "Does the stored tree agree with those that were pinned?");
    add_place(to_compare, arguments);
    to_compare->callback([to_compare, &c, &chosen, arguments] {
        if (arguments->file.empty() && !arguments->database) {
            throw CLI::ValidationError{"compare: give FILE or --database"};
        }
        chosen = [&c, arguments] { return compare(c, *arguments); };
    });
}

}  // namespace daybook::command
