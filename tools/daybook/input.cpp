#include "input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <daybook/error.hpp>

namespace daybook::command {

struct line_reader::file {
    std::string name;
    int descriptor = -1;
    std::uint64_t position = 0;
    std::string ahead;  // read to recognise the format

    file() = default;
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file()
    {
        if (descriptor > STDERR_FILENO) {
            close(descriptor);
        }
    }

    [[noreturn]] void fail(const std::string& what) const { throw error{error_kind::unreadable_input, name + ": " + what}; }

    std::size_t read(char* out, std::size_t room)
    {
        if (!ahead.empty()) {
            const std::size_t taken = std::min(room, ahead.size());
            std::memcpy(out, ahead.data(), taken);
            ahead.erase(0, taken);
            return taken;
        }
        for (;;) {
            const ssize_t got = ::read(descriptor, out, room);
            if (got >= 0) {
                position += static_cast<std::uint64_t>(got);
                return static_cast<std::size_t>(got);
            }
            if (errno != EINTR) {
                fail(std::strerror(errno));
            }
        }
    }
};

namespace {

constexpr std::size_t chunk = 128 * 1024;

// The three kinds of source share the file.

template <typename File>
class plain_source final : public byte_source {
public:
    explicit plain_source(std::shared_ptr<File> from) : m_from{std::move(from)} {}
    std::size_t read(char* out, std::size_t room) override { return m_from->read(out, room); }

private:
    std::shared_ptr<File> m_from;
};

template <typename File>
class gzip_source final : public byte_source {
public:
    explicit gzip_source(std::shared_ptr<File> from) : m_from{std::move(from)}, m_in(chunk, '\0')
    {
        if (inflateInit2(&m_stream, 15 + 16) != Z_OK) {  // gzip only
            m_from->fail("zlib does not start");
        }
    }
    ~gzip_source() override { inflateEnd(&m_stream); }

    std::size_t read(char* out, std::size_t room) override
    {
        m_stream.next_out = reinterpret_cast<Bytef*>(out);
        m_stream.avail_out = static_cast<uInt>(room);
        while (m_stream.avail_out == room) {
            if (m_stream.avail_in == 0) {
                m_stream.avail_in = static_cast<uInt>(m_from->read(m_in.data(), m_in.size()));
                m_stream.next_in = reinterpret_cast<Bytef*>(m_in.data());
                if (m_stream.avail_in == 0) {
                    if (!m_member_ended) {
                        m_from->fail("the gzip data is cut short");
                    }
                    return 0;
                }
                if (m_member_ended) {
                    inflateReset(&m_stream);  // another member follows, as gzip files may have
                    m_member_ended = false;
                }
            }
            const int state = inflate(&m_stream, Z_NO_FLUSH);
            if (state == Z_STREAM_END) {
                m_member_ended = true;
                if (m_stream.avail_in > 0) {
                    inflateReset(&m_stream);
                    m_member_ended = false;
                }
            } else if (state != Z_OK && state != Z_BUF_ERROR) {
                m_from->fail("the gzip data is damaged");
            }
        }
        return room - m_stream.avail_out;
    }

private:
    std::shared_ptr<File> m_from;
    std::string m_in;
    z_stream m_stream{};
    bool m_member_ended = false;
};

template <typename File>
class zstd_source final : public byte_source {
public:
    explicit zstd_source(std::shared_ptr<File> from)
        : m_from{std::move(from)}, m_in(chunk, '\0'), m_stream{ZSTD_createDStream(), &ZSTD_freeDStream}
    {
    }

    std::size_t read(char* out, std::size_t room) override
    {
        ZSTD_outBuffer to{out, room, 0};
        while (to.pos == 0) {
            if (m_ready.pos == m_ready.size) {
                m_ready = {m_in.data(), m_from->read(m_in.data(), m_in.size()), 0};
                if (m_ready.size == 0) {
                    if (m_expected != 0) {
                        m_from->fail("the Zstandard data is cut short");
                    }
                    return 0;
                }
            }
            m_expected = ZSTD_decompressStream(m_stream.get(), &to, &m_ready);
            if (ZSTD_isError(m_expected) != 0) {
                m_from->fail("the Zstandard data is damaged");
            }
        }
        return to.pos;
    }

private:
    std::shared_ptr<File> m_from;
    std::string m_in;
    std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> m_stream;
    ZSTD_inBuffer m_ready{nullptr, 0, 0};
    std::size_t m_expected = 0;  // 0 at the end of a frame
};

}  // namespace

line_reader::line_reader(const std::string& path) : m_file{std::make_shared<file>()}
{
    m_file->name = path == "-" ? "standard input" : path;
    m_file->descriptor = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat about {};
    if (m_file->descriptor < 0 || fstat(m_file->descriptor, &about) != 0) {
        m_file->fail(std::strerror(errno));
    }
    if (S_ISDIR(about.st_mode)) {
        m_file->fail("it is a directory");
    }
    m_total = S_ISREG(about.st_mode) ? static_cast<std::uint64_t>(about.st_size) : 0;

    std::string first(4, '\0');
    std::size_t have = 0;
    while (have < first.size()) {
        const std::size_t got = m_file->read(first.data() + have, first.size() - have);
        if (got == 0) {
            break;
        }
        have += got;
    }
    first.resize(have);
    m_file->ahead = first.starts_with("\xef\xbb\xbf") ? first.substr(3) : first;  // a byte order mark is no content
    if (first.starts_with("\x1f\x8b")) {
        m_source = std::make_unique<gzip_source<file>>(m_file);
    } else if (first == "\x28\xb5\x2f\xfd") {
        m_source = std::make_unique<zstd_source<file>>(m_file);
    } else {
        m_source = std::make_unique<plain_source<file>>(m_file);
    }
}

std::uint64_t line_reader::bytes_read() const
{
    return m_file->position;
}

bool line_reader::fill()
{
    m_buffer.erase(0, m_at);
    m_at = 0;
    const std::size_t had = m_buffer.size();
    m_buffer.resize(had + chunk);
    const std::size_t got = m_source->read(m_buffer.data() + had, chunk);
    m_buffer.resize(had + got);
    return got > 0;
}

bool line_reader::next(std::string& line)
{
    m_too_long = false;
    std::size_t searched = m_at;
    for (;;) {
        const std::size_t end = m_buffer.find('\n', searched);
        if (end != std::string::npos) {
            line.assign(m_buffer, m_at, end - m_at);
            m_at = end + 1;
            break;
        }
        if (m_buffer.size() - m_at > longest) {
            m_too_long = true;
            m_buffer.erase(m_at + 100);  // enough to recognise it by
        }
        const std::size_t kept = m_buffer.size() - m_at;
        if (!fill()) {
            if (m_at == m_buffer.size()) {
                return false;
            }
            line.assign(m_buffer, m_at);
            m_at = m_buffer.size();
            break;
        }
        searched = m_at + kept;
    }
    ++m_number;
    if (line.size() > longest) {
        m_too_long = true;
    }
    if (!line.empty() && line.back() == '\r') {
        line.pop_back();
    }
    return true;
}

}  // namespace daybook::command
