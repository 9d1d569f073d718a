#include "chapters/05_collectives/peer_window.h"

#include <algorithm>
#include <string>

#include "chapters/02_cuda/kernels.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/peer_calls.h"
#include "chapters/05_collectives/shared_window.h"
#include "common/error.h"
#include "common/mpi/session.h"

PeerWindow::Places PeerWindow::Places::operator+(size_t offset) const {
  Places moved = *this;
  for (int k = 0; k < count; ++k) moved.at[k] += offset;
  return moved;
}

// Every place in `to` (n) = ((x0 + x1) + x2) + ... over the places in `from` (n). A place may be in both: one thread reads an
// element everywhere, and then writes it.
__global__ void add_kernel(PeerWindow::Places to, PeerWindow::Places from, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float sum = from.at[0][i];
  for (int k = 1; k < from.count; ++k) sum += from.at[k][i];
  for (int k = 0; k < to.count; ++k) to.at[k][i] = sum;
}

// The same with the largest.
__global__ void largest_kernel(PeerWindow::Places to, PeerWindow::Places from, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float largest = from.at[0][i];
  for (int k = 1; k < from.count; ++k) largest = fmaxf(largest, from.at[k][i]);
  for (int k = 0; k < to.count; ++k) to.at[k][i] = largest;
}

// Where there are several places, one of them is this rank's vector, and one more may be what its sum begins with.
void PeerWindow::add(const Places& to, const Places& from, size_t n, Combine combine) {
  if (n == 0) return;
  constexpr unsigned threads = 256;
  if (combine == Combine::sum) add_kernel<<<blocks_for(n, threads), threads, 0, stream_>>>(to, from, n);
  else largest_kernel<<<blocks_for(n, threads), threads, 0, stream_>>>(to, from, n);
  CUDA_CHECK(cudaGetLastError());
  counted_.read += size_t(std::min(from.count, ranks_) - 1) * n;
  counted_.written += size_t(to.count - 1) * n;
}

// A barrier of streams: what this rank queues from here on begins after what all ranks have queued so far. Two events take
// turns, so that no rank records one that a slower rank is still asking for.
void PeerWindow::meet() {
  const std::vector<cudaEvent_t>& reached = reached_[counted_.meetings++ % 2];
  CUDA_CHECK(cudaEventRecord(reached[rank_], stream_));
  barrier_dissemination(comm_);  // of the hosts: every rank has recorded its event
  for (int rank = 0; rank < ranks_; ++rank)
    if (rank != rank_) CUDA_CHECK(cudaStreamWaitEvent(stream_, reached[rank], 0));
}

void PeerWindow::start(size_t begin, size_t count) {
  require_range(begin, count);
  CUDA_CHECK(cudaEventRecord(issued_, device_.stream()));
  CUDA_CHECK(cudaStreamWaitEvent(stream_, issued_, 0));
}

cudaStream_t PeerWindow::stream_behind() {
  start(0, 0);
  return stream_;
}

void PeerWindow::finish() {
  CUDA_CHECK(cudaEventRecord(finished_, stream_));
  CUDA_CHECK(cudaStreamWaitEvent(device_.stream(), finished_, 0));
}

void PeerWindow::wait() { CUDA_CHECK(cudaStreamSynchronize(stream_)); }

void PeerWindow::allreduce(size_t begin, size_t count) {
  start(begin, count);
  if (count <= short_sums_) in_one_shot(vectors_.at[rank_] + begin, count, Combine::sum);
  else in_two_shots(begin, count, Combine::sum);
}

// The vector is free: its last sums were there when this rank's part of that call ended.
void PeerWindow::allreduce_of(float* data, size_t count, Combine combine) {
  const bool is_short = count <= short_sums_;
  start(0, is_short ? 0 : count);
  if (is_short) return in_one_shot(data, count, combine);
  float* const vector = vectors_.at[rank_];
  CUDA_CHECK(cudaMemcpyAsync(vector, data, count * sizeof(float), cudaMemcpyDeviceToDevice, stream_));
  in_two_shots(0, count, combine);
  CUDA_CHECK(cudaMemcpyAsync(data, vector, count * sizeof(float), cudaMemcpyDeviceToDevice, stream_));
}

// Everybody reads everything, out of boxes. So a sum may take the place of its rank's operand at once. The box is filled
// again two calls later: in the meeting of the call between, this stream has waited for all who read it.
void PeerWindow::in_one_shot(float* data, size_t count, Combine combine) {
  const size_t box = short_ones_++ % 2 * short_sums_;
  CUDA_CHECK(cudaMemcpyAsync(box_ + box, data, count * sizeof(float), cudaMemcpyDeviceToDevice, stream_));
  meet();  // all boxes are full
  add({1, {data}}, boxes_ + box, count, combine);
}

// Each rank adds one block, for everybody.
void PeerWindow::in_two_shots(size_t begin, size_t count, Combine combine) {
  const Blocks blocks{count, ranks_};
  const Places block = vectors_ + (begin + blocks.begin(rank_));
  meet();  // all operands are there
  add(block, block, blocks.size(rank_), combine);
  meet();  // all sums are there
}

void PeerWindow::reduce_scatter_to(float* sum, size_t begin, size_t count, Write write) {
  start(begin, count);
  const Blocks blocks{count, ranks_};
  Places operands = vectors_ + (begin + blocks.begin(rank_));
  if (write == Write::accumulate) {
    std::copy_backward(operands.at, operands.at + ranks_, operands.at + ranks_ + 1);
    operands.at[0] = sum;
    ++operands.count;
  }
  meet();  // all vectors are there
  add({1, {sum}}, operands, blocks.size(rank_));
  meet();  // all have added
}

void PeerWindow::allgather(size_t begin, size_t count) {
  start(begin, count);
  const Blocks blocks{count, ranks_};
  const size_t first = begin + blocks.begin(rank_);
  meet();  // nobody needs what is overwritten
  add(vectors_ + first, mine() + first, blocks.size(rank_));
  meet();  // all blocks are there
}

void PeerWindow::sum_parts(const PartsOf& parts_of) {
  start(0, n_);
  meet();  // the vectors of all are there
  for (const Part& part : parts_of(rank_)) add({1, {part.sum}}, vectors_ + part.begin, part.count);
  meet();  // the sums of all are there
}

void PeerWindow::spread_parts(const PartsOf& parts_of) {
  start(0, n_);
  meet();  // nobody needs what will be overwritten
  for (const Part& part : parts_of(rank_)) add(vectors_ + part.begin, mine() + part.begin, part.count);
  meet();  // all parts are there
}

// --- Opening and closing ---------------------------------------------------------------------------------------------

PeerWindow::PeerWindow(CudaDevice& device, float* mine, size_t n, MPI_Comm comm, size_t short_sums)
    : GpuCollectives(device, mine, n, comm, short_sums) {
  require_one_node(comm, "peer window");
  if (ranks_ > most_ranks) throw Error("peer window: at most " + std::to_string(most_ranks) + " ranks");
  box_ = Buffer<>(device, 2 * short_sums, Purpose::exchange);
  CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
  CUDA_CHECK(cudaEventCreateWithFlags(&issued_, cudaEventDisableTiming));
  CUDA_CHECK(cudaEventCreateWithFlags(&finished_, cudaEventDisableTiming));
  for (std::vector<cudaEvent_t>& reached : reached_) {
    reached.resize(size_t(ranks_));
    CUDA_CHECK(cudaEventCreateWithFlags(&reached[size_t(rank_)], cudaEventDisableTiming | cudaEventInterprocess));
  }
  vectors_.count = boxes_.count = ranks_;
  vectors_.at[rank_] = mine;
  boxes_.at[rank_] = box_;
  open_others();
}

// All ranks open everything of all others. A call may fail on one rank only, and then the window ends on all.
void PeerWindow::open_others() {
  struct Handles {
    cudaIpcMemHandle_t vector, box;
    cudaIpcEventHandle_t reached[2];
  };
  PeerCalls calls;
  std::vector<Handles> of(size_t(ranks_), Handles{});
  Handles& own = of[size_t(rank_)];
  calls.attempt(cudaIpcGetMemHandle(&own.vector, vectors_.at[rank_]));
  calls.attempt(cudaIpcGetMemHandle(&own.box, boxes_.at[rank_]));
  for (int i = 0; i < 2; ++i) calls.attempt(cudaIpcGetEventHandle(&own.reached[i], reached_[i][size_t(rank_)]));
  MPI_CHECK(MPI_Allgather(MPI_IN_PLACE, 0, MPI_BYTE, of.data(), sizeof(Handles), MPI_BYTE, comm_));

  for (int rank = 0; rank < ranks_ && calls.error == cudaSuccess; ++rank) {
    if (rank == rank_) continue;
    const Handles& others = of[size_t(rank)];
    calls.open(vectors_.at[rank], others.vector);
    calls.open(boxes_.at[rank], others.box);
    for (int i = 0; i < 2; ++i) calls.attempt(cudaIpcOpenEventHandle(&reached_[i][size_t(rank)], others.reached[i]));
  }
  const std::string why_not = calls.agree(comm_);
  if (why_not.empty()) return;
  release();
  throw Error("peer window: " + why_not);
}

PeerWindow::~PeerWindow() { release(); }

void PeerWindow::release() {
  wait();
  for (int rank = 0; rank < ranks_; ++rank) {
    if (rank == rank_) continue;
    for (float* place : {vectors_.at[rank], boxes_.at[rank]})
      if (place) CUDA_CHECK(cudaIpcCloseMemHandle(place));
    for (auto& reached : reached_)
      if (reached[size_t(rank)]) CUDA_CHECK(cudaEventDestroy(reached[size_t(rank)]));
  }
  barrier_dissemination(comm_);  // nobody has open what is freed now
  for (auto& reached : reached_) CUDA_CHECK(cudaEventDestroy(reached[size_t(rank_)]));
  for (cudaEvent_t event : {issued_, finished_}) CUDA_CHECK(cudaEventDestroy(event));
  CUDA_CHECK(cudaStreamDestroy(stream_));
}
