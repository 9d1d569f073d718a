// A figure of the book that runs the course's own code: chapters/NN_topic/live.cpp turns what the reader has set into what is to be
// drawn, live.js beside it draws. build.sh makes WebAssembly of the two. A live.cpp has no name that another file sees; it names the
// chapter's files that it needs in a line `// sources: a b`, and ends with `const live::Figure figure(function);`.
#pragma once

#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace live {

// What the reader has set, by name.
struct Settings : std::map<std::string, std::string> {
  double number(const std::string& name) const { return std::stod(at(name)); }
  int integer(const std::string& name) const { return std::stoi(at(name)); }
};

// Numbers keep all their bits on the way to JavaScript; infinity and NaN, which JSON has not, become null.
struct Json {
  std::string text;

  template <class Number>
    requires std::is_arithmetic_v<Number>
  Json(Number number) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.17g", double(number));
    text = std::isfinite(double(number)) ? digits : "null";
  }
  Json(const char* words) : Json(std::string(words)) {}
  Json(const std::string& words) : text("\"") {
    for (char c : words) text += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c == '\n' ? ' ' : c};
    text += '"';
  }
  template <class Element>
  Json(const std::vector<Element>& list) : text("[") {
    for (const Element& element : list) text += (text.size() > 1 ? "," : "") + Json(element).text;
    text += ']';
  }
  Json(std::initializer_list<std::pair<const char*, Json>> fields) : text("{") {
    for (const auto& [name, value] : fields) text += (text.size() > 1 ? ",\"" : "\"") + std::string(name) + "\":" + value.text;
    text += '}';
  }
};

// What the command in live.cpp's line `// data:` has written.
std::vector<unsigned char>& data();

struct Figure {
  using Function = Json(const Settings&);
  explicit Figure(Function* function) { only = function; }
  static inline Function* only;
};

}  // namespace live
