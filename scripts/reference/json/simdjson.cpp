// What simdjson makes of JSON texts, in the form of `vedette-bench json`.
//
//     g++ -O2 -std=c++17 simdjson.cpp -lsimdjson -o simdjson
#include <simdjson.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

using namespace simdjson;

static void write_text(std::string_view text, std::string &out) {
    static const char digits[] = "0123456789abcdef";
    out += 's';
    for (unsigned char byte : text) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
}

static void write_double(double value, std::string &out) {
    uint64_t bits;
    std::memcpy(&bits, &value, 8);
    char text[32];
    std::snprintf(text, sizeof text, "d%llx", (unsigned long long)bits);
    out += text;
}

static void write(dom::element element, std::string &out) {
    switch (element.type()) {
    case dom::element_type::NULL_VALUE: out += 'n'; break;
    case dom::element_type::BOOL: out += bool(element) ? 't' : 'f'; break;
    case dom::element_type::INT64: out += 'i' + std::to_string(int64_t(element)); break;
    case dom::element_type::UINT64: write_double(double(uint64_t(element)), out); break;
    case dom::element_type::DOUBLE: write_double(double(element), out); break;
    case dom::element_type::STRING: write_text(element, out); break;
    case dom::element_type::ARRAY:
        out += '[';
        for (dom::element item : dom::array(element)) {
            write(item, out);
            out += ',';
        }
        out += ']';
        break;
    case dom::element_type::OBJECT: {
        // A key that comes twice keeps its first place and its last value, as ours does.
        std::vector<std::pair<std::string_view, dom::element>> members;
        for (auto field : dom::object(element)) {
            bool known = false;
            for (auto &member : members)
                if (member.first == field.key) {
                    member.second = field.value;
                    known = true;
                }
            if (!known) members.emplace_back(field.key, field.value);
        }
        out += '{';
        for (auto &member : members) {
            write_text(member.first, out);
            out += ':';
            write(member.second, out);
            out += ',';
        }
        out += '}';
        break;
    }
    }
}

int main() {
    dom::parser parser;
    std::vector<char> text;
    unsigned char head[4];
    std::string out;
    while (std::fread(head, 1, 4, stdin) == 4) {
        size_t length = head[0] | head[1] << 8 | head[2] << 16 | size_t(head[3]) << 24;
        text.resize(length);
        if (std::fread(text.data(), 1, length, stdin) != length) return 1;
        dom::element element;
        out.clear();
        if (auto error = parser.parse(text.data(), length, true).get(element)) {
            // An integer beyond 64 bits, or a number beyond a double, is one to us and an error to simdjson, the same as for a
            // number that is none.
            out += error == NUMBER_ERROR ? "? number" : "!";
        } else {
            write(element, out);
        }
        out += '\n';
        std::fwrite(out.data(), 1, out.size(), stdout);
    }
}
