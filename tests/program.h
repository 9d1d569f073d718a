// Runs one of our programs from a test and looks at what a user would see: its exit status and its output.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

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

// Where MPI itself ends a job at once, launchers lose words that were written last: that of MPICH 4.0 all of them, about once in twenty
// times, that of Open MPI 4.1 those of MPI, about once in three.
inline bool words_of_mpi_are_lost(const ProgramRun& run) { return run.output.empty() || run.output.find("orte/util/show_help.c") != std::string::npos; }

// Whether a program has ended because there is no GPU. One that asks for a GPU behind the last one has chosen wrongly.
inline bool found_no_gpu(const ProgramRun& run) { return run.status == 77 && run.output.find("there is no such GPU") == std::string::npos; }

// Whether the launcher spreads this many ranks over several hosts (MPIEXEC may name them): then they share neither memory nor cores.
// Asked of chapter 04's hello; false if that is not built.
inline bool on_several_hosts(int ranks) {
  const ProgramRun hello = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch " + std::to_string(ranks) + " " +
                                       build_folder() + "/chapters/04_point_to_point/hello");
  const std::string first = " 0 of " + std::to_string(ranks) + " ";  // of all, and again: of its host
  return hello.status == 0 && hello.output.find(first) == hello.output.rfind(first);
}

// What `body` has written by the time it returns, standard output and standard error in their order: what is still in a buffer of
// this process, as it would be if the process died there, is missing.
inline std::string written_by(auto body) {
  std::fflush(stdout);
  FILE* const file = std::tmpfile();
  const int before[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
  for (int stream : {STDOUT_FILENO, STDERR_FILENO}) dup2(fileno(file), stream);
  body();
  std::string text(size_t(lseek(fileno(file), 0, SEEK_END)), ' ');
  const ssize_t got = pread(fileno(file), text.data(), text.size(), 0);
  text.resize(size_t(std::max<ssize_t>(got, 0)));
  std::fflush(stdout);
  for (int stream : {0, 1}) dup2(before[stream], STDOUT_FILENO + stream), close(before[stream]);
  std::fclose(file);
  return text;
}
