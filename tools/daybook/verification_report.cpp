#include "verification_report.hpp"

#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "event_rows.hpp"
#include "text.hpp"

namespace daybook::command {

namespace {

std::string many(std::uint64_t number, const std::string& what)
{
    return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

class json_object {
public:
    json_object& text(std::string_view name, std::string_view value)
    {
        key(name);
        append_json_string(m_out, value);
        return *this;
    }
    json_object& number(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
    json_object& time(std::string_view name, const std::optional<timestamp>& value)
    {
        return value ? text(name, to_string(*value)) : raw(name, "null");
    }
    json_object& raw(std::string_view name, std::string_view json)
    {
        key(name);
        m_out += json;
        return *this;
    }
    [[nodiscard]] std::string end() const { return m_out + "}"; }

private:
    void key(std::string_view name)
    {
        m_out += m_out.size() == 1 ? "\"" : ",\"";
        m_out += name;
        m_out += "\":";
    }

    std::string m_out = "{";
};

std::string json_of(const finding& one)
{
    json_object out;
    out.text("finding", to_string(one.what)).text("organization_id", to_string(one.organization));
    if (one.index) {
        out.number("index", *one.index);
    }
    if (one.event) {
        out.text("event_id", to_string(*one.event));
    }
    if (!one.expected.empty()) {
        out.text("expected", one.expected);
    }
    if (!one.found.empty()) {
        out.text("found", one.found);
    }
    return out.text("detail", one.detail).end();
}

std::string json_list(const std::vector<std::string>& values, bool quote)
{
    std::string out = "[";
    for (const std::string& one : values) {
        out += out.size() == 1 ? "" : ",";
        if (quote) {
            append_json_string(out, one);
        } else {
            out += one;
        }
    }
    return out + "]";
}

void add_coverage(json_object& out, const verification& done)
{
    out.text("organization_id", to_string(done.organization)).number("size", done.size).number("first", done.first);
    out.number("checked", done.checked).number("expired", done.expired).time("from", done.from).time("until", done.until);
    out.number("checkpoints", done.checkpoints).raw("signers", json_list(done.signers, true)).time("sealed_at", done.sealed_at);
    out.number("anchors", done.anchors).number("anchors_not_compared", done.anchors_not_compared).number("waiting", done.waiting).time("waiting_since", done.waiting_since);
}

// Several lines, such as a checkpoint, are set off.
std::string set_off(const std::string& what, const std::string& text)
{
    if (text.find('\n') == std::string::npos) {
        return ' ' + what + ' ' + visible(text);
    }
    std::string out = "\n  " + what + ':';
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        out += "\n    " + visible(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

}  // namespace

verification_report::verification_report(context& c) : m_context{c}, m_format{c.format_or(format::line)} {}

finding_sink verification_report::sink()
{
    return [this](const finding& one) { show(one); };
}

void verification_report::show(const finding& one)
{
    if (m_format == format::json) {
        m_findings.push_back(json_of(one));
        return;
    }
    if (m_format == format::ndjson) {
        m_context.out().line(json_of(one));
        return;
    }
    std::string line{to_string(one.what)};
    line += ':';
    if (one.event) {
        line += " event " + to_string(*one.event);
    }
    if (one.index) {
        line += (one.event ? ", leaf " : " at ") + std::to_string(*one.index);
    }
    line += (one.event || one.index ? ": " : " ") + visible(one.detail);
    const bool is_block = one.expected.find('\n') != std::string::npos;
    if (!one.expected.empty()) {
        line += (is_block ? "" : ";") + set_off("expected", one.expected);
    }
    if (!one.found.empty()) {
        line += (one.found.find('\n') != std::string::npos ? "" : is_block ? "\n " : ",") + set_off("found", one.found);
    }
    m_context.out().line(line);
}

int verification_report::finish(const verification& done, bool anchors_asked)
{
    if (m_format == format::json) {
        json_object out;
        add_coverage(out, done);
        m_context.out().line(out.raw("findings", json_list(m_findings, false)).end());
    } else if (m_format == format::ndjson) {
        json_object coverage;
        add_coverage(coverage, done);
        json_object out;
        m_context.out().line(out.raw("verification", coverage.number("findings", done.findings).end()).end());
    } else {
        output& out = m_context.out();
        out.line("organization   " + to_string(done.organization));
        out.line("verified       " + many(done.checked, "event") + (done.first > 0 ? " from leaf " + std::to_string(done.first) + " on" : "") + " of " +
                 std::to_string(done.size) + (done.size == 1 ? " leaf" : " leaves") +
                 (done.from ? ", " + friendly(*done.from) + " to " + friendly(*done.until) : ""));
        if (done.expired > 0) {
            out.line("expired        " + many(done.expired, "event") + " that retention took away, as sealed records say");
        }
        std::string signers;
        for (const std::string& one : done.signers) {
            signers += (signers.empty() ? ", signed by " : ", ") + visible(one);
        }
        out.line("checkpoints    " + std::to_string(done.checkpoints) + signers +
                 (done.sealed_at ? ", the last at " + friendly(*done.sealed_at) : ""));
        const std::uint64_t kept = done.anchors + done.anchors_not_compared;
        out.line("kept elsewhere " + (kept == 0 ? "no checkpoint was compared" : many(done.anchors, "checkpoint") + (done.anchors == 1 ? " agrees" : " agree")) +
                 (done.anchors_not_compared == 0 ? "" : ", " + std::to_string(done.anchors_not_compared) + " could not be compared with this evidence"));
        out.line("not sealed yet " + many(done.waiting, "event") +
                 (done.waiting_since ? ", since " + friendly(*done.waiting_since) + ": nothing is proved about them" : ""));
        out.line("result         " + (done.findings > 0 ? many(done.findings, "finding") : done.is_unchanged() ? "clean: nothing new since" : done.is_clean() ? "clean" : "nothing was verified"));
    }
    if (done.findings > 0) {
        m_context.say("keep the database, the evidence and every pinned checkpoint as they are; `daybook migrate verify` says whether "
                      "policies, triggers, views or functions were changed as well");
        return describe(error_kind::broken_seal).exit_status;
    }
    if (!done.is_clean()) {
        throw error{error_kind::nothing_verified, "there was nothing to verify: no event is sealed"};
    }
    if (anchors_asked && (done.anchors == 0 || done.anchors_not_compared > 0)) {
        throw error{error_kind::nothing_verified, "not every checkpoint that was kept elsewhere could be compared",
                    "give a file that holds some; evidence tells the root at the sizes of its own checkpoints only"};
    }
    return 0;
}

}  // namespace daybook::command
