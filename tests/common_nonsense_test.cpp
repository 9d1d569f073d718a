// Nonsense on the command line of every program: see nonsense.h.
#include "tests/nonsense.h"

TEST(Nonsense, IsRefusedInOneLineByEveryProgram) { nonsense::expect_one_line(nonsense::all_cases(), 1); }
