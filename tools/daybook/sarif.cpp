#include "sarif.hpp"

#include <set>
#include <string_view>

#include <daybook/json.hpp>
#include <daybook/version.hpp>

namespace daybook::command {

namespace {

std::string quoted(std::string_view text)
{
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string_view level(severity of)
{
    return of == severity::info ? "note" : to_string(of);
}

}  // namespace

std::string sarif_of(std::span<const isolation_finding> findings, std::span<const check_not_run> not_run)
{
    std::set<std::string_view> rules;
    for (const isolation_finding& f : findings) {
        rules.insert(f.check);
    }
    std::string out = "{\"version\":\"2.1.0\",\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json\","
                      "\"runs\":[{\"tool\":{\"driver\":{\"name\":\"daybook doctor\",\"version\":\"" DAYBOOK_VERSION "\",\"rules\":[";
    bool first = true;
    for (const std::string_view rule : rules) {
        out += (first ? "{\"id\":" : ",{\"id\":") + quoted(rule) + "}";
        first = false;
    }
    out += std::string{"]}},\"invocations\":[{\"executionSuccessful\":"} + (not_run.empty() ? "true" : "false") + ",\"toolExecutionNotifications\":[";
    first = true;
    for (const check_not_run& n : not_run) {
        out += (first ? "{\"level\":\"error\",\"message\":{\"text\":" : ",{\"level\":\"error\",\"message\":{\"text\":") + quoted("could not check " + n.check + ": " + n.reason) + "}}";
        first = false;
    }
    out += "]}],\"results\":[";
    first = true;
    for (const isolation_finding& f : findings) {
        out += (first ? "{\"ruleId\":" : ",{\"ruleId\":") + quoted(f.check) + ",\"level\":\"" + std::string{level(f.level)} +
               "\",\"message\":{\"text\":" + quoted(f.object + " " + f.detail) + "},\"locations\":[{\"logicalLocations\":[{\"fullyQualifiedName\":" +
               quoted(f.object) + "}]}],\"partialFingerprints\":{\"finding\":" + quoted(f.check + ":" + f.object) + "},\"properties\":{\"fix\":" + quoted(f.fix) + "}}";
        first = false;
    }
    return out + "]}]}\n";
}

}  // namespace daybook::command
