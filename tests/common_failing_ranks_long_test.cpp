// Every program, every place, the first, a middle and the last rank, and a rank that is alone: see failing_ranks.h.
#include "tests/failing_ranks.h"
#include "tests/nonsense.h"

TEST(FailingRankLong, IsHeardAtEveryPlaceOfEveryProgram) {
  std::vector<Case> cases;
  for (const Failing& failing : all_failing())
    for (int rank : {0, 1, 2})
      if (rank == 0 || failing.ranks == Failing::any) cases.push_back({failing, rank, 3});
  expect_no_complaints(cases);
}

TEST(FailingRankLong, IsHeardWhereItIsAlone) {
  std::vector<Case> cases;
  for (const Failing& failing : all_failing())
    if (failing.fewest == 1) cases.push_back({failing, 0, 1});
  expect_no_complaints(cases);
}

// All ranks meet the same nonsense: one line, not three.
TEST(NonsenseLong, IsRefusedInOneLineByAllRanksTogether) {
  std::vector<nonsense::Case> cases = nonsense::all_cases();
  std::erase_if(cases, [](const nonsense::Case& c) { return c.program < "chapters/04" || c.program.starts_with("chapters/13"); });
  nonsense::expect_one_line(cases, 3);
}
