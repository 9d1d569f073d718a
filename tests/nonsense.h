// Nonsense on the command line of every program of the chapters: one line that names it, and status 1. Programs and options are
// found, not listed: programs by their `int main`, options by their own --help. How a word becomes a value is asked of Options, in
// common_test; here it is whether a program makes use of it. For common_nonsense_test, and on three ranks for
// common_failing_ranks_long_test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/data_sets.h"
#include "tests/program.h"

namespace nonsense {

// These four take no options: `first` is plain MPI, the others show one thing.
inline const std::set<std::string> without_options = {"chapters/04_point_to_point/first", "chapters/04_point_to_point/hello",
                                               "chapters/04_point_to_point/probe", "chapters/05_collectives/six"};

inline std::vector<std::string> all_programs() {
  std::vector<std::string> programs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("chapters")) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".cu") continue;
    std::ifstream file(entry.path());
    const std::string name = (entry.path().parent_path() / entry.path().stem()).string();
    for (std::string line; std::getline(file, line);)
      if (line.starts_with("int main") && !without_options.contains(name) && std::filesystem::exists(build_folder() + "/" + name))
        programs.push_back(name);
  }
  std::sort(programs.begin(), programs.end());
  return programs;
}

struct Option {
  std::string name, kind, help;  // kind: N, X, N,N,.., TEXT, a|b, or nothing for a flag
};

// --name KIND  what it is [default]
inline std::vector<Option> options_of(const std::string& help) {
  std::vector<Option> options;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  --")) continue;
    std::istringstream words(line);
    Option option;
    words >> option.name;
    if (line[2 + option.name.size() + 1] != ' ') words >> option.kind;
    option.name = option.name.substr(2);
    std::getline(words, option.help);
    if (option.name != "help") options.push_back(option);
  }
  return options;
}

struct Case {
  std::string program, options, line;  // `line`: what it says
  size_t lines = 1;                    // and in how many: it may have said before what it is about to do
  int status() const { return program.ends_with("/checkpoint") ? 2 : 1; }  // of that one, and of diff, 1 means that two files differ
};

// So that a program which takes the nonsense ends soon.
inline std::string small(const std::string& program) {
  return program.ends_with("/train") ? "--hidden 8 --train-samples 500 --epochs 1 " : "";
}

// Their other ranks end at once: rank 0 fails alone, and MPI says in a second line that it ended the job.
inline bool works_on_rank_0(const std::string& program) {
  const std::string name = program.substr(program.rfind('/') + 1);
  return name == "order_of_sums" || name == "formats" || name == "messages";
}

// A data set that is as it should be, but smaller than any batch.
inline const std::string& three_images() {
  static const data_sets::DataSet data({3, 2, 2, 2}, {3, 2, 2, 2});
  return data.folder;
}

// Each kind of mistake once, and every file.
inline std::vector<Case> cases_of(const std::string& program, const std::vector<Option>& options) {
  const std::set<std::string> written = {"csv", "fit", "log", "trace", "events"}, read = {"data", "cluster", "images", "labels"};
  std::vector<Case> cases = {{program, "--nonsense 1", "unknown option --nonsense (--help lists the options)"},
                             {program, "nonsense", "unexpected argument 'nonsense' (--help lists the options)"}};
  std::set<std::string> seen;
  const auto add = [&](const Option& o, const std::string& value, const std::string& line, size_t lines = 1) {
    cases.push_back({program, small(program) + "--" + o.name + value, line, lines});
  };
  for (const Option& o : options) {
    const std::string name = "--" + o.name;
    if (o.name == "device") add(o, " nonsense", name + ": 'nonsense' is not one of " + o.kind);
    if (o.kind == "TEXT" && written.contains(o.name))
      for (const char* file : {" /nonexistent/x", " common"}) add(o, file, "", 3);
    if (o.kind == "TEXT" && read.contains(o.name))
      for (const char* file : {" /nonexistent/x", " common"}) add(o, file, "", works_on_rank_0(program) ? 2 : 1);
    const std::string few = program.ends_with("/search") ? "" : "the 3 ";  // that one wants a second rank first
    if (o.name == "data") add(o, " " + three_images(), few, works_on_rank_0(program) ? 2 : 1);
    if (o.kind.empty() && seen.insert("flag").second) add(o, "=1", name + " takes no value");
    if (!o.kind.empty() && seen.insert("value").second) add(o, "", name + " needs a value");
    if (o.kind == "N" && seen.insert("number").second) add(o, " nonsense", name + ": 'nonsense' is not a whole number that fits");
    if (o.kind == "N" && std::regex_search(o.help, std::regex(R"(\((at least )?[0-9])")) && seen.insert("range").second)
      add(o, " -1", name + ": -1 is out of range, expected");
  }
  return cases;
}

inline std::string complaint(const Case& c, int ranks) {
  const std::string launch = ranks > 1 ? "sh common/mpi/launch " + std::to_string(ranks) + " " : "";
  const std::string command = "timeout 60 " + launch + build_folder() + "/" + c.program + " " + c.options;
  const ProgramRun run = run_program(command);
  std::string wrong;
  if (run.status != c.status()) wrong += "status " + std::to_string(run.status) + ", expected " + std::to_string(c.status()) + "\n";
  const size_t table = contains(run.output, "the fastest by estimate") ? 5 : 0;  // a plan for several ranks comes before a file is opened
  if (run.lines() < 1 || run.lines() > c.lines + table) wrong += "said in " + std::to_string(run.lines()) + " lines\n";
  if (run.output.find(c.line) == std::string::npos) wrong += "does not say: " + c.line + "\n";
  return wrong.empty() ? "" : command + "\n" + wrong + run.output;
}

// Most of such a run is waiting for MPI: several at once.
template <class Work>
void for_all(size_t count, Work work) {
  std::atomic<size_t> next{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([&] {
      for (size_t i = next++; i < count; i = next++) work(i);
    });
  for (std::thread& thread : threads) thread.join();
}

inline std::vector<Case> all_cases() {
  const std::vector<std::string> programs = all_programs();
  EXPECT_GE(programs.size(), 30u);
  std::vector<std::vector<Case>> of_program(programs.size());
  for_all(programs.size(), [&](size_t i) {
    of_program[i] = cases_of(programs[i], options_of(run_program(build_folder() + "/" + programs[i] + " --help").output));
  });
  std::vector<Case> all;
  for (const auto& some : of_program) all.insert(all.end(), some.begin(), some.end());
  EXPECT_GE(all.size(), 7 * programs.size());
  return all;
}

inline void expect_one_line(const std::vector<Case>& cases, int ranks) {
  std::vector<std::string> complaints(cases.size());
  for_all(cases.size(), [&](size_t i) { complaints[i] = complaint(cases[i], ranks); });
  for (const std::string& text : complaints) EXPECT_EQ(text, "");
}

}  // namespace nonsense
