#include "chapters/05_collectives/mpi_collectives.h"

#include <utility>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/04_point_to_point/device_transfer.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "common/mpi/session.h"

// sum (n) = ((x0 + x1) + x2) + ..., or the largest: x of this rank is own (n), those of the others lie in received (ranks - 1, n).
// goes_on: the sum begins with what it holds. sum may be own.
__global__ void combine_kernel(float* sum, const float* own, const float* received, size_t n, int rank, int ranks, bool largest,
                               bool goes_on) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float result = goes_on ? sum[i] : 0.0f;
  for (int r = 0; r < ranks; ++r) {
    const float x = r == rank ? own[i] : received[size_t(r < rank ? r : r - 1) * n + i];
    if (r == 0 && !goes_on) result = x;
    else result = largest ? fmaxf(result, x) : result + x;
  }
  sum[i] = result;
}

// received: where the operands begin in received_.
void MpiCollectives::add(float* sum, const float* own, size_t received, size_t n, Combine combine, Write write) {
  if (n == 0) return;
  constexpr unsigned threads = 256;
  combine_kernel<<<blocks_for(n, threads), threads, 0, device_.stream()>>>(sum, own, received_ + received, n, rank_, ranks_,
                                                                            combine == Combine::largest, write == Write::accumulate);
  CUDA_CHECK(cudaGetLastError());
}

MpiCollectives::MpiCollectives(CudaDevice& device, float* mine, size_t n, MPI_Comm comm, size_t short_sums)
    : GpuCollectives(device, mine, n, comm, short_sums) {
  require_mpi_from_gpus(comm);
  make_room(short_sums);
}

MpiCollectives::~MpiCollectives() { finish(); }

void wait_for_operations(CudaDevice& device) { CUDA_CHECK(cudaStreamSynchronize(device.stream())); }

void require_mpi_from_gpus(MPI_Comm comm) {
  const GpuSupport support = mpi_gpu_support();
  int all = support.direct;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, comm));
  if (!all) throw Error("--exchange mpi: MPI takes no pointers into a GPU's memory (" + support.reason + ")");
}

void MpiCollectives::finish() {
  if (const std::function<void()> rest = std::exchange(rest_, nullptr)) rest();
}

void MpiCollectives::wait() {
  finish();
  device_.synchronize();
}

// What the GPU was given is done: its memory may be read and written by messages.
void MpiCollectives::wait_for_gpu() {
  finish();
  if (ranks_ == 1) return;
  wait_for_operations(device_);
  ++counted_.waits;
}

// For so many elements of each other rank.
void MpiCollectives::make_room(size_t each) {
  const size_t all = size_t(ranks_ - 1) * each;
  if (all <= received_.size()) return;
  received_ = {};
  received_ = Buffer<>(device_, all, Purpose::exchange);
}

// How many elements of each rank this one adds in an allreduce: the whole vector, or its block.
size_t MpiCollectives::operand(size_t count) const { return count <= short_sums_ ? count : Blocks{count, ranks_}.size(rank_); }

void MpiCollectives::send(const float* data, size_t n, int to) { messages_.send(data, n, to, comm_); }

// n elements of each other rank, to received_ from `first` on.
void MpiCollectives::receive_operands(size_t first, size_t n) {
  for (int r = 0; r < ranks_; ++r)
    if (r != rank_) messages_.receive(received_ + first + size_t(r < rank_ ? r : r - 1) * n, n, r, comm_);
  counted_.read += size_t(ranks_ - 1) * n;
}

// To each other rank its block; this rank's right neighbour first, so that no rank is everybody's first target.
void MpiCollectives::send_blocks(const float* data, size_t count) {
  const Blocks blocks{count, ranks_};
  for (int step = 1; step < ranks_; ++step) {
    const int to = (rank_ + step) % ranks_;
    send(data + blocks.begin(to), blocks.size(to), to);
  }
}

void MpiCollectives::gather_blocks(float* data, size_t count) {
  const Blocks blocks{count, ranks_};
  begin_allgather_direct(data, data + blocks.begin(rank_), count, comm_, messages_);
  counted_.written += size_t(ranks_ - 1) * blocks.size(rank_);
}

void MpiCollectives::allreduce(size_t begin, size_t count) {
  require_range(begin, count);
  allreduce_of(mine_ + begin, count, Combine::sum);
}

void MpiCollectives::allreduce_of(float* data, size_t count, Combine combine) {
  const Blocks blocks{count, ranks_};
  const bool is_short = count <= short_sums_;
  wait_for_gpu();
  make_room(operand(count));
  receive_operands(0, operand(count));
  if (is_short) {
    for (int step = 1; step < ranks_; ++step) send(data, count, (rank_ + step) % ranks_);
    rest_ = [=, this] {
      messages_.wait();
      add(data, data, 0, count, combine);
    };
    return;
  }
  send_blocks(data, count);
  rest_ = [=, this] {
    messages_.wait();
    float* const own = data + blocks.begin(rank_);
    add(own, own, 0, blocks.size(rank_), combine);
    wait_for_gpu();
    gather_blocks(data, count);
    messages_.wait();
  };
}

void MpiCollectives::reduce_scatter_to(float* sum, size_t begin, size_t count, Write write) {
  require_range(begin, count);
  const Blocks blocks{count, ranks_};
  const size_t n = blocks.size(rank_);
  wait_for_gpu();
  make_room(n);
  receive_operands(0, n);
  send_blocks(mine_ + begin, count);
  rest_ = [=, this] {
    messages_.wait();
    add(sum, mine_ + begin + blocks.begin(rank_), 0, n, Combine::sum, write);
  };
}

void MpiCollectives::allgather(size_t begin, size_t count) {
  require_range(begin, count);
  wait_for_gpu();
  gather_blocks(mine_ + begin, count);
  rest_ = [this] { messages_.wait(); };
}

void MpiCollectives::sum_parts(const PartsOf& parts_of) {
  const std::vector<Part> own = parts_of(rank_);
  size_t all = 0, first = 0;
  for (const Part& part : own) all += part.count;
  wait_for_gpu();
  make_room(all);
  for (const Part& part : own) {
    receive_operands(first, part.count);
    first += size_t(ranks_ - 1) * part.count;
  }
  for (int step = 1; step < ranks_; ++step) {
    const int to = (rank_ + step) % ranks_;
    for (const Part& part : parts_of(to)) send(mine_ + part.begin, part.count, to);
  }
  rest_ = [=, this] {
    messages_.wait();
    size_t received = 0;
    for (const Part& part : own) {
      add(part.sum, mine_ + part.begin, received, part.count);
      received += size_t(ranks_ - 1) * part.count;
    }
  };
}

void MpiCollectives::spread_parts(const PartsOf& parts_of) {
  wait_for_gpu();
  for (int step = 1; step < ranks_; ++step) {
    const int to = (rank_ + step) % ranks_, from = (rank_ - step + ranks_) % ranks_;
    for (const Part& part : parts_of(from)) messages_.receive(mine_ + part.begin, part.count, from, comm_);
    for (const Part& part : parts_of(rank_)) send(mine_ + part.begin, part.count, to), counted_.written += part.count;
  }
  rest_ = [this] { messages_.wait(); };
}
