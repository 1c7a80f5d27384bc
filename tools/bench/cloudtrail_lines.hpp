// A log to import: lines as AWS CloudTrail writes them, for the mapping `cloudtrail` that Daybook ships.

#ifndef DAYBOOK_BENCH_CLOUDTRAIL_LINES_HPP
#define DAYBOOK_BENCH_CLOUDTRAIL_LINES_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace daybook::bench {

/// The accounts (organizations) that the lines belong to. The first has about a third of them, the last four percent.
[[nodiscard]] std::vector<std::string> accounts();

/// One record, without the end of the line; about 800 bytes, four a second, in the order of time. The same `number`
/// and `salt` always give the same line; another salt gives other events of the same kind.
[[nodiscard]] std::string cloudtrail_line(std::uint64_t number, std::uint64_t salt);

/// A file of the lines 0 to count - 1. Returns its size. Throws std::runtime_error.
std::uint64_t write_cloudtrail_file(const std::string& path, std::uint64_t count, std::uint64_t salt);

}  // namespace daybook::bench

#endif
