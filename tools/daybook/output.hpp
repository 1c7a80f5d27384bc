// Standard output: data only, complete or an error.

#ifndef DAYBOOK_COMMAND_OUTPUT_HPP
#define DAYBOOK_COMMAND_OUTPUT_HPP

#include <string>
#include <string_view>

namespace daybook::command {

/// A reader that went away (`| head`): ends the command quietly, with exit status 141.
struct broken_pipe {};

/// Buffers; writes to file descriptor 1. Throws error (unwritable_output) when the disk is full and the like.
class output {
public:
    output() = default;
    output(const output&) = delete;
    output& operator=(const output&) = delete;

    void write(std::string_view text);
    void line(std::string_view text)
    {
        write(text);
        write("\n");
    }

    /// Must be called at the end: only then is everything known to be written.
    void flush();

private:
    std::string m_buffer;
};

/// Whether a file descriptor is a terminal.
[[nodiscard]] bool is_terminal(int descriptor);

}  // namespace daybook::command

#endif
