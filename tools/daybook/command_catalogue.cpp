#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include <daybook/error.hpp>

#include "context.hpp"
#include "sql_rows.hpp"
#include "text.hpp"

namespace daybook::command {

namespace {

// Examples are tried with a key of their own: nobody looks for what they hash.
constexpr const char* key_of_examples = "of examples, not a secret";

const org_id organization_of_examples = org_id::parse("ffffffff-ffff-ffff-ffff-ffffffffffff");

std::string name_of(context& c, const std::string& file)
{
    if (!file.empty()) {
        return file;
    }
    if (!c.flags.catalogue.empty()) {
        return c.flags.catalogue;
    }
    if (const auto named = environment("DAYBOOK_CATALOGUE")) {
        return *named;
    }
    throw error{error_kind::wrong_usage, "no catalogue is named", "give FILE, or set DAYBOOK_CATALOGUE"};
}

std::string joined(const std::vector<std::string>& words)
{
    std::string list;
    for (const std::string& word : words) {
        list += (list.empty() ? "" : ", ") + word;
    }
    return list;
}

cell cell_of(const std::string& text)
{
    return text.empty() ? cell{} : cell{text};
}

// What `of` says of a field, for every field, by its path.
template <typename Says>
void collect(const std::vector<field_declaration>& fields, const std::string& above, const Says& says, std::vector<std::string>& into)
{
    for (const field_declaration& field : fields) {
        if (says(field)) {
            into.push_back(above + field.name);
        }
        collect(field.fields, above + field.name + ".", says, into);
    }
}

template <typename Says>
std::vector<std::string> all_fields(const action_declaration& action, const Says& says)
{
    std::vector<std::string> result;
    collect(action.texts, "", says, result);
    collect(action.metadata, "metadata.", says, result);
    collect(action.changes, "changes.", says, result);
    return result;
}

std::vector<std::string> concealed(const action_declaration& action)
{
    std::vector<std::string> result = all_fields(action, [](const field_declaration& f) { return f.treated != treatment::keep; });
    const auto add = [&result](treatment how, const char* name) {
        if (how != treatment::keep) {
            result.emplace_back(name);
        }
    };
    add(action.actor.id, "actor.id");
    add(action.actor.name, "actor.name");
    add(action.on_behalf_of.id, "on_behalf_of.id");
    add(action.on_behalf_of.name, "on_behalf_of.name");
    add(action.targets.id, "targets.id");
    add(action.targets.name, "targets.name");
    return result;
}

cell ocsf_cell(const action_declaration& action)
{
    if (!action.ocsf) {
        return {};
    }
    std::string text{action.ocsf->event_class->name};
    if (action.ocsf->activity != nullptr) {
        text += " " + std::string{action.ocsf->activity->name};
    }
    return text;
}

// ---------------------------------------------------------------- check, show

int check(context& c, const std::string& file)
{
    const std::string name = name_of(c, file);
    const auto checked = read_catalogue(name);
    static_cast<void>(constants_header(*checked, "checked"));
    const auto count = [](std::size_t number, const std::string& thing) {
        return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
    };
    c.say(visible(name) + ": " + count(checked->actions().size(), "action") + (checked->strict() ? ", strict" : "") + ", " +
          count(checked->examples().size(), "example") + "; nothing is wrong with it");
    return 0;
}

int show(context& c, const std::string& file)
{
    const auto shown = read_catalogue(name_of(c, file));
    const auto writer = make_writer(c.format(), c.out());
    writer->begin({{"action", column_kind::text}, {"sentence", column_kind::text}, {"actor", column_kind::text},
                   {"targets", column_kind::text}, {"required", column_kind::text}, {"concealed", column_kind::text},
                   {"facets", column_kind::text}, {"retention", column_kind::text}, {"ocsf", column_kind::text}});
    for (const action_declaration& action : shown->actions()) {
        writer->add({action.name, cell_of(action.sentence), cell_of(joined(action.actor.types)),
                     cell_of(joined(action.targets.types)),
                     cell_of(joined(all_fields(action, [](const field_declaration& f) { return f.required; }))),
                     cell_of(joined(concealed(action))),
                     cell_of(joined(all_fields(action, [](const field_declaration& f) { return !f.facet.empty(); }))),
                     cell_of(action.retention),
                     ocsf_cell(action)});
    }
    writer->end();
    return 0;
}

// ---------------------------------------------------------------- test

// What refuses the example; nothing if it passes.
std::optional<std::string> refusal(const catalogue& tried, const catalogue_example& example)
{
    try {
        outgoing_event e{.organization = organization_of_examples, .content = event_from_json(example.event_json)};
        tried.apply(e);
        check_event(e.content);
        return std::nullopt;
    } catch (const error& problem) {
        return problem.what();
    }
}

std::string verdict_of(const catalogue_example& example, const std::optional<std::string>& refused)
{
    if (example.passes) {
        return refused ? "is refused, and should pass" : "ok";
    }
    if (!refused) {
        return "passes, and should be refused";
    }
    return refused->find(example.message) == std::string::npos ? "is refused for another reason than \"" + example.message + "\"" : "ok";
}

int test(context& c, const std::string& file)
{
    const std::string name = name_of(c, file);
    const auto tried = read_catalogue(name, {.hash_key = key_of_examples});
    if (tried->examples().empty()) {
        throw error{error_kind::invalid_rules, name + ": there are no examples to try",
                    R"(as in examples = { pass = { {…} }, fail = { { event = {…}, message = "…" } } })"};
    }
    const auto writer = make_writer(c.format(), c.out());
    writer->begin({{"example", column_kind::text}, {"verdict", column_kind::text}, {"message", column_kind::text}});
    std::size_t wrong = 0;
    std::size_t passing = 0;
    std::size_t failing = 0;
    for (const catalogue_example& example : tried->examples()) {
        const std::size_t number = ++(example.passes ? passing : failing);
        const auto refused = refusal(*tried, example);
        const std::string verdict = verdict_of(example, refused);
        wrong += verdict == "ok" ? 0 : 1;
        writer->add({(example.passes ? "pass " : "fail ") + std::to_string(number), verdict, refused});
    }
    writer->end();
    c.say(std::to_string(tried->examples().size()) + " examples, " + std::to_string(wrong) + " wrong");
    return wrong == 0 ? 0 : 1;
}

// ---------------------------------------------------------------- header, hash

int header(context& c, const std::string& file, const std::string& name_space)
{
    c.out().write(constants_header(*read_catalogue(name_of(c, file)), name_space));
    return 0;
}

int hash(context& c, const std::string& value)
{
    const auto keyed = c.named_catalogue_with_key();
    if (keyed == nullptr) {
        throw error{error_kind::wrong_usage, "no catalogue is named", "give --catalogue, or set DAYBOOK_CATALOGUE"};
    }
    std::string text = query_text(value);
    if (value == "-" && text.ends_with('\n')) {
        text.pop_back();
    }
    c.out().line(keyed->hash_of(c.tenant().id, text));
    return 0;
}

}  // namespace

void add_catalogue(CLI::App& app, context& c, action& chosen)
{
    struct options {
        std::string file;
        std::string name_space = "audit";
        std::string value;
    };
    auto o = std::make_shared<options>();
    CLI::App* const command =
        app.add_subcommand("catalogue", "What events must look like: check, show, test, header, hash");
    command->require_subcommand(1);
    const auto add = [&](const char* name, const char* about, auto&& work) {
        CLI::App* const one = command->add_subcommand(name, about);
        one->add_option("FILE", o->file, "The catalogue; default --catalogue, DAYBOOK_CATALOGUE");
        one->callback([&c, &chosen, o, work] { chosen = [&c, o, work] { return work(c, *o); }; });
        return one;
    };
    add("check", "Look at the file, without a database", [](context& with, const options& of) { return check(with, of.file); });
    add("show", "Its actions, and what is declared of them", [](context& with, const options& of) { return show(with, of.file); });
    add("test", "Try the events in the file that must pass or fail", [](context& with, const options& of) { return test(with, of.file); });
    CLI::App* const constants = add("header", "A C++ header with a constant for each action and facet",
                                    [](context& with, const options& of) { return header(with, of.file, of.name_space); });
    constants->add_option("--namespace", o->name_space, "Of the constants, as in acme::audit")->capture_default_str();
    CLI::App* const hashing = command->add_subcommand("hash", "What stands in the log instead of VALUE, to find it by");
    hashing->add_option("VALUE", o->value, "As the event would have it; - reads standard input")->required();
    hashing->callback([&c, &chosen, o] { chosen = [&c, o] { return hash(c, o->value); }; });
}

}  // namespace daybook::command
