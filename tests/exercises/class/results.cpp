// What one grading left: the JSON that Gradescope reads, as tests/exercises/grade writes it.
#include <cctype>
#include <cstdio>
#include <map>
#include <stdexcept>

#include "tests/exercises/class/class.h"

namespace {

// As much of JSON as a grader may write.
struct Json {
  std::string text;
  double number = 0;
  std::vector<Json> list;
  std::map<std::string, Json> members;
  const Json& operator[](const std::string& name) const {
    static const Json nothing;
    const auto found = members.find(name);
    return found == members.end() ? nothing : found->second;
  }
};

class Reader {
 public:
  explicit Reader(const std::string& text) : text_(text) {}
  Json whole() {
    const Json json = value(0);
    if (next() != '\0') wrong();
    return json;
  }

 private:
  [[noreturn]] void wrong() const {
    throw std::runtime_error("results.json is not JSON from byte " + std::to_string(at_) + " on");
  }
  char next() {  // the next one that is not a space, still unread
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void expect(char c) {
    if (next() != c) wrong();
    ++at_;
  }
  Json value(int depth) {
    if (depth > 20) wrong();
    Json json;
    switch (next()) {
      case '{':
        each('}', [&] {
          const std::string name = string();
          expect(':');
          json.members[name] = value(depth + 1);
        });
        break;
      case '[': each(']', [&] { json.list.push_back(value(depth + 1)); }); break;
      case '"': json.text = string(); break;
      default: {
        const size_t end = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
        json.text = text_.substr(at_, end - at_);
        if (json.text.empty()) wrong();
        at_ = end;
        std::sscanf(json.text.c_str(), "%lf", &json.number);
      }
    }
    return json;
  }
  template <class Read>
  void each(char end, Read read) {
    ++at_;
    if (next() == end) {
      ++at_;
      return;
    }
    for (;;) {
      read();
      if (next() == end) break;
      expect(',');
    }
    ++at_;
  }
  std::string string() {
    expect('"');
    std::string out;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] != '\\') {
        out += text_[at_];
        continue;
      }
      if (++at_ == text_.size()) wrong();
      switch (text_[at_]) {
        case 'n': out += '\n'; break;
        case 't': out += '\t'; break;
        case 'r': case 'b': case 'f': break;
        case 'u': out += '?', at_ += 4; break;
        default: out += text_[at_];
      }
    }
    if (at_ >= text_.size()) wrong();
    ++at_;
    return out;
  }

  const std::string& text_;
  size_t at_ = 0;
};

}  // namespace

void read_results(Student& student, const std::string& json) {
  const Json results = Reader(json).whole();
  if (results["tests"].list.empty()) throw std::runtime_error("results.json has no tests");
  if (results["extra_data"]["incomplete"].text == "true") throw std::runtime_error("the grading was interrupted");
  student.tasks.clear();
  student.remarks = results["output"].text;
  student.points = student.full = 0;
  for (const Json& test : results["tests"].list) {
    student.tasks.push_back({test["name"].text, test["output"].text, test["score"].number, test["max_score"].number});
    student.points += test["score"].number;
    student.full += test["max_score"].number;
  }
  student.graded = true;
}

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

std::string printable(const std::string& bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size();) {
    const auto at = [&](size_t k) { return static_cast<unsigned char>(i + k < bytes.size() ? bytes[i + k] : 0); };
    size_t length = at(0) < 0x80 ? 1 : at(0) >= 0xc2 && at(0) < 0xe0 ? 2 : at(0) >= 0xe0 && at(0) < 0xf0 ? 3 : at(0) >= 0xf0 && at(0) < 0xf5 ? 4 : 0;
    for (size_t k = 1; k < length; ++k)
      if (at(k) >> 6 != 2) length = 0;
    // No control characters, in one byte or two, nor those that turn the direction of writing.
    if ((length == 1 && (at(0) < 0x20 || at(0) == 0x7f)) || (length == 2 && at(0) == 0xc2 && at(1) < 0xa0) ||
        (length == 3 && at(0) == 0xe2 && ((at(1) == 0x80 && (at(2) == 0x8e || at(2) == 0x8f || (at(2) >= 0xa8 && at(2) <= 0xae))) || (at(1) == 0x81 && at(2) >= 0xa6 && at(2) <= 0xa9))))
      length = 0;
    if (length == 0) {
      char code[8];
      std::snprintf(code, sizeof code, "\\x%02x", at(0));
      out += code;
      ++i;
      continue;
    }
    out += bytes.substr(i, length);
    i += length;
  }
  return out;
}

std::string Student::shown() const {
  const std::string all = name.empty() ? folder : name;
  return all.empty() ? printable(id.empty() ? login.empty() ? mail : login : id) : printable(all);
}
