// Runs each program of tests/mpi_guard under its launcher and looks at what its user sees: the exit status and
// the words that its own `// expect:` lines ask for. A program with status 0 must leave the guard silent.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/program.h"

namespace {

struct Planted {
  std::string name, ranks, status = "86";
  std::vector<std::string> expected;
};

// What GoogleTest prints of a parameter.
void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

Planted read_planted(const std::filesystem::path& source) {
  Planted planted;
  planted.name = source.stem();
  std::ifstream file(source);
  const auto value = [](const std::string& line, const std::string& key) {
    return line.compare(0, key.size(), key) == 0 ? line.substr(key.size()) : "";
  };
  for (std::string line; std::getline(file, line);) {
    if (const auto words = value(line, "// expect: "); !words.empty()) planted.expected.push_back(words);
    if (const auto words = value(line, "// ranks: "); !words.empty()) planted.ranks = words;
    if (const auto words = value(line, "// status: "); !words.empty()) planted.status = words;
  }
  return planted;
}

std::vector<Planted> all_planted() {
  std::vector<Planted> all;
  for (const auto& entry : std::filesystem::directory_iterator("tests/mpi_guard"))
    if (entry.path().extension() == ".cpp") all.push_back(read_planted(entry.path()));
  std::sort(all.begin(), all.end(), [](const Planted& a, const Planted& b) { return a.name < b.name; });
  return all;
}

class Guard : public ::testing::TestWithParam<Planted> {
 protected:
  void look_at(const std::string& wait) {
    const Planted& planted = GetParam();
    const auto begin = std::chrono::steady_clock::now();
    const ProgramRun run =
        run_program("GUARD_TIMEOUT=0.5 GUARD_WAIT=" + wait + " timeout 60 common/mpi/launch " +
                    planted.ranks + " " + build_folder() + "/tests/mpi_guard/" + planted.name);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (planted.status == "not 0")
      EXPECT_NE(run.status, 0) << run.output;
    else
      EXPECT_EQ(std::to_string(run.status), planted.status) << run.output;
    for (const std::string& words : planted.expected)
      EXPECT_NE(run.output.find(words), std::string::npos) << "missing: " << words << "\n" << run.output;
    EXPECT_TRUE(planted.status != "0" || run.output.find("guard:") == std::string::npos) << run.output;
    EXPECT_LT(took.count(), 30) << run.output;
  }
};

TEST_P(Guard, ExplainsPoliteRanks) { look_at("polite"); }

TEST_P(Guard, ExplainsSpinningRanks) {
  if (std::stoi(GetParam().ranks) > 2) return;  // ranks that outnumber the cores do not spin
  look_at("plain");
}

INSTANTIATE_TEST_SUITE_P(Planted, Guard, ::testing::ValuesIn(all_planted()),
                         [](const auto& info) { return info.param.name; });

}  // namespace

TEST(Launcher, OneOfAnotherMpiFailsLoudly) {
  // What such a launcher does: each process is started with no word on the others.
  const ProgramRun run = run_program("EXPECT_RANKS=4 " + build_folder() + "/tests/mpi_session_test");
  EXPECT_NE(run.status, 0);
  EXPECT_NE(run.output.find("MPI started 1 rank, not 4"), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("do not belong together"), std::string::npos) << run.output;
}
