#include "tests/exercises/08_layer_splitting/pipeline.h"

namespace {

std::string wrong_with(int ranks, int micro_batches) {
  Answers answers = Trial().give(ranks).give(micro_batches).run();
  Pipeline pipeline{ranks, micro_batches, "FB", {}, [=](int rank, int m) { return m % 2 == 0 ? rank : ranks - 1 - rank; }};
  for (int rank = 0; rank < ranks; ++rank) pipeline.steps.push_back(read_steps(answers));
  const std::string where = " (" + text(ranks) + " ranks, " + text(micro_batches) + " micro-batches)";
  for (int rank = 0; rank < ranks; ++rank)
    if (const std::string words = pipeline.wrong_list(rank); !words.empty()) return words + where;
  int slots = 0;
  if (const std::string words = pipeline.run(slots); !words.empty()) return words + where;
  const int possible = 2 * micro_batches + ranks - 2;
  for (int rank = 0; rank < ranks; ++rank)
    if (const int kept = pipeline.most_kept(rank); kept > ranks)
      return "rank " + text(rank) + " keeps " + text(kept) + " micro-batches at once, from F to B; " + text(ranks) +
             " are allowed" + where;
  return slots > possible ? "takes " + text(slots) + " slots; " + text(possible) + " are enough" + where : "";
}

// covers: Rank r holds | Backward goes | The steps of a rank | F needs that | F and B take
TEST(bidirectional, FourRanks) { EXPECT_RIGHT(wrong_with(4, 4)); }
// covers: All is to be done
TEST(bidirectional, SeveralGroups) {
  EXPECT_RIGHT(wrong_with(2, 6));
  EXPECT_RIGHT(wrong_with(4, 4 * random_number(2, 5)));
}
// covers: At no time
TEST(bidirectional, ManyRanks) {
  EXPECT_RIGHT(wrong_with(6, 6));
  EXPECT_RIGHT(wrong_with(8, 24));
}

// explains (the idea and its source, and what the judge gives): (So all weights | While rank 0 waits
// explains (the idea and its source, and what the judge gives): `ranks` is even | Source: Li

}  // namespace
