// What --help tells of a program's options, without the explanations: a line each, "batch N (16 to 65536) [1024]". That
// there is one on --help itself is asserted. Ranks other than 0 print no help: of nothing, it tells nothing.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>

inline std::string options_told(const std::string& help) {
  if (help.empty()) return "";
  EXPECT_TRUE(contains(help, "\n  --help "));
  std::istringstream lines(help);
  std::string all;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  --") || line.starts_with("  --help")) continue;
    const size_t name = line.find("  ", 4), range = line.rfind(" ("), value = line.rfind(" [");
    all += line.substr(4, name - 4);
    const bool has_value = value != std::string::npos && line.back() == ']';
    const size_t end = has_value ? value : line.size();
    if (range != std::string::npos && range < end && line[end - 1] == ')') all += line.substr(range, end - range);
    if (has_value) all += line.substr(value);
    all += '\n';
  }
  return all;
}
