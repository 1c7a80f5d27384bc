// Anything at all, given to the JSON reader and to everything that reads events: refused with an error of ours, or
// accepted, and then it means the same after it was written and read again.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <daybook/error.hpp>
#include <daybook/event.hpp>
#include <daybook/json.hpp>

using namespace daybook;

namespace {

void require(bool holds, const char* promise)
{
    if (!holds) {
        std::fprintf(stderr, "broken promise: %s\n", promise);
        std::abort();
    }
}

// Refusing is right, whatever the reason; any other exception ends the process.
template <typename Work>
bool accepted(Work&& work)
{
    try {
        work();
        return true;
    } catch (const error&) {
        return false;
    }
}

void check_string(std::string_view raw)
{
    const std::string text = json_text(raw);
    require(accepted([&] { check_text(text, "text"); }), "what a string says is text");
    std::string written;
    append_json_string(written, text);
    require(accepted([&] { check_json(written, "text"); }), "a text is written as JSON");
    require(json_text(written) == text, "a text comes back from its JSON");
}

void check_reader(std::string_view text)
{
    json_reader reader{text};
    std::size_t end_of_last = 0;
    for (;;) {
        const json_token token = reader.next();
        require(reader.position() <= text.size(), "the position is inside the text");
        if (token == json_token::end || token == json_token::invalid) {
            require(reader.next() == token, "the last token stays the last");
            require((token == json_token::invalid) == (reader.problem() != nullptr), "a problem has words");
            require(accepted([&] { check_json(text, "text"); }) == (token == json_token::end), "both ways agree");
            break;
        }
        const std::string_view raw = reader.raw();
        const auto begin = static_cast<std::size_t>(raw.data() - text.data());
        require(!raw.empty() && begin >= end_of_last, "tokens follow one another");
        end_of_last = begin + raw.size();
        require(reader.depth() >= 0 && reader.depth() <= limits::json_depth, "the depth is within the limit");
        if (token == json_token::string || token == json_token::key) {
            check_string(raw);
        }
    }

    json_reader skipping{text};
    const json_token first = skipping.next();
    if (first == json_token::object_begin || first == json_token::array_begin) {
        const std::string_view whole = skipping.skip();
        require(whole.empty() || accepted([&] { check_json(whole, "value"); }), "what is skipped is a value");
    }
}

// Line breaks between tokens are the one thing that to_json() may change.
event on_one_line(event e)
{
    if (e.metadata) {
        e.metadata = json_on_one_line(*e.metadata);
    }
    for (change& one : e.changes) {
        for (auto* const value : {&one.old_value, &one.new_value}) {
            if (*value) {
                *value = json_on_one_line(**value);
            }
        }
    }
    return e;
}

void check_reading_of_events(std::string_view text)
{
    event e;
    if (!accepted([&] {
            e = event_from_json(text);
            check_event(e);
        })) {
        return;
    }
    const std::string written = to_json(e);
    require(written.find_first_of("\r\n") == std::string::npos, "an event is one line");
    event again;
    require(accepted([&] {
                again = event_from_json(written);
                check_event(again);
            }),
            "an event that was accepted is accepted again");
    require(again == on_one_line(e), "an event comes back from its JSON");
    require(to_json(again) == written, "writing it again changes nothing");

    if (const auto json = entities_to_json(e.targets)) {
        require(entities_from_json(*json, "targets") == e.targets, "targets come back from the row");
    }
    if (const auto json = entities_to_json(e.on_behalf_of)) {
        require(entities_from_json(*json, "on_behalf_of") == e.on_behalf_of, "on_behalf_of comes back from the row");
    }
    if (const auto json = changes_to_json(e.changes)) {
        require(changes_from_json(*json) == e.changes, "changes come back from the row");
    }
    if (const auto json = facets_to_json(e.facets)) {
        require(facets_from_json(*json) == e.facets, "facets come back from the row");
    }
}

// A row may hold any JSON: it is shown, whatever it is, so none of these may throw.
void check_reading_of_rows(std::string_view text)
{
    static_cast<void>(entities_from_json(text, "targets"));
    static_cast<void>(changes_from_json(text));
    static_cast<void>(facets_from_json(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_reader(text);
    check_reading_of_events(text);
    check_reading_of_rows(text);
    return 0;
}
