// Lines of a file: plain, .gz or .zst, or standard input.

#ifndef DAYBOOK_COMMAND_INPUT_HPP
#define DAYBOOK_COMMAND_INPUT_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace daybook::command {

/// Bytes, decompressed if they begin like gzip or Zstandard. Throws error (unreadable_input) for what cannot be read
/// or is damaged or cut short.
class byte_source {
public:
    virtual ~byte_source() = default;

    /// Fills `out` with up to `room` bytes; 0 at the end.
    virtual std::size_t read(char* out, std::size_t room) = 0;
};

/// Line by line, in bounded memory.
class line_reader {
public:
    /// `path` may be "-".
    explicit line_reader(const std::string& path);

    /// The next line, without its end. False at the end of the input. A line over `longest` is not kept, and
    /// `too_long` says so.
    bool next(std::string& line);

    [[nodiscard]] bool too_long() const { return m_too_long; }
    [[nodiscard]] std::uint64_t number() const { return m_number; }

    /// Of the file as it lies on the disk, for a progress bar; 0 if unknown.
    [[nodiscard]] std::uint64_t bytes_total() const { return m_total; }
    [[nodiscard]] std::uint64_t bytes_read() const;

private:
    static constexpr std::size_t longest = 1024 * 1024;

    bool fill();

    struct file;
    std::shared_ptr<file> m_file;
    std::unique_ptr<byte_source> m_source;
    std::string m_buffer;
    std::size_t m_at = 0;
    std::uint64_t m_number = 0;
    std::uint64_t m_total = 0;
    bool m_too_long = false;
};

}  // namespace daybook::command

#endif
