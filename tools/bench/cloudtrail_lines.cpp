#include "cloudtrail_lines.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include <daybook/timestamp.hpp>

namespace daybook::bench {

namespace {

constexpr std::uint64_t account_count = 12;
constexpr std::uint64_t lines_a_second = 4;

// In the months for which the migration makes partitions, as long as the clock says 2026; later, in the default one.
constexpr std::chrono::sys_seconds first_time{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};

// splitmix64: the same numbers on every machine, unlike <random>'s distributions.
class dice {
public:
    explicit dice(std::uint64_t seed) : m_state{seed} {}

    std::uint64_t roll()
    {
        m_state += 0x9e3779b97f4a7c15;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    std::uint64_t below(std::uint64_t limit) { return roll() % limit; }

private:
    std::uint64_t m_state;
};

struct call {
    std::string_view service;
    std::string_view name;
    std::string_view resource;  // of the request, as the service calls it
    bool reads;
};

constexpr std::array calls{
    call{"s3", "GetObject", "bucketName", true},
    call{"s3", "PutObject", "bucketName", false},
    call{"s3", "ListObjects", "bucketName", true},
    call{"s3", "DeleteObject", "bucketName", false},
    call{"iam", "GetUser", "userName", true},
    call{"iam", "CreateAccessKey", "userName", false},
    call{"iam", "AttachRolePolicy", "roleName", false},
    call{"sts", "AssumeRole", "roleName", true},
    call{"secretsmanager", "GetSecretValue", "secretId", true},
    call{"secretsmanager", "PutSecretValue", "secretId", false},
    call{"ec2", "DescribeInstances", "instanceId", true},
    call{"ec2", "StopInstances", "instanceId", false},
    call{"kms", "Decrypt", "keyId", true},
    call{"lambda", "UpdateFunctionCode", "name", false},
    call{"logs", "CreateLogStream", "logGroupName", false},
    call{"ssm", "GetParameter", "name", true},
};

constexpr std::array<std::string_view, 6> regions{"eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-south-1",
                                                  "sa-east-1"};

constexpr std::array<std::string_view, 5> agents{
    "aws-cli/2.15.30 Python/3.11.8 Linux/6.1.0-18-amd64 exe/x86_64.debian.12 prompt/off command/s3.cp",
    "Boto3/1.34.69 md/Botocore#1.34.69 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.8",
    "APN/1.0 HashiCorp/1.0 Terraform/1.7.5 (+https://www.terraform.io) terraform-provider-aws/5.42.0",
    "aws-sdk-go-v2/1.26.0 os/linux lang/go#1.22.1 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.152.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
};

std::string account(std::uint64_t index)
{
    return std::to_string(100200300400 + index * 7919);
}

std::string hex(std::uint64_t value, int digits)
{
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
    return std::string(text.data(), static_cast<std::size_t>(digits));
}

std::string random_uuid(dice& d)
{
    const std::uint64_t high = d.roll();
    return hex(high, 8) + "-" + hex(high << 32, 4) + "-4" + hex(d.roll(), 3) + "-a" + hex(d.roll(), 3) + "-" +
           hex(d.roll(), 12);
}

}  // namespace

std::vector<std::string> accounts()
{
    std::vector<std::string> all;
    for (std::uint64_t i = 0; i < account_count; ++i) {
        all.push_back(account(i));
    }
    return all;
}

std::string cloudtrail_line(std::uint64_t number, std::uint64_t salt)
{
    dice d{number * 0x2545f4914f6cdd1d ^ salt * 0x9e6c63d0876a9a47};
    // A square makes the first accounts large and the last ones small.
    const std::uint64_t place = d.below(1000);
    const std::string owner = account(place * place * account_count / 1'000'000);
    const call& what = calls[d.below(calls.size())];
    const std::string user = "user-" + std::to_string(d.below(300));
    const std::string resource = std::string{what.service} + "-resource-" + std::to_string(d.below(2000));
    const bool refused = d.below(12) == 0;
    const auto time = first_time + std::chrono::seconds{number / lines_a_second};

    std::string line = R"({"eventVersion":"1.10","userIdentity":{"type":"IAMUser","principalId":"AIDA)";
    line += hex(d.roll(), 16);
    line += R"(","arn":"arn:aws:iam::)" + owner + ":user/" + user;
    line += R"(","accountId":")" + owner;
    line += R"(","accessKeyId":"AKIA)" + hex(d.roll(), 16);
    line += R"(","userName":")" + user;
    line += R"("},"eventTime":")" + to_string(timestamp{time}).substr(0, 19);
    line += R"(Z","eventSource":")" + std::string{what.service} + R"(.amazonaws.com","eventName":")";
    line += what.name;
    line += R"(","awsRegion":")";
    line += regions[d.below(regions.size())];
    line += R"(","sourceIPAddress":"203.0.113.)" + std::to_string(d.below(256));
    line += R"(","userAgent":")";
    line += agents[d.below(agents.size())];
    if (refused) {
        line += R"(","errorCode":"AccessDenied","errorMessage":"User is not authorized to perform )";
        line += std::string{what.service} + ":" + std::string{what.name};
    }
    line += R"(","requestParameters":{")";
    line += what.resource;
    line += R"(":")" + resource + R"(","maxItems":)" + std::to_string(d.below(1000));
    line += R"(},"responseElements":null,"requestID":")" + random_uuid(d);
    line += R"(","eventID":")" + random_uuid(d);
    line += R"(","readOnly":)";
    line += what.reads ? "true" : "false";
    line += R"(,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":")" + owner;
    line += R"(","eventCategory":"Management"})";
    return line;
}

std::uint64_t write_cloudtrail_file(const std::string& path, std::uint64_t count, std::uint64_t salt)
{
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    for (std::uint64_t number = 0; number < count; ++number) {
        out << cloudtrail_line(number, salt) << '\n';
    }
    out.close();
    if (!out) {
        throw std::runtime_error{path + " cannot be written"};
    }
    return std::filesystem::file_size(path);
}

}  // namespace daybook::bench
