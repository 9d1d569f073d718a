#include <cmath>

#include "common/split.h"
#include "tests/exercises/judge.h"

namespace {

std::string text(size_t number) { return std::to_string(number); }

// Element (row, column) of the layer has the value `of`; row `in` is the bias.
struct Layer {
  size_t in, out;
  Floats w = random_floats((in + 1) * out);

  float of(size_t row, size_t column) const { return w[row * out + column]; }
  Floats block(size_t ranks, size_t rank) const {
    const Range columns = share(out, ranks, rank);
    Floats block;
    for (size_t row = 0; row <= in; ++row)
      for (size_t c = columns.first; c < columns.last; ++c) block.push_back(of(row, c));
    return block;
  }
  Floats file(size_t writers) const {
    Floats all;
    for (size_t writer = 0; writer < writers; ++writer) {
      const Floats part = block(writers, writer);
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }
};

std::string element(const Layer& layer, size_t row, size_t column) {
  return row == layer.in ? "b[" + text(column) + "]" : "w[" + text(row) + "][" + text(column) + "]";
}

std::string wrong_block(const Floats& block, const Layer& layer, size_t readers, size_t reader, const Floats& file) {
  const Floats right = layer.block(readers, reader);
  if (block == right) return "";
  const Range mine = share(layer.out, readers, reader);
  Layer unsplit = layer;
  unsplit.w = file;
  if (block == unsplit.block(readers, reader)) return "the block is read as if the file had the unsplit matrix";
  for (size_t i = 0; i < block.size(); ++i) {
    const size_t row = i / mine.size(), column = mine.first + i % mine.size();
    if (std::isnan(block[i]) && row == layer.in && column == mine.first) return "your part of b was never written";
    if (std::isnan(block[i])) return element(layer, row, column) + " was never written";
    if (block[i] == right[i]) continue;
    std::string is = "is no number of the file";
    for (size_t r = 0; r <= layer.in; ++r)
      for (size_t c = 0; c < layer.out; ++c)
        if (layer.of(r, c) == block[i]) is = "is " + element(layer, r, c);
    return "element " + text(i) + " of the block " + is + "; it should be " + element(layer, row, column);
  }
  return "";
}

std::string wrong_with(int writers, int readers, int in, int out) {
  const Layer layer{size_t(in), size_t(out)};
  const Floats file = layer.file(size_t(writers));
  Answers answers = Trial().give(writers).give(readers).give(in).give(out).give(file).run();
  for (size_t reader = 0; reader < size_t(readers); ++reader) {
    const Floats block = answers.floats("block", layer.block(size_t(readers), reader).size());
    if (const std::string words = wrong_block(block, layer, size_t(readers), reader, file); !words.empty())
      return words + " (w is " + text(size_t(in)) + " x " + text(size_t(out)) + ", written by " + text(size_t(writers)) +
             " ranks, read by rank " + text(reader) + " of " + text(size_t(readers)) + ")";
  }
  return "";
}

// covers: A layer with | It keeps them | The checkpoint `file` | block: what
TEST(read_slices, OnMoreRanks) {
  EXPECT_RIGHT(wrong_with(2, 3, 4, 6));
  EXPECT_RIGHT(wrong_with(2, 4, 5, 9));
}
TEST(read_slices, OnFewerRanks) {
  EXPECT_RIGHT(wrong_with(3, 1, 4, 7));
  EXPECT_RIGHT(wrong_with(5, 2, 3, 11));
}
// covers: Now there are
TEST(read_slices, OnAnyRanks) {
  EXPECT_RIGHT(wrong_with(1, 1, 1, 1));
  EXPECT_RIGHT(wrong_with(5, 4, 3, 3));  // some have no columns
  EXPECT_RIGHT(wrong_with(random_number(2, 6), random_number(2, 6), random_number(1, 9), random_number(10, 30)));
}

// explains (another form): (The chapter's files

}  // namespace
