// A file that is whole or not there.

#ifndef DAYBOOK_COMMAND_OUTPUT_FILE_HPP
#define DAYBOOK_COMMAND_OUTPUT_FILE_HPP

#include <string>
#include <string_view>

namespace daybook::command {

/// Writes beside the file, FILE.partial, and puts that in its place when everything is on the disk. Without finish(),
/// what was written is removed, and a file that was there before stays. What is no regular file (a device, a pipe) is
/// written directly. Throws error (unwritable_output).
class output_file {
public:
    /// An empty path is standard output.
    explicit output_file(const std::string& path);
    ~output_file();
    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;

    /// To the operating system, at once.
    void write(std::string_view bytes);

    /// Until everything is on the disk, if it goes to one.
    void finish();

private:
    void open_beside();
    [[noreturn]] void fail(const std::string& what) const;

    std::string m_name;     // for people
    std::string m_path;     // empty unless there is something to put in its place
    std::string m_partial;  // the same
    int m_descriptor = -1;
};

}  // namespace daybook::command

#endif
