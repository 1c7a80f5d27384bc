#include "answer_sets.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <stdexcept>
#include <string_view>

#include <daybook/digest.hpp>

#include "shared_data.hpp"

namespace daybook::testing {

namespace {

void replace(std::string& text, std::string_view from, std::string_view to)
{
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

// ->'id'->>'time'
std::string arrows(const json_path& path)
{
    std::string sql;
    for (std::size_t i = 0; i < path.size(); ++i) {
        sql += (i + 1 < path.size() ? "->'" : "->>'") + std::string{path[i]} + "'";
    }
    return sql;
}

std::string own_key_sql(const answer_set& set)
{
    if (set.own_key.empty()) {
        return "null::text";
    }
    std::string sql = "concat_ws('/'";
    for (const json_path& part : set.own_key) {
        sql += ", e.metadata" + arrows(part);
    }
    return sql + ")";
}

// The events of the set as the table that the questions were written for. Texts compare by their bytes, as SQLite's do.
std::string table(const answer_set& set)
{
    std::string sql =
        "(select o.key collate \"C\" as org,"
        " coalesce({own key}, substr(encode(sha256(convert_to(e.metadata::text, 'UTF8')), 'hex'), 1, 16))"
        " collate \"C\" as key,"
        // The answers have null for an actor that the source does not name. The log has "unknown", since every event
        // has an actor. This is the one place where the two meet.
        " nullif(e.actor_type, 'unknown') as actor_type, nullif(e.actor_id, 'unknown') as actor_id,"
        " e.actor_name, e.action, e.target_type, e.target_id,"
        " to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') collate \"C\" as t,"
        " e.source_ip as ip, e.user_agent as ua, e.request_id as req, e.outcome,"
        " {own key} collate \"C\" as eid, {x1} as x1, {x2} as x2, {x3} as x3"
        " from events e join organizations o on o.id = e.organization_id"
        " where e.source = '{source}')";
    replace(sql, "{own key}", own_key_sql(set));
    replace(sql, "{x1}", set.x1);
    replace(sql, "{x2}", set.x2);
    replace(sql, "{x3}", set.x3);
    replace(sql, "{source}", set.mapping);
    return sql;
}

// SQLite takes null for the smallest value, PostgreSQL for the largest.
std::string with_nulls_smallest(const std::string& question)
{
    const std::string_view order = " order by ";
    const std::size_t found = question.rfind(order);
    if (found == std::string::npos) {
        return question;
    }
    const std::size_t begin = found + order.size();
    const std::size_t end = std::min(question.find(" limit ", begin), question.size());
    std::string result = question.substr(0, begin);
    for (std::size_t at = begin; at < end;) {
        const std::size_t comma = std::min(question.find(',', at), end);
        const std::string item = question.substr(at, comma - at);
        result += item + (item.ends_with(" desc") ? " nulls last" : " nulls first") + (comma < end ? "," : "");
        at = comma + 1;
    }
    return result + question.substr(end);
}

// The names of the questions' columns in a filter, where there is one.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> filter_names{{
    {"action", "action"},
    {"outcome", "outcome"},
    {"actor_type", "actor_type"},
    {"actor_id", "actor"},
    {"actor_name", "actor_name"},
    {"target_type", "target_type"},
    {"target_id", "target"},
    {"ip", "source_ip"},
    {"req", "request_id"},
}};

// A day is its first moment.
std::string moment(const std::string& text)
{
    return text.size() == 10 ? text + "T00:00:00Z" : text;
}

// One of the conditions that "and" joins. False if a filter cannot say it.
bool add_condition(plain_filter& filter, const std::string& column, const std::string& comparison,
                   const std::vector<std::string>& values)
{
    if (column == "t") {
        std::optional<std::string>& bound = comparison == ">=" ? filter.since : filter.until;
        const bool usable = comparison == ">=" || comparison == "<";
        bound = moment(values.front());
        return usable;
    }
    if (comparison != "=" && comparison != " in(") {
        return false;
    }
    if (column == "org") {
        filter.tenant = values.front();
        return values.size() == 1;
    }
    const auto* const known = std::ranges::find(filter_names, column, [](const auto& pair) { return pair.first; });
    if (known == filter_names.end()) {
        return false;
    }
    for (const std::string& value : values) {
        filter.fields.emplace_back(known->second, value);
    }
    return true;
}

}  // namespace

std::span<const answer_set> answer_sets()
{
    static const std::vector<answer_set> sets{
        {.name = "aws",
         .mapping = "cloudtrail",
         .files = {"aws-cloudtrail-otrf", "aws-cloudtrail-stratus"},
         .own_key = {{"eventID"}},
         .x1 = "(e.metadata->>'eventSource') collate \"C\"",
         .x2 = "(e.metadata->>'awsRegion') collate \"C\"",
         .x3 = "(e.metadata->>'errorCode') collate \"C\""},
        {.name = "google",
         .mapping = "google_workspace",
         .files = {"google-workspace"},
         .own_key = {{"id", "applicationName"}, {"id", "time"}, {"id", "uniqueQualifier"}},
         .x1 = "(e.metadata->'events'->0->>'type') collate \"C\"",
         .x2 = "json_array_length(e.metadata->'events')",
         .x3 = "(select p->>'value' from json_array_elements(e.metadata->'events'->0->'parameters') p"
               " where p->>'name' = 'doc_title') collate \"C\""},
        {.name = "k8s",
         .mapping = "kubernetes",
         .files = {"k8s-audit"},
         .own_key = {{"auditID"}, {"stage"}},
         .x1 = "substring(e.metadata->>'requestURI' from '/namespaces/([^/?]+)') collate \"C\"",
         .x2 = "(e.metadata->>'responseStatus.code') collate \"C\"",
         .x3 = "(e.metadata->>'objectRef.subresource') collate \"C\""},
        {.name = "wikipedia",
         .mapping = "wikipedia",
         .files = {"wikipedia-edits"},
         .own_key = {},
         .x1 = "(e.metadata->>'countryIsoCode') collate \"C\"",
         .x2 = "(e.metadata->>'delta')::numeric",
         .x3 = "(e.metadata->>'comment') collate \"C\""},
        {.name = "windows",
         .mapping = "windows_security",
         .files = {"windows-security"},
         .own_key = {},
         .x1 = "(e.metadata->>'Hostname') collate \"C\"",
         .x2 = "coalesce(nullif(e.metadata->>'ProcessName', ''), e.metadata->>'NewProcessName') collate \"C\"",
         .x3 = "(e.metadata->>'LogonType') collate \"C\""},
    };
    return sets;
}

std::string key_of(const answer_set& set, const std::string& line)
{
    if (set.own_key.empty()) {
        return hex_sha256(line).substr(0, 16);
    }
    const json event = json::parse(line);
    std::string key;
    for (const json_path& part : set.own_key) {
        const json* value = &event;
        for (const char* const name : part) {
            value = &value->at(name);
        }
        key += (key.empty() ? "" : "/") + value->get<std::string>();
    }
    return key;
}

std::string as_query_of_the_log(const answer_set& set, std::string question)
{
    const std::string name = std::string{set.name} + "_public";
    if (question.find(" from " + name) == std::string::npos) {
        throw std::runtime_error{"this question is not about " + name + ": " + question};
    }
    replace(question, "instr(", "strpos(");
    // SQLite lets HAVING use a column's alias.
    replace(question, "having n>=", "having count(distinct org)>=");
    // Both counts would be called "count", and a JSON object has every name once.
    replace(question, "count(distinct actor_id),count(*) from", "count(distinct actor_id) as actors,count(*) from");
    question = with_nulls_smallest(question);
    replace(question, " from " + name, " from " + table(set) + " " + name);
    return question;
}

std::optional<plain_filter> as_plain_filter(const std::string& question)
{
    // select … from … where <conditions> order by t,key
    static const std::regex whole{R"(select [\w,]+ from \w+ where (.*) order by t,key)"};
    static const std::regex condition{R"((?: and )?(\w+)(=|>=|<| in\()('[^']*'(?:,'[^']*')*)\)?)"};
    static const std::regex quoted{"'([^']*)'"};
    std::smatch parts;
    if (!std::regex_match(question, parts, whole)) {
        return std::nullopt;
    }
    const std::string conditions = parts[1];
    plain_filter filter;
    std::size_t understood = 0;
    for (std::sregex_iterator it{conditions.begin(), conditions.end(), condition}, end; it != end; ++it) {
        const std::string list = (*it)[3];
        std::vector<std::string> values;
        for (std::sregex_iterator value{list.begin(), list.end(), quoted}; value != end; ++value) {
            values.push_back((*value)[1]);
        }
        if (!add_condition(filter, (*it)[1], (*it)[2], values)) {
            return std::nullopt;
        }
        understood += static_cast<std::size_t>(it->length());
    }
    return understood == conditions.size() ? std::optional{filter} : std::nullopt;
}

std::optional<std::string> tenant_of(const std::string& question)
{
    static const std::regex organization{R"(\borg='([^']*)')"};
    std::smatch parts;
    return std::regex_search(question, parts, organization) ? std::optional{parts[1].str()} : std::nullopt;
}

}  // namespace daybook::testing
