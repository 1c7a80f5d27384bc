#include <array>
#include <cstring>

#include <arpa/inet.h>

#include <daybook/ocsf.hpp>
#include <daybook/version.hpp>

#include "append.hpp"
#include "stored_json.hpp"

namespace daybook {

namespace {

using append::optional_view;

struct activity {
    std::string_view verb;
    std::string_view name;
    int id;
};

// Actions are `noun.verb` by custom. These verbs mean what the class means by them; of any other it is not known.
constexpr std::array activities{
    activity{"create", "Create", 1},
    activity{"read", "Read", 2},
    activity{"update", "Update", 3},
    activity{"delete", "Delete", 4},
};

activity activity_of(std::string_view action)
{
    const std::string_view verb = action.substr(action.rfind('.') + 1);
    for (const activity& one : activities) {
        if (one.verb == verb) {
            return one;
        }
    }
    return {verb, action, 99};
}

struct status {
    std::string_view name;
    int id;
};

status status_of(std::string_view outcome)
{
    if (outcome == "success") {
        return {"Success", 1};
    }
    return outcome == "failure" || outcome == "denied" ? status{"Failure", 2} : status{"Unknown", 0};
}

int user_type_of(std::string_view actor_type)
{
    return actor_type == "user" ? 1 : actor_type == "system" ? 3 : actor_type == "unknown" ? 0 : 99;
}

bool is_ip_address(std::string_view text)
{
    std::array<char, INET6_ADDRSTRLEN> copy{};
    if (text.size() >= copy.size()) {
        return false;
    }
    std::memcpy(copy.data(), text.data(), text.size());
    std::array<unsigned char, 16> ignored;
    return inet_pton(AF_INET, copy.data(), ignored.data()) == 1 || inet_pton(AF_INET6, copy.data(), ignored.data()) == 1;
}

void number(std::string& out, std::string_view before, std::int64_t value)
{
    out += before;
    append::number(out, value);
}

// OCSF counts milliseconds.
void milliseconds(std::string& out, std::string_view before, timestamp time)
{
    number(out, before, std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

void append_resources(std::string& out, const optional_view& targets)
{
    std::string_view list = targets.value_or(std::string_view{});
    std::string_view before = R"(,"resources":[{)";
    stored_json::raw_entity one;
    while (stored_json::next_entity(list, one)) {
        out += before;
        // A resource needs a uid or a name: one without an id is known by what it has.
        append::raw(out, R"("uid":)", !one.id.empty() ? one.id : !one.type.empty() ? one.type : one.name.empty() ? R"("")" : one.name);
        append::raw(out, R"(,"type":)", one.type.empty() ? optional_view{} : one.type);
        append::raw(out, R"(,"name":)", one.name.empty() ? optional_view{} : one.name);
        before = "},{";
    }
    if (targets) {
        out += "}]";
    }
}

}  // namespace

void append_ocsf(std::string& out, const event_row& row)
{
    constexpr int class_uid = 6003;
    std::string spare;

    const activity what = activity_of(row.action);
    number(out, R"({"activity_id":)", what.id);
    append::text(out, R"(,"activity_name":)", what.name);
    number(out, R"(,"category_uid":6,"category_name":"Application Activity","class_uid":)", class_uid);
    number(out, R"(,"class_name":"API Activity","type_uid":)", class_uid * 100 + what.id);
    milliseconds(out, R"(,"time":)", row.occurred_at);
    out += R"(,"timezone_offset":0,"severity_id":1,"severity":"Informational")";
    const status ended = status_of(row.outcome);
    number(out, R"(,"status_id":)", ended.id);
    append::text(out, R"(,"status":)", ended.name);
    append::text(out, R"(,"status_code":)", row.outcome);
    append::text(out, R"(,"status_detail":)", row.reason);

    append::text(out, R"(,"actor":{"user":{"uid":)", row.actor_id);
    append::text(out, R"(,"type":)", row.actor_type);
    number(out, R"(,"type_id":)", user_type_of(row.actor_type));
    append::text(out, R"(,"name":)", row.actor_name);
    append::text(out, R"(}},"api":{"operation":)", row.action);
    if (row.request_id) {
        append::text(out, R"(,"request":{"uid":)", *row.request_id);
        out += '}';
    }
    out += R"(},"src_endpoint":{)";
    if (row.source_ip && is_ip_address(*row.source_ip)) {
        append::text(out, R"("ip":)", *row.source_ip);
    } else {
        append::text(out, R"("name":)", row.source_ip.value_or("unknown"));
    }
    out += '}';
    if (row.user_agent) {
        append::text(out, R"(,"http_request":{"user_agent":)", *row.user_agent);
        out += '}';
    }
    append_resources(out, stored_json::entities(row.targets, "targets", spare));

    out += R"(,"metadata":{"version":"1.3.0","product":{"name":"Daybook","vendor_name":"Daybook","version":")" DAYBOOK_VERSION
           R"("})";
    append::quoted(out, R"(,"uid":)", row.id);
    append::quoted(out, R"(,"tenant_uid":)", row.organization);
    append::text(out, R"(,"event_code":)", row.action);
    append::text(out, R"(,"correlation_uid":)", row.correlation_id);
    append::text(out, R"(,"log_provider":)", row.source);
    append::quoted(out, R"(,"original_time":)", row.occurred_at);
    milliseconds(out, R"(,"logged_time":)", row.recorded_at);

    append::text(out, R"(},"unmapped":{"db_role":)", row.db_role);
    number(out, R"(,"schema_version":)", row.schema_version);
    append::text(out, R"(,"trace_id":)", row.trace_id);
    append::raw(out, R"(,"on_behalf_of":)", stored_json::entities(row.on_behalf_of, "on_behalf_of", spare));
    append::one_line(out, R"(,"changes":)", stored_json::changes(row.changes, spare));
    append::one_line(out, R"(,"metadata":)", row.metadata);
    append::raw(out, R"(,"facets":)", stored_json::facets(row.facets, spare));
    out += "}}";
}

}  // namespace daybook
