// The options of a program as its --help shows them, without their texts.
#pragma once

#include <sstream>
#include <string>

// "--keep N how many to keep (1 to 1000) [3]" is "keep N (1 to 1000) [3]"; a line for each.
inline std::string options_in(const std::string& help) {
  std::string options;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  --")) continue;
    const size_t text = line.find("  ", 4), standard = line.ends_with(']') ? line.rfind(" [") : line.size();
    size_t range = line.rfind(" (", standard);
    if (range == std::string::npos || line[standard - 1] != ')' || line.find_first_of("0123456789", range) > standard) range = standard;
    options += line.substr(4, text - 4) + line.substr(range) + "\n";
  }
  return options;
}
