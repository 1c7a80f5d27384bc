#include "program.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace daybook::testing {

namespace {

// posix_spawn wants writable pointers, and leaves the bytes alone.
std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (std::string& text : texts) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

std::vector<std::string> environment_with(const environment& changes)
{
    std::vector<std::string> result;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string text{*variable};
        const std::string name = text.substr(0, text.find('='));
        const auto same = [&name](const auto& change) { return change.first == name; };
        if (std::none_of(changes.begin(), changes.end(), same)) {
            result.push_back(text);
        }
    }
    for (const auto& [name, value] : changes) {
        if (!value.empty()) {
            result.push_back(name + "=" + value);
        }
    }
    return result;
}

class file_actions {
public:
    file_actions() { posix_spawn_file_actions_init(&m_actions); }
    ~file_actions() { posix_spawn_file_actions_destroy(&m_actions); }
    file_actions(const file_actions&) = delete;
    file_actions& operator=(const file_actions&) = delete;

    void open(int descriptor, const std::string& path, int flags)
    {
        posix_spawn_file_actions_addopen(&m_actions, descriptor, path.c_str(), flags, 0600);
    }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &m_actions; }

private:
    posix_spawn_file_actions_t m_actions{};
};

}  // namespace

running::running(const std::vector<std::string>& arguments, const environment& changes)
{
    // Files, not pipes: a program may fill one while we wait for the other.
    file_actions actions;
    actions.open(STDIN_FILENO, "/dev/null", O_RDONLY);
    actions.open(STDOUT_FILENO, m_directory.file("out"), O_WRONLY | O_CREAT | O_TRUNC);
    actions.open(STDERR_FILENO, m_directory.file("err"), O_WRONLY | O_CREAT | O_TRUNC);

    std::vector<std::string> words = arguments;
    std::vector<std::string> variables = environment_with(changes);
    pid_t child = 0;
    const int problem = posix_spawnp(&child, words.front().c_str(), actions.get(), nullptr, pointers(words).data(),
                                     pointers(variables).data());
    if (problem != 0) {
        throw std::runtime_error{words.front() + ": " + std::strerror(problem)};
    }
    m_process = child;
}

running::~running()
{
    if (m_process != 0) {
        kill(m_process, SIGKILL);
        waitpid(m_process, nullptr, 0);
    }
}

std::string running::out() const
{
    return bytes_of(m_directory.file("out"));
}

std::string running::err() const
{
    return bytes_of(m_directory.file("err"));
}

void running::signal(int number) const
{
    kill(m_process, number);
}

finished running::wait()
{
    int status = 0;
    while (waitpid(m_process, &status, 0) == -1) {
        if (errno != EINTR) {
            throw std::runtime_error{std::string{"waitpid: "} + std::strerror(errno)};
        }
    }
    m_process = 0;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out(), err()};
}

finished run(const std::vector<std::string>& arguments, const environment& changes)
{
    return running{arguments, changes}.wait();
}

finished run_daybook(const std::vector<std::string>& arguments, const environment& urls)
{
    return start_daybook(arguments, urls)->wait();
}

std::unique_ptr<running> start_daybook(const std::vector<std::string>& arguments, const environment& urls)
{
    environment variables{{"DATABASE_URL", ""},         {"DATABASE_URL_OWNER", ""},
                          {"DATABASE_URL_AUDITOR", ""}, {"DATABASE_URL_READER", ""},
                          {"DATABASE_URL_SEALER", ""},  {"DAYBOOK_TENANT", ""},
                          {"DAYBOOK_OUTPUT", ""},       {"DAYBOOK_READER_TOKEN", ""},
                          {"DAYBOOK_KEY_FILE", ""},     {"DAYBOOK_SEAL_KEY", ""},
                          {"DAYBOOK_ANCHOR_URL", ""},   {"PGOPTIONS", ""}};
    for (const auto& [name, value] : urls) {
        std::erase_if(variables, [&name = name](const auto& variable) { return variable.first == name; });
        variables.emplace_back(name, value);
    }
    std::vector<std::string> words{DAYBOOK_COMMAND};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return std::make_unique<running>(words, variables);
}

temporary_directory::temporary_directory()
{
    m_path = std::filesystem::temp_directory_path() / "daybook-test-XXXXXX";
    if (mkdtemp(m_path.data()) == nullptr) {
        throw std::runtime_error{m_path + ": " + std::strerror(errno)};
    }
}

temporary_directory::~temporary_directory()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

std::string bytes_of(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    if (!in) {
        throw std::runtime_error{"cannot read " + path};
    }
    return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

std::vector<std::string> lines_in(const std::string& text)
{
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

}  // namespace daybook::testing
