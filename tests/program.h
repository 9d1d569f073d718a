// Runs one of our programs from a test and looks at what a user would see: its exit status and its output.
#pragma once

#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

struct ProgramRun {
  int status;          // exit status, or 128 + signal
  std::string output;  // stdout and stderr
  size_t lines() const { return size_t(std::count(output.begin(), output.end(), '\n')); }
};

// The folder that this build writes to.
inline std::string build_folder() {
  const char* folder = std::getenv("B");
  return folder ? folder : "build";
}

// `command` is a shell command line.
inline ProgramRun run_program(const std::string& command) {
  ProgramRun run{-1, ""};
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return run;
  char buffer[4096];
  while (const size_t n = fread(buffer, 1, sizeof buffer, pipe)) run.output.append(buffer, n);
  const int status = pclose(pipe);
  run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return run;
}
