#include "tests/exercises/judge.h"

namespace {

struct Batch {
  int rows, in, out;
  Floats x = small_integers(size_t(rows) * size_t(in)), dy = small_integers(size_t(rows) * size_t(out), 1, 8),
         old = small_integers(size_t(out) * size_t(in), 100, 200);  // what dw holds before

  // dw (out, in) = dyᵀ · x, over the first `used` rows
  Doubles gradient(int used) const {
    Doubles dw(old.size());
    for (int r = 0; r < used; ++r)
      for (int o = 0; o < out; ++o)
        for (int i = 0; i < in; ++i)
          dw[size_t(o * in + i)] += double(dy[size_t(r * out + o)]) * x[size_t(r * in + i)];
    return dw;
  }
  Floats ask() const {
    return Trial().give(rows).give(in).give(out).give(x).give(dy).give(old).run().floats("dw", old.size());
  }
};

Doubles transposed(const Doubles& a, size_t rows, size_t columns) {
  Doubles b(a.size());
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j) b[j * rows + i] = a[i * columns + j];
  return b;
}

// Says which rows of dw are sums over too few rows of the batch.
std::string missing_rows(const Batch& batch, const Floats& dw) {
  const size_t in = size_t(batch.in);
  for (int used = 0; used < batch.rows; ++used) {
    const Doubles part = batch.gradient(used), whole = batch.gradient(batch.rows);
    for (size_t o = 0; o < size_t(batch.out); ++o) {
      const Floats row(dw.begin() + long(o * in), dw.begin() + long((o + 1) * in));
      auto of = [&](const Doubles& all) {
        return Doubles(all.begin() + long(o * in), all.begin() + long((o + 1) * in));
      };
      if (within(row, of(part), 0) && !within(row, of(whole), 0))
        return "row " + std::to_string(o) + " of dw is the sum over " + std::to_string(used) +
               " rows; your batch has " + std::to_string(batch.rows);
    }
  }
  return "";
}

std::string wrong_with(const Batch& batch, const Floats& dw) {
  const Doubles right = batch.gradient(batch.rows);
  if (within(dw, right, 0)) return "";
  if (const std::string text = missing_rows(batch, dw); !text.empty()) return text;
  Doubles added = right, divided = right;
  for (size_t i = 0; i < right.size(); ++i) added[i] += batch.old[i], divided[i] /= batch.rows;
  return compare_values("dw", dw, right, 0,
                        {{"dw is added to what it held before; it is to be overwritten", added},
                         {"dw is laid out as (in, out); row o belongs to output o, so it is (out, in)",
                          transposed(right, size_t(batch.out), size_t(batch.in))},
                         {"dw is divided by the rows of the batch; dy already is", divided}},
                        size_t(batch.in));
}

// Small whole numbers: every sum is exact, in any order.
// covers: dw (out, in) | What dw held
TEST(transposed_weights, EveryRowOfTheBatchCounts) {
  const Batch batch{.rows = 16, .in = 7, .out = 5};
  EXPECT_RIGHT(wrong_with(batch, batch.ask()));
}

// covers: All matrices are
TEST(transposed_weights, OddSizes) {
  for (const auto& [rows, in, out] :
       {std::array{1, 1, 1}, {1, 3, 2}, {3, 1, 4}, {13, 65, 10}, {128, 33, 7}}) {
    const Batch batch{.rows = rows, .in = in, .out = out};
    EXPECT_RIGHT(wrong_with(batch, batch.ask()))
        << " (batch of " << rows << " rows, in " << in << ", out " << out << ")";
  }
}

// explains (which layer it is): A layer y | Chapter 01 stores

}  // namespace
