#include <algorithm>
#include <cmath>

#include "common/split.h"
#include "tests/exercises/judge.h"

namespace {

std::string text(size_t number) { return std::to_string(number); }
std::string inputs(size_t first, size_t n) {
  return n == 1 ? "input " + text(first) : "inputs " + text(first) + " to " + text(first + n - 1);
}
std::string left_out(size_t first, size_t n) {
  return inputs(first, n) + (n == 1 ? " is" : " are") + " left out";
}
std::string at(size_t i, size_t j) { return "the rank in row " + text(i) + ", column " + text(j); }

struct Product {
  size_t down, across, rows, in, out, width;
  // Positive whole numbers: every sum is exact, and none of them is 0, as what was never received may be.
  Floats x = small_integers(rows * in, 1, 900), w = small_integers(in * out, 1, 900);

  std::string in_words() const {
    return "on a grid of " + text(down) + " x " + text(across) + " ranks, rows " + text(rows) + ", in " +
           text(in) + ", out " + text(out) + ", width " + text(width) + ": ";
  }
};

// A part of x or of w: its rows of x or columns of w, with the inputs [first, first + n), row by row.
Floats part_of_x(const Product& p, Range rows, size_t first, size_t n) {
  Floats part;
  for (size_t row = rows.first; row < rows.last; ++row)
    for (size_t k = first; k < first + n; ++k) part.push_back(p.x[row * p.in + k]);
  return part;
}
Floats part_of_w(const Product& p, Range columns, size_t first, size_t n) {
  Floats part;
  for (size_t k = first; k < first + n; ++k)
    for (size_t o = columns.first; o < columns.last; ++o) part.push_back(p.w[k * p.out + o]);
  return part;
}

bool same(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// One of the two matrices, as a rank in row i and column j of the grid sees it.
struct Side {
  const Product& p;
  bool is_x;
  size_t i, j;

  std::string name() const { return is_x ? "x" : "w"; }
  Range lines_of(size_t i, size_t j) const {
    return is_x ? share(p.rows, p.down, i) : share(p.out, p.across, j);
  }
  Range lines() const { return lines_of(i, j); }
  Floats part(Range lines, size_t first, size_t n) const {
    return is_x ? part_of_x(p, lines, first, n) : part_of_w(p, lines, first, n);
  }
  // Who has this input, in the row of the grid for x, in the column for w: its number there, and all of its inputs.
  size_t owner(size_t input) const {
    size_t index = 0;
    while (owned_by(index).last <= input) ++index;
    return index;
  }
  Range owned_by(size_t index) const { return share(p.in, is_x ? p.across : p.down, index); }
  std::string owner_in_words(size_t input) const { return is_x ? at(i, owner(input)) : at(owner(input), j); }

  // What a copy from the owner's block gives that begins `shift` inputs too late, or takes the panel for one piece.
  // NaN behind the block.
  Floats copied(size_t first, size_t n, size_t shift, bool one_piece) const {
    const Range owned = owned_by(owner(first));
    const Floats block = part(lines(), owned.first, owned.size());
    const size_t begin = first - owned.first + shift, lines_here = lines().size();
    Floats copy;
    for (size_t e = 0; e < n * lines_here; ++e) {
      const size_t place = !is_x       ? begin * lines_here + e
                           : one_piece ? begin + e
                                       : e / n * owned.size() + begin + e % n;
      copy.push_back(place < block.size() ? block[place] : NAN);
    }
    return copy;
  }
};

// A panel that add_product was given, where the inputs [first, first + n) are due. `only_sure`: "" where there is no
// mistake to be named.
std::string wrong_panel(const Side& side, const Floats& panel, size_t number, size_t first, size_t n,
                        bool only_sure) {
  const Floats right = side.part(side.lines(), first, n);
  if (panel == right) return "";
  const std::string it = "panel " + text(number) + " of " + side.name();
  const Range owned = side.owned_by(side.owner(first));
  const auto is_copied = [&](size_t shift, bool one_piece) {
    return std::ranges::equal(panel, side.copied(first, n, shift, one_piece), same);
  };
  const size_t others = side.is_x ? side.p.down : side.p.across;
  for (size_t other = 0; other < others; ++other)
    if (const Range lines = side.is_x ? side.lines_of(other, 0) : side.lines_of(0, other);
        lines != side.lines() && panel == side.part(lines, first, n))
      return it + (side.is_x ? " has the rows of x that row " : " has the columns of w that column ") +
             text(other) + " of the grid has: " +
             (side.is_x ? "x travels along a row of the grid, not along a column"
                        : "w travels along a column of the grid, not along a row");
  if (owned.first > 0 && is_copied(owned.first, false))
    return it + " is read from the block at the number that its inputs have in the whole " + side.name() +
           "; the block of " + side.owner_in_words(first) + " begins with input " + text(owned.first);
  for (size_t other = 0; other + n <= side.p.in; ++other)
    if (panel == side.part(side.lines(), other, n))
      return it + " has " + inputs(other, n) + ", and it is the turn of input " + text(first) +
             (other > first ? ": " + left_out(first, other - first) : "");
  if (side.is_x && is_copied(0, true))
    return it + " is copied as one piece, but the rows of the block lie " + text(owned.size()) +
           " elements apart";
  if (only_sure) return "";
  const std::string from = it + ", " + inputs(first, n) + ", ";
  if (std::ranges::count(panel, 0.0f) == long(panel.size()))
    return from + "has zeros only: " + side.owner_in_words(first) + " has it and must broadcast it";
  if (std::ranges::any_of(panel, [](float value) { return std::isnan(value); }))
    return from + "has elements from outside of the block of " + side.owner_in_words(first) + ", which has " +
           inputs(owned.first, owned.size());
  size_t e = 0;
  while (panel[e] == right[e]) ++e;
  return from + "has " + text(size_t(panel[e])) + " as element " + text(e) + "; it should be " +
         text(size_t(right[e])) + ", from " + side.owner_in_words(first);
}

// What one rank answers about one product.
struct Calls {
  std::vector<int> sizes;
  Floats panels, y;
};

// The panels, one after another, must be all inputs in ascending order. `lengths` gets the number of inputs of each.
std::string wrong_calls(const Product& p, const Calls& calls, size_t i, size_t j, bool only_sure,
                        std::vector<size_t>& lengths) {
  const size_t tall = share(p.rows, p.down, i).size(), wide = share(p.out, p.across, j).size();
  if (tall * wide == 0) return "";  // there is nothing to add, and no need to call it
  if (calls.sizes.empty()) return only_sure ? "" : "add_product is never called: there is no panel";
  size_t first = 0;
  auto values = calls.panels.begin();
  for (size_t c = 0; c < calls.sizes.size(); c += 3) {
    const int rows = calls.sizes[c], n = calls.sizes[c + 1], out = calls.sizes[c + 2];
    if (rows != int(tall) || out != int(wide))
      return "add_product is called with " + std::to_string(rows) + " rows and out " + std::to_string(out) +
             "; the block of y is " + text(tall) + " x " + text(wide);
    if (n < 0 || n > int(p.width))
      return "panel " + text(c / 3) + " has " + std::to_string(n) +
             " inputs; a panel has at most `width`, and that is " + text(p.width);
    if (first + size_t(n) > p.in)
      return "panel " + text(c / 3) + " ends behind the last input: the panels before have " + text(first) +
             ", it has " + text(size_t(n));
    for (bool is_x : {true, false}) {
      const Side side{p, is_x, i, j};
      const Floats panel(values, values + n * long(side.lines().size()));
      values += long(panel.size());
      if (std::string words = wrong_panel(side, panel, c / 3, first, size_t(n), only_sure); !words.empty())
        return words;
      if (only_sure && panel != side.part(side.lines(), first, size_t(n))) return "";
    }
    lengths.push_back(size_t(n));
    first += size_t(n);
  }
  return first == p.in ? "" : left_out(first, p.in - first) + " behind the last panel";
}

// The panels are right.
std::string wrong_y(const Product& p, const Floats& y, size_t i, size_t j,
                    const std::vector<size_t>& lengths) {
  const Range rows = share(p.rows, p.down, i), columns = share(p.out, p.across, j);
  const auto sum = [&](size_t first) {
    Doubles sums;
    for (size_t row = rows.first; row < rows.last; ++row)
      for (size_t o = columns.first; o < columns.last; ++o) {
        sums.push_back(0);
        for (size_t k = first; k < p.in; ++k) sums.back() += double(p.x[row * p.in + k]) * p.w[k * p.out + o];
      }
    return sums;
  };
  if (std::ranges::count_if(y, [](float value) { return std::isnan(value); }) == long(y.size()))
    return "y is not cleared before the first product is added to it";
  return compare_values("y", y, sum(0), 0,
                        {{"y is the product of the last panel alone: it must be added to those before",
                          sum(p.in - lengths.back())}},
                        columns.size());
}

std::string wrong_product(const Product& p, const std::vector<Calls>& of_ranks) {
  const size_t ranks = p.down * p.across;
  std::vector<std::vector<size_t>> lengths(ranks);
  for (bool only_sure :
       {true, false})  // a mistake that has a name, on whatever rank, explains more than a wrong number
    for (size_t rank = 0; rank < ranks; ++rank) {
      lengths[rank].clear();
      const size_t i = rank / p.across, j = rank % p.across;
      if (std::string words = wrong_calls(p, of_ranks[rank], i, j, only_sure, lengths[rank]); !words.empty())
        return words + " (on " + at(i, j) + ")";
    }
  for (size_t rank = 0; rank < ranks; ++rank) {
    const size_t i = rank / p.across, j = rank % p.across;
    if (of_ranks[rank].y.empty()) continue;
    if (std::string words = wrong_y(p, of_ranks[rank].y, i, j, lengths[rank]); !words.empty())
      return words + " (on " + at(i, j) + ")";
  }
  return "";
}

Calls calls_of(Answers& answers, const Product& p, size_t i, size_t j) {
  const size_t tall = share(p.rows, p.down, i).size(), wide = share(p.out, p.across, j).size();
  Calls calls;
  calls.sizes = answers.integers("the calls of add_product",
                                 size_t(std::clamp(answers.number("their number"), 0.0, 1e6)));
  size_t floats = 0;
  for (size_t c = 0; c < calls.sizes.size(); c += 3)
    if (calls.sizes[c] == int(tall) && calls.sizes[c + 2] == int(wide) && calls.sizes[c + 1] >= 0 &&
        calls.sizes[c + 1] <= int(p.in))
      floats += size_t(calls.sizes[c + 1]) * (tall + wide);
  calls.panels = answers.floats("the panels", floats);
  calls.y = answers.floats("y", tall * wide);
  return calls;
}

// All in one launch; they have the same number of ranks.
std::string wrong_with(const std::vector<Product>& products) {
  Trial trial;
  trial.give(int(products.size()));
  for (const Product& p : products) {
    for (size_t number : {p.down, p.across, p.rows, p.in, p.out, p.width}) trial.give(int(number));
    trial.give(p.x).give(p.w);
  }
  std::vector<Answers> answers = trial.run_ranks(int(products[0].down * products[0].across));
  for (const Product& p : products) {
    std::vector<Calls> of_ranks;
    for (size_t rank = 0; rank < answers.size(); ++rank)
      of_ranks.push_back(calls_of(answers[rank], p, rank / p.across, rank % p.across));
    if (std::string words = wrong_product(p, of_ranks); !words.empty()) return p.in_words() + words;
  }
  return "";
}

// covers: y (rows, out) = | What y holds | grid_row has
TEST(summa, EqualBlocks) { EXPECT_RIGHT(wrong_with({{2, 2, 4, 10, 4, 3}})); }
// The last one has ranks without a part of y that the others need all the same. Who waits for them is named best at the end.
// covers: The rank in row i | Of each panel | in is cut
TEST(summa, MoreColumnsThanRows) {
  EXPECT_RIGHT(wrong_with({{2, 3, 4, 6, 6, 6}, {2, 3, 5, 11, 7, 3}, {2, 3, 1, 7, 2, 2}}));
}
// Every grid of so many ranks; sizes that nothing divides, and some that are smaller than the grid.
// covers: SUMMA (R. | So a rank needs
TEST(summa, AllGrids) {
  for (int ranks : {6, 1}) {
    std::vector<Product> products;
    for (size_t down = 1; down <= size_t(ranks); ++down)
      if (const size_t across = size_t(ranks) / down; down * across == size_t(ranks))
        products.push_back({down, across, size_t(random_number(6, 8)), size_t(random_number(5, 11)), 6, 2});
    products.push_back({size_t(ranks), 1, 1, 3, 5, 10});
    EXPECT_RIGHT(wrong_with(products));
  }
}

// explains (a function of the judge's): Ours: y | The judge sees
// explains (why panels end there): A panel that ends

}  // namespace
