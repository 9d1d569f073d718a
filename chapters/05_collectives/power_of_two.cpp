#include "chapters/05_collectives/power_of_two.h"

#include <algorithm>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/scratch.h"

Survivors::Survivors(MPI_Comm comm) : ranks(ranks_of(comm)) {
  const int rank = rank_of(comm);
  while (2 * count <= ranks) count *= 2;
  extra = ranks - count;
  const bool paired = rank < 2 * extra;
  number = paired ? rank / 2 : rank - extra;
  partner = paired ? rank ^ 1 : -1;
  survives = !paired || rank % 2 == 0;
}

const float* fold_in(float* sum, const float* data, size_t n, const Survivors& survivors, MPI_Comm comm) {
  if (survivors.partner < 0) return data;
  if (!survivors.survives) {
    send_floats(data, n, survivors.partner, comm);
    return data;
  }
  Scratch received = scratch(n);
  receive_floats(received.get(), n, survivors.partner, comm);
  add(sum, data, received.get(), n);
  return sum;
}

void fold_out(float* result, size_t n, const Survivors& survivors, MPI_Comm comm) {
  if (survivors.partner < 0) return;
  if (survivors.survives)
    send_floats(result, n, survivors.partner, comm);
  else
    receive_floats(result, n, survivors.partner, comm);
}

void halve(float* sum, const float* source, const Blocks& blocks, const Survivors& survivors, MPI_Comm comm) {
  const auto begin = [&](int survivor) { return survivors.begin(blocks, survivor); };
  const size_t first_half = begin(survivors.count / 2);
  Scratch received = scratch(std::max(first_half, blocks.n - first_half));
  int low = 0, high = survivors.count;  // the survivors that still work on the same elements as this one
  while (high - low > 1) {
    const int half = (high - low) / 2, middle = low + half;
    const bool lower = survivors.number < middle;
    const int partner = survivors.first_rank(lower ? survivors.number + half : survivors.number - half);
    const size_t give = begin(lower ? middle : low), give_end = begin(lower ? high : middle);
    (lower ? high : low) = middle;
    const size_t keep = begin(low), kept = begin(high) - keep;
    exchange_floats(source + give, give_end - give, partner, received.get(), kept, partner, comm);
    add(sum + keep, source + keep, received.get(), kept);
    source = sum;
  }
  const size_t mine = begin(low);
  if (source != sum) std::copy_n(source + mine, begin(high) - mine, sum + mine);
}

void double_up(float* all, const Blocks& blocks, const Survivors& survivors, MPI_Comm comm) {
  const auto begin = [&](int survivor) { return survivors.begin(blocks, survivor); };
  for (int width = 1; width < survivors.count; width *= 2) {
    const int low = survivors.number & ~(width - 1);  // this rank has the elements of [low, low + width)
    const int other = low ^ width;                    // and its partner those of [other, other + width)
    exchange_floats(all + begin(low), begin(low + width) - begin(low),
                    survivors.first_rank(survivors.number ^ width), all + begin(other),
                    begin(other + width) - begin(other), survivors.first_rank(survivors.number ^ width),
                    comm);
  }
}
