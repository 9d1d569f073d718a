// Reading a checkpoint that was written by slices, on another number of tensor ranks.
//
// Task 12_read_slices: core, 4 points. Try it: make ex-12_read_slices
#include <algorithm>
#include <cstddef>

#include "common/split.h"

// A layer with weights w (in, out) and bias b (out) is cut by columns: with p tensor ranks, rank r has the columns
// share(out, p, r), maybe none. It keeps them as one block: its columns of w, (in, columns) row by row, and behind these its
// part of b, (columns).
//
// The checkpoint `file` has the blocks of `writers` ranks, one after another, as they lay in memory. (The chapter's files
// list numbers in the order of the unsplit network; these do not.) Now there are `readers` ranks, more or fewer.
//
// block: what rank `reader` of these keeps, in the same form.
void read_slice(float* block, int reader, int readers, const float* file, int writers, int in, int out) {
  // --- YOUR CODE (9 lines in ours)
  // Which columns do you share with each writer, where does its block begin, and how far apart are its rows, and yours?
  // --- END OF YOUR CODE
}
// As generated: 1542299372-1094
