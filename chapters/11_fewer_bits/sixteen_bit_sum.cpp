#include "chapters/11_fewer_bits/sixteen_bit_sum.h"

#include <climits>

#include "chapters/05_collectives/blocks.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

constexpr int tag = 1;  // messages between two ranks arrive in the order in which they are sent

// All messages of one exchange: begun, and then waited for.
struct Messages {
  Messages(size_t n, MPI_Comm comm) : blocks{n, ranks_of(comm)}, rank(rank_of(comm)), comm(comm) {
    if (n > INT_MAX) throw Error("a vector of " + std::to_string(n) + " numbers is too long for MPI");
  }
  int before(int step) const { return (rank - step + blocks.ranks) % blocks.ranks; }
  int behind(int step) const { return (rank + step) % blocks.ranks; }
  void receive(uint16_t* to, size_t count, int from) {
    MPI_CHECK(MPI_Irecv(to, int(count), MPI_UINT16_T, from, tag, comm, &requests.emplace_back()));
  }
  void send(const uint16_t* from, size_t count, int to) {
    MPI_CHECK(MPI_Isend(from, int(count), MPI_UINT16_T, to, tag, comm, &requests.emplace_back()));
    sent += count * sizeof *from;
  }
  void wait() {
    MPI_CHECK(MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE));
    requests.clear();
  }

  Blocks blocks;
  int rank;
  MPI_Comm comm;
  size_t sent = 0;  // bytes
  std::vector<MPI_Request> requests;
};

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

size_t reduce_scatter_sixteen_bits(float* mine, const float* data, size_t n, const SixteenBits& format, SumIn how, MPI_Comm comm) {
  Messages messages(n, comm);
  const Blocks& blocks = messages.blocks;
  const size_t own = blocks.size(messages.rank);
  std::vector<uint16_t> all(n), operands(own * size_t(blocks.ranks));
  format.narrow(all.data(), data, n);
  for (int step = 1; step < blocks.ranks; ++step) {
    const int from = messages.before(step), to = messages.behind(step);
    messages.receive(operands.data() + size_t(from) * own, own, from);
    messages.send(all.data() + blocks.begin(to), blocks.size(to), to);
  }
  messages.wait();
  std::vector<const uint16_t*> x;
  for (int r = 0; r < blocks.ranks; ++r)
    x.push_back(r == messages.rank ? all.data() + blocks.begin(r) : operands.data() + size_t(r) * own);
  add_sixteen_bits(mine, x, own, format, how);
  return messages.sent;
}

size_t allgather_sixteen_bits(float* all, const float* mine, size_t n, const SixteenBits& format, MPI_Comm comm) {
  Messages messages(n, comm);
  const Blocks& blocks = messages.blocks;
  std::vector<uint16_t> narrow(n);
  uint16_t* const own = narrow.data() + blocks.begin(messages.rank);
  format.narrow(own, mine, blocks.size(messages.rank));
  for (int step = 1; step < blocks.ranks; ++step) {
    const int from = messages.before(step), to = messages.behind(step);
    messages.receive(narrow.data() + blocks.begin(from), blocks.size(from), from);
    messages.send(own, blocks.size(messages.rank), to);
  }
  messages.wait();
  format.widen(all, narrow.data(), n);
  return messages.sent;
}

size_t allreduce_sixteen_bits(float* data, size_t n, const SixteenBits& format, SumIn how, MPI_Comm comm) {
  const Blocks blocks{n, ranks_of(comm)};
  if (blocks.ranks == 1) return 0;
  std::vector<float> sum(blocks.size(rank_of(comm)));
  const size_t sent = reduce_scatter_sixteen_bits(sum.data(), data, n, format, how, comm);
  return sent + allgather_sixteen_bits(data, sum.data(), n, format, comm);
}

double bytes_sent(size_t n, int ranks, int rank, int bytes_of_number) {
  const size_t own = Blocks{n, ranks}.size(rank);
  return double(bytes_of_number) * (double(n - own) + double(own) * (ranks - 1));
}
