// A live figure of the book without a page: the WebAssembly that `make book` puts there, run and drawn by node.
#pragma once

#include <gtest/gtest.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/program.h"

// What C++ has returned in WebAssembly for one line of settings, by place ("stages.0.1.4"), and the drawing.
struct LiveAnswer {
  std::map<std::string, std::string> values;
  const std::string& text(const std::string& place) const {
    static const std::string none = "(none)";
    const auto found = values.find(place);
    return found == values.end() ? none : found->second;
  }
  double number(const std::string& place) const { return std::strtod(text(place).c_str(), nullptr); }
  bool has(const std::string& place) const { return values.contains(place); }
};

inline std::string read_all(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// Why a figure cannot be run here, or "".
inline std::string why_no_figure() {
  if (run_program("sh common/live/build.sh --compiler").output.empty()) return "no compiler for WebAssembly: make doctor";
  return run_program("command -v node").status == 0 ? "" : "no node";
}

// One answer for each line `name value; name value ...`; what is not named is as at first.
inline std::vector<LiveAnswer> live_answers(const std::string& figure, const std::vector<std::string>& lines) {
  const std::string in = build_folder() + "/" + figure + "." + std::to_string(getpid()) + ".live", out = in + ".answers";
  {
    std::ofstream file(in);
    for (const std::string& line : lines) file << line << '\n';
  }
  const ProgramRun node = run_program("node tests/live_figure.js " + figure + " <" + in + " >" + out);
  EXPECT_EQ(node.status, 0) << node.output;
  std::vector<LiveAnswer> answers;
  std::istringstream text(read_all(out));
  bool open = false;
  for (std::string line; std::getline(text, line); open = !line.empty()) {
    if (line.empty()) continue;
    if (!open) answers.emplace_back();
    const size_t equals = line.find('=');
    answers.back().values[line.substr(0, equals)] = line.substr(equals + 1);
  }
  for (const std::string& file : {in, out}) std::remove(file.c_str());
  EXPECT_EQ(answers.size(), lines.size());
  answers.resize(lines.size());
  return answers;
}

// The attribute `name` of each shape in the drawing whose attribute class is `kind`, in their order.
inline std::vector<std::string> drawn(const LiveAnswer& answer, const std::string& kind, const std::string& name) {
  std::vector<std::string> found;
  const std::string& svg = answer.text("svg");
  for (size_t at = 0; (at = svg.find("class=\"" + kind + "\"", at)) != std::string::npos; ++at) {
    const size_t begin = svg.rfind('<', at), end = svg.find('>', at);
    const std::string shape = svg.substr(begin, end - begin);
    const size_t value = shape.find(" " + name + "=\"");
    found.push_back(value == std::string::npos ? "" : shape.substr(value + name.size() + 3, shape.find('"', value + name.size() + 3) - value - name.size() - 3));
  }
  return found;
}

// Numbers as a figure says them. Between a number and its unit is a space at which no line ends.
inline std::string printed(const char* format, ...) {
  char text[400];
  va_list values;
  va_start(values, format);
  std::vsnprintf(text, sizeof text, format, values);
  va_end(values);
  return text;
}
inline std::string percent(double share) { return printed("%.1f\u00a0%%", 100 * share); }

// The picture in the text is what the figure shows at first.
inline void expect_same_picture(const std::string& figure) {
  const std::string file = "chapters/" + figure + "/figures/live.svg";
  const ProgramRun now = run_program("node tests/live_figure.js " + figure + " svg");
  EXPECT_EQ(now.output == read_all(file), true) << file << " is not today's: node tests/live_figure.js " << figure << " svg >" << file;
}
