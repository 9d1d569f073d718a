// Nonsense on the command line of every program: see nonsense.h. And the help of those that have ranks.
#include "tests/nonsense.h"

TEST(Nonsense, IsRefusedInOneLineByEveryProgram) { nonsense::expect_one_line(nonsense::all_cases(), 1); }

TEST(Help, IsSaidOnceByTwoRanks) {
  std::vector<std::string> programs = nonsense::all_programs();
  std::erase_if(programs, [](const std::string& name) { return name < "chapters/04" || name.starts_with("chapters/13_"); });  // one process
  EXPECT_GE(programs.size(), 30u);
  std::vector<std::string> said(programs.size());
  nonsense::for_all(programs.size(), [&](size_t i) { said[i] = run_program("sh common/mpi/launch 2 " + build_folder() + "/" + programs[i] + " --help").output; });
  for (size_t i = 0; i < programs.size(); ++i) {
    const std::string first = said[i].substr(0, said[i].find('\n') + 1);
    EXPECT_GE(first.size(), 20u) << programs[i];
    EXPECT_EQ(said[i].find(first, 1), std::string::npos) << programs[i] << ":\n" << said[i];
  }
}
