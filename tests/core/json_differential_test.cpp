// json_reader beside another parser, nlohmann::json, on a hundred thousand small texts: valid ones that are made by
// chance, and the same with a few bytes changed. The seed is fixed, so every run sees the same texts.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <daybook/json.hpp>

using namespace daybook;
using namespace std::string_view_literals;

namespace {

// ---------------------------------------------------------------- texts

class text_maker {
public:
    std::string valid()
    {
        std::string out;
        value(out, 0);
        return out;
    }

    std::string mutated(std::string text)
    {
        for (std::size_t changes = 1 + pick(3); changes > 0; --changes) {
            const std::size_t at = pick(text.size() + 1);
            switch (pick(5)) {
            case 0: text.insert(at, one_of(fragments)); break;
            case 1: text.erase(at, 1 + pick(3)); break;
            case 2: text.insert(at, text.substr(pick(text.size() + 1), 1 + pick(4))); break;
            case 3: text.resize(at); break;
            default:
                if (at < text.size()) {
                    text[at] = static_cast<char>(pick(256));
                }
            }
        }
        return text;
    }

private:
    // clang-format off
    // What a mutation puts in: pieces of the grammar, and what is almost one.
    static constexpr std::string_view fragments[]{
        "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\/", "0",
        "00", "1", "-", "+", ".", "e", "E5", "e999", "e1000", "e-1000", "1.5", "true", "false", "null", "nul", "NaN",
        " ", "\t", "\n", "\r", "\f", "\0"sv, "\x1f", "\x7f", "\x80", "\xc0\x80", "\xc3\xa9", "\xe2\x82\xac",
        "\xed\xa0\x80", "\xf0\x9f\x98\x80", "\xf4\x90\x80\x80", "\xff", "\xef\xbb\xbf", "/*c*/", "//", "'", "[]", "{}",
        "{\"a\":1}", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    };
    static constexpr std::string_view numbers[]{
        "0", "-0", "7", "-12", "9007199254740993", "123456789012345678901234567890", "0.0", "1.50", "-0.25e+07", "1e5",
        "2E-3", "1e308", "1e999", "0e999", "0e1000", "1e-1000", "5e-0999",
    };
    static constexpr std::string_view pieces[]{
        "a", "b c", "\\\"", "\\\\", "\\/", "\\b\\f\\n\\r\\t", "\\u0041", "\\u00e9", "\\u20AC", "\\ud83d\\ude00", "é",
        "€", "😀", "\x7f", "[", "}", ":", ",", "//", "\\\\u0000", "\\u0000", "\\u0001",
    };
    // clang-format on
    static constexpr std::string_view spaces[]{"", "", "", " ", "\n", "\r\n", "\t ", "  "};

    std::size_t pick(std::size_t below) { return m_random() % below; }

    template <std::size_t Size>
    std::string_view one_of(const std::string_view (&list)[Size])
    {
        return list[pick(Size)];
    }

    void string(std::string& out)
    {
        out += '"';
        for (std::size_t left = pick(4); left > 0; --left) {
            // The one piece that we refuse is rare, so that it does not hide the others.
            std::string_view piece = one_of(pieces);
            if (piece == "\\u0000" && pick(20) != 0) {
                piece = "x";
            }
            out += piece;
        }
        out += '"';
    }

    void value(std::string& out, int depth)
    {
        out += one_of(spaces);
        const std::size_t what = pick(depth < 4 ? 8 : 4);
        if (what < 4) {
            scalar(out, what);
        } else {
            const bool object = what < 6;
            out += object ? '{' : '[';
            const std::size_t members = pick(4);
            for (std::size_t i = 0; i < members; ++i) {
                out += i == 0 ? "" : ",";
                if (object) {
                    out += one_of(spaces);
                    string(out);
                    out += one_of(spaces);
                    out += ':';
                }
                value(out, depth + 1);
            }
            out += one_of(spaces);
            out += object ? '}' : ']';
        }
        out += one_of(spaces);
    }

    void scalar(std::string& out, std::size_t what)
    {
        constexpr std::string_view words[]{"true", "false", "null"};
        if (what == 0) {
            out += one_of(words);
        } else if (what == 1) {
            out += one_of(numbers);
        } else {
            string(out);
        }
    }

    std::mt19937 m_random{20261120};
};

// ---------------------------------------------------------------- what each parser says

// A text's tokens, one letter each, and what its strings say.
struct reading {
    std::string tokens;
    std::vector<std::string> strings;

    friend bool operator==(const reading&, const reading&) = default;
};

struct our_verdict {
    bool accepted = false;
    reading read;
};

our_verdict ours(std::string_view text)
{
    our_verdict result;
    json_reader reader{text};
    for (;;) {
        const json_token token = reader.next();
        switch (token) {
        case json_token::end: result.accepted = true; return result;
        case json_token::invalid: return result;
        case json_token::key:
        case json_token::string: result.read.strings.push_back(json_text(reader.raw())); break;
        default: break;
        }
        constexpr std::string_view letters = "{}[]ks00tfn";
        result.read.tokens += letters[static_cast<std::size_t>(token)];
    }
}

// Collects what the other parser reads, and whether it is something that we refuse by decision.
struct their_verdict {
    bool accepted = false;
    bool overflow = false;             // the other one makes doubles of numbers, and cannot of this
    bool refused_by_decision = false;  // json.hpp lists these
    reading read;

    bool null() { return token('n'); }
    bool boolean(bool value) { return token(value ? 't' : 'f'); }
    bool number_integer(std::int64_t) { return token('0'); }
    bool number_unsigned(std::uint64_t) { return token('0'); }
    bool number_float(double, const std::string& raw)
    {
        const std::size_t e = raw.find_first_of("eE");
        if (e != std::string::npos) {
            const std::size_t digits = raw.find_first_not_of("+-0", e + 1);
            refused_by_decision = refused_by_decision || (digits != std::string::npos && raw.size() - digits > 3);
        }
        return token('0');
    }
    bool string(std::string& value) { return text('s', value); }
    bool key(std::string& value) { return text('k', value); }
    bool binary(std::vector<std::uint8_t>&) { return false; }
    bool start_object(std::size_t) { return open('{'); }
    bool end_object() { return close('}'); }
    bool start_array(std::size_t) { return open('['); }
    bool end_array() { return close(']'); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& why)
    {
        overflow = why.id == 406;
        return false;
    }

private:
    bool token(char letter)
    {
        read.tokens += letter;
        return true;
    }
    bool text(char letter, const std::string& value)
    {
        refused_by_decision = refused_by_decision || value.find('\0') != std::string::npos;
        read.strings.push_back(value);
        return token(letter);
    }
    bool open(char letter)
    {
        refused_by_decision = refused_by_decision || ++m_depth > limits::json_depth;
        return token(letter);
    }
    bool close(char letter)
    {
        --m_depth;
        return token(letter);
    }

    int m_depth = 0;
};

their_verdict theirs(std::string_view text)
{
    their_verdict result;
    // It takes a NUL character for the end of the text, and passes over a byte order mark: RFC 8259 has neither.
    if (text.find('\0') != std::string_view::npos || text.starts_with("\xef\xbb\xbf")) {
        return result;
    }
    result.accepted = nlohmann::json::sax_parse(text.begin(), text.end(), &result);
    return result;
}

constexpr int texts = 100'000;

}  // namespace

TEST_CASE("what is accepted is what another parser accepts, but for the refusals that are documented", "[json]")
{
    text_maker make;
    int accepted = 0;
    int refused = 0;
    int by_decision = 0;
    for (int i = 0; i < texts; ++i) {
        std::string text = make.valid();
        if (i % 4 != 0) {
            text = make.mutated(std::move(text));
        }
        const their_verdict other = theirs(text);
        if (other.overflow) {
            continue;
        }
        const bool expected = other.accepted && !other.refused_by_decision;
        if (ours(text).accepted != expected) {
            FAIL_CHECK((expected ? "refused: " : "accepted: ") << text);
        }
        ++(expected ? accepted : refused);
        by_decision += other.accepted && other.refused_by_decision ? 1 : 0;
    }

    // Neither side may be the exception.
    CHECK(accepted > texts / 4);
    CHECK(refused > texts / 4);
    CHECK(by_decision > 100);
}

TEST_CASE("tokens and texts are those that another parser reads", "[json]")
{
    text_maker make;
    int compared = 0;
    for (int i = 0; i < texts / 4; ++i) {
        const std::string text = make.valid();
        const our_verdict mine = ours(text);
        const their_verdict other = theirs(text);
        if (!mine.accepted || !other.accepted) {
            continue;
        }
        if (mine.read != other.read) {
            FAIL_CHECK("read otherwise: " << text);
        }
        ++compared;
    }

    CHECK(compared > texts / 8);
}

TEST_CASE("raw bytes of a text and all of its beginnings do no harm", "[json]")
{
    // For the sanitizers: no read beyond the text's own bytes, wherever it is cut.
    text_maker make;
    std::size_t incomplete = 0;
    for (int i = 0; i < 300; ++i) {
        const std::string text = make.valid();
        for (std::size_t size = 0; size < text.size(); ++size) {
            const std::vector<char> exactly(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
            incomplete += ours({exactly.data(), exactly.size()}).accepted ? 0 : 1;
        }
    }

    CHECK(incomplete > 1000);
}
