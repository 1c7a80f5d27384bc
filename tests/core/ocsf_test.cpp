// An event in the terms of OCSF.

#include <catch2/catch_test_macros.hpp>

#include <string>

#include <nlohmann/json.hpp>

#include <daybook/ocsf.hpp>

#include "stored_sample.hpp"

using namespace daybook;
using daybook::testing::acme;
using daybook::testing::full_sample;
using daybook::testing::naughty;
using daybook::testing::naughty_sample;
using daybook::testing::sample;
using daybook::testing::stored;

namespace {

nlohmann::json ocsf_of(const event_row& row)
{
    std::string line;
    append_ocsf(line, row);
    CHECK(line.find_first_of("\r\n") == std::string::npos);
    return nlohmann::json::parse(line);
}

}  // namespace

TEST_CASE("an OCSF event has what its class and objects require", "[event]")
{
    const auto ocsf = ocsf_of(stored{sample()}.row());

    CHECK(ocsf["class_uid"] == 6003);
    CHECK(ocsf["category_uid"] == 6);
    CHECK(ocsf["activity_id"] == 99);
    CHECK(ocsf["activity_name"] == "invoice.paid");
    CHECK(ocsf["type_uid"] == 600399);
    CHECK(ocsf["time"] == 1'772'445'600'123);
    CHECK(ocsf["severity_id"] == 1);
    CHECK(ocsf["actor"]["user"]["uid"] == "u1");
    CHECK(ocsf["api"]["operation"] == "invoice.paid");
    CHECK(ocsf["src_endpoint"]["name"] == "unknown");
    CHECK(ocsf["metadata"]["version"] == "1.3.0");
    CHECK(ocsf["metadata"]["product"]["vendor_name"] == "Daybook");
    CHECK(ocsf["metadata"]["tenant_uid"] == to_string(acme));
}

TEST_CASE("an OCSF event says everything that the event says", "[event]")
{
    const stored s{full_sample()};

    const auto ocsf = ocsf_of(s.row());

    CHECK(ocsf["status_id"] == 2);
    CHECK(ocsf["status_code"] == "denied");
    CHECK(ocsf["status_detail"] == "not allowed on Sundays");
    CHECK(ocsf["actor"]["user"]["name"] == "Zoë \"Z\" O'Neil");
    CHECK(ocsf["actor"]["user"]["type"] == "user");
    CHECK(ocsf["src_endpoint"]["name"] == "AWS Internal");
    CHECK(ocsf["http_request"]["user_agent"] == "curl/8");
    CHECK(ocsf["api"]["request"]["uid"] == "r-1");
    CHECK(ocsf["resources"] == nlohmann::json::parse(R"([{"uid":"admin","type":"invoice"},{"uid":"u9","type":"user","name":"Bob"}])"));
    CHECK(ocsf["metadata"]["uid"] == to_string(s.id));
    CHECK(ocsf["metadata"]["correlation_uid"] == "c-1");
    CHECK(ocsf["metadata"]["log_provider"] == "tests");
    CHECK(ocsf["metadata"]["original_time"] == "2026-03-02T10:00:00.123457Z");
    CHECK(ocsf["metadata"]["logged_time"] == 1'772'445'601'000);
    CHECK(ocsf["unmapped"]["trace_id"] == "t-1");
    CHECK(ocsf["unmapped"]["on_behalf_of"].size() == 2);
    CHECK(ocsf["unmapped"]["changes"].size() == 2);
    CHECK(ocsf["unmapped"]["metadata"]["zero"] == 0.0);
    CHECK(ocsf["unmapped"]["facets"]["tier"] == "gold");
    CHECK(ocsf["unmapped"]["db_role"] == "daybook_app");
}

TEST_CASE("an OCSF event survives every text", "[event]")
{
    const auto ocsf = ocsf_of(stored{naughty_sample()}.row());

    CHECK(ocsf["api"]["operation"] == naughty);
    CHECK(ocsf["resources"][0]["name"] == naughty);
    CHECK(ocsf["resources"][1] == nlohmann::json::parse(R"({"uid":"t","type":"t","name":""})"));
    CHECK(ocsf["unmapped"]["facets"][naughty] == naughty);
}

TEST_CASE("an OCSF event's resource is known by what the target has", "[event]")
{
    const stored s{sample()};
    event_row row = s.row();
    row.targets = R"([{},{"name":"n"},{"type":"t"}])";

    CHECK(ocsf_of(row)["resources"] ==
          nlohmann::json::parse(R"([{"uid":""},{"uid":"n","name":"n"},{"uid":"t","type":"t"}])"));
}

TEST_CASE("an OCSF event's endpoint has an address only if it is one", "[event]")
{
    const auto endpoint = [](const std::string& source_ip) {
        event e = sample();
        e.source_ip = source_ip;
        return ocsf_of(stored{e}.row())["src_endpoint"].dump();
    };

    CHECK(endpoint("10.0.0.4") == R"({"ip":"10.0.0.4"})");
    CHECK(endpoint("2001:db8::1") == R"({"ip":"2001:db8::1"})");
    CHECK(endpoint("10.0.0") == R"({"name":"10.0.0"})");
    CHECK(endpoint("host.example.org") == R"({"name":"host.example.org"})");
    CHECK(endpoint(std::string(200, '1')) == R"({"name":")" + std::string(200, '1') + R"("})");
}

TEST_CASE("an OCSF event's activity is known for four verbs", "[event]")
{
    const auto activity = [](const std::string& action) {
        event e = sample(action);
        const auto ocsf = ocsf_of(stored{e}.row());
        CHECK(ocsf["type_uid"] == 600300 + ocsf["activity_id"].get<int>());
        return ocsf["activity_id"].get<int>();
    };

    CHECK(activity("doc.create") == 1);
    CHECK(activity("doc.read") == 2);
    CHECK(activity("doc.update") == 3);
    CHECK(activity("doc.delete") == 4);
    CHECK(activity("delete") == 4);
    CHECK(activity("doc.undelete") == 99);
}
