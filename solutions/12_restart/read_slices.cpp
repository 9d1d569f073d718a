// Reading a checkpoint that was written by slices, on another number of tensor ranks.
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
  // BEGIN SOLUTION
  const Range mine = share(size_t(out), size_t(readers), size_t(reader));
  const float* theirs = file;
  for (int writer = 0; writer < writers; ++writer) {
    const Range columns = share(size_t(out), size_t(writers), size_t(writer));
    for (size_t row = 0; row <= size_t(in); ++row)  // the last one is the bias
      for (size_t c = std::max(mine.first, columns.first); c < std::min(mine.last, columns.last); ++c)
        block[row * mine.size() + c - mine.first] = theirs[row * columns.size() + c - columns.first];
    theirs += (size_t(in) + 1) * columns.size();
  }
  // TODO
  // Which columns do you share with each writer, where does its block begin, and how far apart are its rows, and yours?
  // STUB
  // END SOLUTION
}
