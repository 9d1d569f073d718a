#include "tests/exercises/judge.h"

namespace {

using Integers = std::vector<int>;

std::string text(int number) { return std::to_string(number); }

struct Deal {
  int n, block, ranks;
  Integers owner, index, size = Integers(size_t(ranks));

  // Deals the elements out, one after another.
  Deal(int n, int block, int ranks) : n(n), block(block), ranks(ranks) {
    for (int i = 0; i < n; ++i) {
      owner.push_back(i / block % ranks);
      index.push_back(size[size_t(owner.back())]++);
    }
  }
};

std::string wrong_place(const Deal& deal, int i, const Integers& owner, const Integers& index) {
  const int rank = owner[size_t(i)], at = index[size_t(i)];
  const std::string element = "element " + text(i);
  if (rank == deal.owner[size_t(i)] && at == deal.index[size_t(i)]) return "";
  if (rank < 0 || rank >= deal.ranks) return element + " belongs to rank " + text(rank) + ", which does not exist";
  if (rank != deal.owner[size_t(i)] && i < deal.block)
    return element + " belongs to rank " + text(rank) + "; rank 0 gets elements 0 to " + text(deal.block - 1);
  if (rank != deal.owner[size_t(i)])
    return element + ", in block " + text(i / deal.block) + ", belongs to rank " + text(rank) + "; it should be rank " +
           text(deal.owner[size_t(i)]);
  const std::string lies = element + " lies at index " + text(at) + " of rank " + text(rank);
  for (int other = 0; other < i; ++other)
    if (owner[size_t(other)] == rank && index[size_t(other)] == at) return lies + ", and so does element " + text(other);
  const int size = deal.size[size_t(rank)];
  if (at < 0 || at >= size) return element + " lies behind the end of its shard: index " + text(at) + " of " + text(size);
  return lies + "; it should be index " + text(deal.index[size_t(i)]);
}

std::string wrong_size(const Deal& deal, int rank, int size) {
  const int right = deal.size[size_t(rank)], round = deal.block * deal.ranks, rest = deal.n % round;
  if (size == right) return "";
  const std::string is = "the shard of rank " + text(rank) + " has " + text(size) + " elements; it should be " + text(right);
  if (size == deal.n / round * deal.block) return is + ": the round that is cut short is missing";
  if (size > right && rest / deal.block == rank && rest % deal.block > 0)
    return is + ": the last block of the vector has only " + text(rest % deal.block);
  return is;
}

std::string wrong_with(int n, int block, int ranks) {
  const Deal deal(n, block, ranks);
  Answers answers = Trial().give(n).give(block).give(ranks).run();
  const Integers owner = answers.integers("the ranks", size_t(n)), index = answers.integers("the indices", size_t(n)),
                 size = answers.integers("the sizes", size_t(ranks));
  const std::string where = " (" + text(n) + " elements in blocks of " + text(block) + " on " + text(ranks) + " ranks)";
  for (int i = 0; i < n; ++i)
    if (const std::string words = wrong_place(deal, i, owner, index); !words.empty()) return words + where;
  for (int rank = 0; rank < ranks; ++rank)
    if (const std::string words = wrong_size(deal, rank, size[size_t(rank)]); !words.empty()) return words + where;
  return "";
}

// covers: Here it is dealt out | A rank keeps its blocks | The place of element i
TEST(block_cyclic, ElevenElements) { EXPECT_RIGHT(wrong_with(11, 2, 3)); }
// covers: The last block of | How many of the n | n may be 0
TEST(block_cyclic, OddSizes) {
  EXPECT_RIGHT(wrong_with(0, 4, 3));
  EXPECT_RIGHT(wrong_with(1, 1, 1));
  EXPECT_RIGHT(wrong_with(7, 10, 4));
  EXPECT_RIGHT(wrong_with(24, 4, 3));
  EXPECT_RIGHT(wrong_with(random_number(100, 200), random_number(2, 9), random_number(2, 8)));
}

// explains (the chapter's way, and what the judge gives): Chapter 07 cuts | block and ranks

}  // namespace
