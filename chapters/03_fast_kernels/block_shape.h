// Step 14: how large the blocks of a product are.
#pragma once

#include <cstdint>

namespace fast {

// The largest of 128, 64 and 32 of which there are two blocks for each multiprocessor, for while one waits the other computes;
// 32 where there are not.
inline int edge_of_block(int m, int n, int multiprocessors) {
  for (const int64_t edge : {128, 64})
    if ((m + edge - 1) / edge * ((n + edge - 1) / edge) >= 2 * int64_t{multiprocessors}) return int(edge);
  return 32;
}

int multiprocessors();  // of the current GPU

}  // namespace fast
