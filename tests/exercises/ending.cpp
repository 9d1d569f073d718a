#include "tests/exercises/ending.h"

#include <csignal>
#include <cstring>
#include <regex>
#include <sstream>
#include <vector>

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(line);
  return lines;
}

// The first line that contains one of the words.
std::string line_with(const std::vector<std::string>& lines, const std::vector<std::string>& words) {
  for (const std::string& line : lines)
    for (const std::string& word : words)
      if (line.find(word) != std::string::npos) return line;
  return "";
}

// Where all ranks wait, common/mpi_guard has said so:
//   guard:   rank 2: MPI_Recv from rank 1, tag 7, MPI_COMM_WORLD, 8 x MPI_FLOAT, at exercises/.../name.cpp:17
//   guard: deadlock: rank 0 waits for rank 1, ...
std::string standstill(const std::vector<std::string>& lines) {
  static const std::regex rank_line("guard:   (rank [0-9]+): (MPI_.*)");
  static const std::regex receive(
      "(MPI_[A-Za-z]*) from (rank [0-9]+|any rank), (tag [0-9]+|any tag).*?(, at .*)?");
  static const std::regex reason_line("guard: ((mismatch|missing|finished|deadlock): .*)");
  std::string who, why;
  bool mismatch = false;
  std::smatch match;
  for (const std::string& line : lines) {
    if (who.empty() && std::regex_match(line, match, rank_line) &&
        !match[2].str().starts_with("MPI_Finalize")) {
      const std::string rank = match[1], call = match[2];
      who = rank + " waits in " + call;
      if (call.starts_with("MPI_Recv") && std::regex_match(call, match, receive))
        who = rank + " waits in MPI_Recv for a message from " + match[2].str() + " with " + match[3].str() +
              " that nobody sent" + match[4].str();
    }
    // What does not match is why others wait or are at the end already.
    if (std::regex_match(line, match, reason_line) && (why.empty() || (match[2] == "mismatch" && !mismatch))) {
      why = "; " + match[1].str();
      mismatch = match[2] == "mismatch";
    }
  }
  return who.empty() ? "" : "timed out: " + who + why;
}

std::string signal_in_words(int signal, const std::vector<std::string>& lines) {
  switch (signal) {
    case SIGSEGV:
    case SIGBUS:
      return "your program was stopped: it touched memory that is not its own (segmentation fault)";
    case SIGABRT: {
      std::string what = line_with(lines, {"what():"});
      if (what.empty()) what = line_with(lines, {"terminate called"});
      return "your program aborted" + (what.empty() ? "" : ": " + what.substr(what.find_first_not_of(' ')));
    }
    case SIGFPE:
      return "your program was stopped: a whole number was divided by zero";
    case SIGXFSZ:
      return "your program was stopped: it wrote more than it may";
    default:
      return std::string("your program was stopped by a signal: ") + strsignal(signal);
  }
}

}  // namespace

std::string ending_in_words(const std::string& report, const std::string& output) {
  std::istringstream in(report);
  std::string how;
  int number = 0;
  in >> how >> number;
  const std::vector<std::string> lines = lines_of(output);
  if (const std::string line = line_with(lines, {"task: your function "}); !line.empty()) return line.substr(line.find("your"));
  if (!line_with(lines, {"Assertion '__n < this->size()' failed", "Assertion '__idx < size()' failed"}).empty())
    return "your program was stopped: it reads or writes behind the last element of a vector";
  if (const std::string text = standstill(lines); !text.empty()) return text;
  // What common/mpi_guard found at the end of a run that seemed to be good.
  for (const std::string word : {"guard: unfinished: ", "guard: forbidden: ", "was never received", "guard: unreceived: "})
    if (const std::string line = line_with(lines, {word}); line.starts_with("guard: ")) return line.substr(line.find(": ", 7) + 2);
  if (how == "wall") return "timed out after " + std::to_string(number) + " s";
  if (how == "cpu")
    return "your program was stopped: it used " + std::to_string(number) +
           " s of processor time (a loop without end?)";
  if (how == "memory")
    return "your program was stopped: it used more than " + std::to_string(number) + " MiB of memory";
  if (how == "disk")
    return "your program was stopped: it wrote more than " + std::to_string(number) + " MiB of files, or more of them than can be counted";
  if (how == "signal") return signal_in_words(number, lines);

  // A line of cuda_on_cpu or of MPI_CHECK says more than the last one, which may be a launcher's.
  std::string said = line_with(lines, {"cuda_on_cpu: ", ": rank ", "MPI error", "what():"});
  if (said.empty() && !lines.empty()) said = lines.back();
  return "your program ended with status " + std::to_string(number) + (said.empty() ? "" : ": " + said);
}
