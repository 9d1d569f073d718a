// From addresses in a program's file to FILE:LINE, by addr2line of the binutils. Slow: it starts a process.
#pragma once

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

// A line for each address; with the flag -i one more for each level of inlining, the innermost first. Empty if it cannot be run.
inline std::vector<std::string> addr2line(const std::string& program, const std::vector<unsigned long>& addresses, const std::string& flags = "") {
  std::string command = "addr2line " + flags + " -e '";
  for (char c : program) command += c == '\'' ? "'\\''" : std::string(1, c);  // a quote in the name of a folder
  command += "'";
  char buffer[2000];
  for (unsigned long address : addresses) std::snprintf(buffer, sizeof buffer, " %#lx", address), command += buffer;
  std::vector<std::string> lines;
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (!pipe) return lines;
  while (std::fgets(buffer, sizeof buffer, pipe)) {
    const std::string line(buffer, std::strcspn(buffer, "\n"));
    lines.push_back(line.substr(0, line.find(" (discriminator")));
  }
  pclose(pipe);
  return lines;
}
