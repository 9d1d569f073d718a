#include "chapters/05_collectives/peer_mailbox.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/peer_calls.h"
#include "chapters/05_collectives/shared_window.h"
#include "common/error.h"

namespace {
constexpr int full_tag = 505, empty_tag = 506;
constexpr float token = 1;
}  // namespace

// It has its own stream: what the device computes next does not wait for a box.
void PeerMailbox::send(const float* data, size_t n) {
  if (n > their_n_) throw std::logic_error("peer mailbox: a message longer than the box");
  const size_t box = counted_.sent % boxes;
  CUDA_CHECK(cudaEventRecord(issued_, device_.stream()));
  CUDA_CHECK(cudaStreamWaitEvent(stream_, issued_, 0));
  if (counted_.sent >= boxes) {
    take_token(to_, empty_tag);
    CUDA_CHECK(cudaStreamWaitEvent(stream_, their_empty_[box], 0));
  }
  CUDA_CHECK(cudaMemcpyAsync(their_box_ + box * their_n_, data, n * sizeof(float), cudaMemcpyDeviceToDevice, stream_));
  CUDA_CHECK(cudaEventRecord(full_[box], stream_));
  give_token(to_, full_tag);
  cudaEvent_t& sent = sent_[data];
  if (!sent) CUDA_CHECK(cudaEventCreateWithFlags(&sent, cudaEventDisableTiming));
  CUDA_CHECK(cudaEventRecord(sent, stream_));
  ++counted_.sent;
  counted_.floats += n;
}

void PeerMailbox::sent(const float* data) {
  const auto found = sent_.find(data);
  if (found != sent_.end()) CUDA_CHECK(cudaStreamWaitEvent(device_.stream(), found->second, 0));
}

void PeerMailbox::receive(float* data, size_t n) {
  const size_t box = counted_.received++ % boxes;
  take_token(from_, full_tag);
  CUDA_CHECK(cudaStreamWaitEvent(device_.stream(), their_full_[box], 0));
  CUDA_CHECK(cudaMemcpyAsync(data, box_ + box * n_, n * sizeof(float), cudaMemcpyDeviceToDevice, device_.stream()));
  CUDA_CHECK(cudaEventRecord(empty_[box], device_.stream()));
  give_token(from_, empty_tag);
}

// An event is recorded again only when the other rank has said that it waits for the last record: by the token of the other kind.
void PeerMailbox::give_token(int to, int tag) {
  tokens_.progress();
  tokens_.send(&token, 1, to, comm_, tag);
  ++counted_.tokens;
}

void PeerMailbox::take_token(int from, int tag) {
  float taken;
  MPI_CHECK(MPI_Recv(&taken, 1, MPI_FLOAT, from, tag, comm_, MPI_STATUS_IGNORE));
}

// --- Opening and closing ---------------------------------------------------------------------------------------------

PeerMailbox::PeerMailbox(CudaDevice& device, size_t n, int to, int from, MPI_Comm comm)
    : device_(device), comm_(comm), rank_(rank_of(comm)), to_(to), from_(from), n_(n) {
  require_one_node(comm, "peer mailbox");
  MPI_CHECK(MPI_Comm_dup(comm, &comm_));
  box_ = Buffer<>(device, boxes * n, Purpose::exchange);
  CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
  CUDA_CHECK(cudaEventCreateWithFlags(&issued_, cudaEventDisableTiming));
  for (cudaEvent_t* events : {full_, empty_})
    for (int i = 0; i < boxes; ++i)
      CUDA_CHECK(cudaEventCreateWithFlags(&events[i], cudaEventDisableTiming | cudaEventInterprocess));
  open_others();
}

void PeerMailbox::open_others() {
  struct Handles {
    cudaIpcMemHandle_t box;
    cudaIpcEventHandle_t full[boxes], empty[boxes];
    size_t n;
  };
  PeerCalls calls;
  std::vector<Handles> of(size_t(ranks_of(comm_)), Handles{});
  Handles& own = of[size_t(rank_)];
  own.n = n_;
  calls.attempt(cudaIpcGetMemHandle(&own.box, box_));
  for (int i = 0; i < boxes; ++i) {
    calls.attempt(cudaIpcGetEventHandle(&own.full[i], full_[i]));
    calls.attempt(cudaIpcGetEventHandle(&own.empty[i], empty_[i]));
  }
  MPI_CHECK(MPI_Allgather(MPI_IN_PLACE, 0, MPI_BYTE, of.data(), sizeof(Handles), MPI_BYTE, comm_));
  if (to_ >= 0 && calls.error == cudaSuccess) {
    their_n_ = of[size_t(to_)].n;
    calls.open(their_box_, of[size_t(to_)].box);
    for (int i = 0; i < boxes; ++i) calls.attempt(cudaIpcOpenEventHandle(&their_empty_[i], of[size_t(to_)].empty[i]));
  }
  for (int i = 0; i < boxes && from_ >= 0 && calls.error == cudaSuccess; ++i)
    calls.attempt(cudaIpcOpenEventHandle(&their_full_[i], of[size_t(from_)].full[i]));
  const std::string why_not = calls.agree(comm_);
  if (why_not.empty()) return;
  release();
  throw Error("peer mailbox: " + why_not);
}

PeerMailbox::~PeerMailbox() { release(); }

void PeerMailbox::release() {
  for (size_t left = std::min(counted_.sent, size_t{boxes}); left > 0; --left) take_token(to_, empty_tag);
  tokens_.wait();
  CUDA_CHECK(cudaStreamSynchronize(stream_));
  device_.synchronize();  // no box is read any more
  if (their_box_) CUDA_CHECK(cudaIpcCloseMemHandle(their_box_));
  for (cudaEvent_t* events : {their_full_, their_empty_})
    for (int i = 0; i < boxes; ++i)
      if (events[i]) CUDA_CHECK(cudaEventDestroy(events[i]));
  barrier_dissemination(comm_);  // nobody has open what is freed now
  for (cudaEvent_t* events : {full_, empty_})
    for (int i = 0; i < boxes; ++i) CUDA_CHECK(cudaEventDestroy(events[i]));
  for (const auto& [data, event] : sent_) CUDA_CHECK(cudaEventDestroy(event));
  CUDA_CHECK(cudaEventDestroy(issued_));
  CUDA_CHECK(cudaStreamDestroy(stream_));
  MPI_CHECK(MPI_Comm_free(&comm_));
}
