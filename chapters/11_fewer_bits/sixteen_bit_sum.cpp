#include "chapters/11_fewer_bits/sixteen_bit_sum.h"

#include <climits>

#include "chapters/05_collectives/blocks.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

constexpr int operands_tag = 1, sums_tag = 2;

}  // namespace

void add_sixteen_bits(float* sum, const std::vector<const uint16_t*>& x, size_t n, const SixteenBits& format, SumIn how) {
  std::vector<float> next(n);
  std::vector<uint16_t> rounded(how == SumIn::sixteen_bits ? n : 0);
  format.widen(sum, x[0], n);
  for (size_t r = 1; r < x.size(); ++r) {
    format.widen(next.data(), x[r], n);
    for (size_t i = 0; i < n; ++i) sum[i] += next[i];
    if (how == SumIn::floats) continue;
    format.narrow(rounded.data(), sum, n);
    format.widen(sum, rounded.data(), n);
  }
}

size_t allreduce_sixteen_bits(float* data, size_t n, const SixteenBits& format, SumIn how, MPI_Comm comm) {
  const Blocks blocks{n, ranks_of(comm)};
  const int ranks = blocks.ranks, rank = rank_of(comm);
  if (ranks == 1) return 0;
  if (n > INT_MAX) throw Error("a sum of " + std::to_string(n) + " numbers is too long for MPI");
  const size_t own = blocks.size(rank);
  std::vector<uint16_t> all(n), operands(own * size_t(ranks));
  std::vector<MPI_Request> requests;
  size_t sent = 0;
  const auto receive = [&](uint16_t* to, size_t count, int from, int tag) {
    MPI_CHECK(MPI_Irecv(to, int(count), MPI_UINT16_T, from, tag, comm, &requests.emplace_back()));
  };
  const auto send = [&](const uint16_t* from, size_t count, int to, int tag) {
    MPI_CHECK(MPI_Isend(from, int(count), MPI_UINT16_T, to, tag, comm, &requests.emplace_back()));
    sent += count * sizeof *from;
  };
  const auto wait = [&] {
    MPI_CHECK(MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE));
    requests.clear();
  };

  format.narrow(all.data(), data, n);
  for (int step = 1; step < ranks; ++step) {
    const int from = (rank - step + ranks) % ranks, to = (rank + step) % ranks;
    receive(operands.data() + size_t(from) * own, own, from, operands_tag);
    send(all.data() + blocks.begin(to), blocks.size(to), to, operands_tag);
  }
  wait();

  uint16_t* const mine = all.data() + blocks.begin(rank);
  std::vector<const uint16_t*> x;
  for (int r = 0; r < ranks; ++r) x.push_back(r == rank ? mine : operands.data() + size_t(r) * own);
  std::vector<float> sum(own);
  add_sixteen_bits(sum.data(), x, own, format, how);
  format.narrow(mine, sum.data(), own);

  for (int step = 1; step < ranks; ++step) {
    const int from = (rank - step + ranks) % ranks, to = (rank + step) % ranks;
    receive(all.data() + blocks.begin(from), blocks.size(from), from, sums_tag);
    send(mine, own, to, sums_tag);
  }
  wait();
  format.widen(data, all.data(), n);
  return sent;
}

double bytes_sent(size_t n, int ranks, int rank, int bytes_of_number) {
  const size_t own = Blocks{n, ranks}.size(rank);
  return double(bytes_of_number) * (double(n - own) + double(own) * (ranks - 1));
}
