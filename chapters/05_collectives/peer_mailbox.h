// Messages between the GPUs of one node: the sender's GPU writes into a box in the memory of the receiver's.
//
// As in the peer window (peer_window.h) ranks open each other's memory and events once. A receiver has two boxes, which take turns:
//
//   sender    its stream waits for `empty` of the box | copy into the box | event `full`
//   receiver                                             waits for `full` | copy out of the box | event `empty`
//
// The hosts tell each other that an event is recorded, by a token: two for each message. No host waits for a GPU; but that of a
// sender waits until the receiver's has asked for the message before the last one.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <map>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/05_collectives/messages.h"

class PeerMailbox {
 public:
  // This rank sends to `to` and receives from `from`, in boxes of n floats; -1: to or from nobody. Collective over comm.
  // Throws Error, on all ranks, where they cannot reach each other's memory.
  // Must be destroyed, on all ranks, when as many messages were received as sent, and before MPI_Finalize.
  PeerMailbox(CudaDevice& device, size_t n, int to, int from, MPI_Comm comm);
  ~PeerMailbox();
  PeerMailbox(const PeerMailbox&) = delete;
  PeerMailbox& operator=(const PeerMailbox&) = delete;

  // data (n) as the operations leave it that the device was given before. Returns at once; it travels beside what the device is
  // given next. n: at most the receiver's boxes.
  void send(const float* data, size_t n);
  // Operations that the device is given from now on may write what was sent from here.
  void sent(const float* data);
  // The next message, of n floats: operations that the device is given from now on see it.
  void receive(float* data, size_t n);

  // Of this rank, so far: messages sent and received, floats that it wrote into other GPUs, tokens sent.
  struct Count {
    size_t sent = 0, received = 0, floats = 0, tokens = 0;
  };
  const Count& counted() const { return counted_; }

 private:
  static constexpr int boxes = 2;
  void open_others();
  void release();
  void give_token(int to, int tag);
  void take_token(int from, int tag);

  CudaDevice& device_;
  MPI_Comm comm_;
  int rank_, to_, from_;
  size_t n_, their_n_ = 0;
  Buffer<> box_;               // (boxes, n_)
  float* their_box_ = nullptr;  // (boxes, their_n_) of rank to_
  cudaStream_t stream_ = nullptr;
  cudaEvent_t issued_ = nullptr;
  cudaEvent_t full_[boxes] = {}, empty_[boxes] = {};              // recorded by this rank: boxes of to_, own ones
  cudaEvent_t their_full_[boxes] = {}, their_empty_[boxes] = {};  // by rank from_: own ones; by to_
  std::map<const float*, cudaEvent_t> sent_;
  Pending tokens_;
  Count counted_;
};
