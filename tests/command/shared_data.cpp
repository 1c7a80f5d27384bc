#include "shared_data.hpp"

#include <filesystem>
#include <memory>
#include <stdexcept>

#include <catch2/catch_test_macros.hpp>
#include <zstd.h>

#include "program.hpp"

namespace daybook::testing {

namespace {

const std::string folder{DAYBOOK_SHARED_DATA};

std::string decompressed(const std::string& bytes)
{
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{ZSTD_createDCtx(), ZSTD_freeDCtx};
    std::string result;
    std::string buffer(ZSTD_DStreamOutSize(), '\0');
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t state = 0;
    while (in.pos < in.size) {
        ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
        state = ZSTD_decompressStream(context.get(), &out, &in);
        if (ZSTD_isError(state) != 0) {
            throw std::runtime_error{ZSTD_getErrorName(state)};
        }
        result.append(buffer, 0, out.pos);
    }
    if (state != 0) {
        throw std::runtime_error{"the compressed data ends early"};
    }
    return result;
}

}  // namespace

void need_shared_data()
{
    if (!std::filesystem::is_directory(folder + "/events")) {
        SKIP("skipped: there are no events in " << folder);
    }
}

std::string events_file(const std::string& name)
{
    return folder + "/events/" + name + ".ndjson.zst";
}

std::vector<std::string> event_lines(const std::string& name)
{
    return lines_in(decompressed(bytes_of(events_file(name))));
}

json questions_about(const std::string& set)
{
    return json::parse(bytes_of(folder + "/answers/" + set + ".json"));
}

}  // namespace daybook::testing
