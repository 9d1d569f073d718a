// What a rank is doing in MPI: one record, written when a call begins. Every wrapper of this library begins
// with `InCall call({Op::recv, GUARD_HERE, ...})`.
#pragma once

#include <mpi.h>

#include <atomic>
#include <cstdint>

namespace guard {

struct Communicator;  // communicators.h

// How the watchdog understands a call.
enum class Kind : uint8_t {
  none,
  send,        // waits for a receive by `peer`
  recv,        // waits for a message of `peer`; a probe, too
  sendrecv,    // both: sends to `peer`, receives from `source`
  wait,        // waits for requests
  collective,  // waits for the other members of the communicator
  lock,        // waits for a window of `peer`
  finalize,    // waits for all ranks
  local        // waits for nobody: Isend, Test
};

// One line per call: name in this library, MPI's name, kind, and how many ranks' arguments must agree:
// 'r' the root, 'c' the bytes, '-' nothing.
#define GUARD_OPS(X)                                                     \
  X(none, "no MPI call", none, "-")                                      \
  X(send, "MPI_Send", send, "-")                                         \
  X(ssend, "MPI_Ssend", send, "-")                                       \
  X(rsend, "MPI_Rsend", send, "-")                                       \
  X(bsend, "MPI_Bsend", local, "-")                                      \
  X(isend, "MPI_Isend", send, "-")                                       \
  X(issend, "MPI_Issend", send, "-")                                     \
  X(recv, "MPI_Recv", recv, "-")                                         \
  X(irecv, "MPI_Irecv", recv, "-")                                       \
  X(mrecv, "MPI_Mrecv", recv, "-")                                       \
  X(probe, "MPI_Probe", recv, "-")                                       \
  X(mprobe, "MPI_Mprobe", recv, "-")                                     \
  X(sendrecv, "MPI_Sendrecv", sendrecv, "-")                             \
  X(sendrecv_replace, "MPI_Sendrecv_replace", sendrecv, "-")             \
  X(wait, "MPI_Wait", wait, "-")                                         \
  X(waitall, "MPI_Waitall", wait, "-")                                   \
  X(waitany, "MPI_Waitany", wait, "-")                                   \
  X(waitsome, "MPI_Waitsome", wait, "-")                                 \
  X(barrier, "MPI_Barrier", collective, "-")                             \
  X(bcast, "MPI_Bcast", collective, "rc")                                \
  X(reduce, "MPI_Reduce", collective, "rc")                              \
  X(allreduce, "MPI_Allreduce", collective, "c")                         \
  X(gather, "MPI_Gather", collective, "rc")                              \
  X(gatherv, "MPI_Gatherv", collective, "r")                             \
  X(scatter, "MPI_Scatter", collective, "rc")                            \
  X(scatterv, "MPI_Scatterv", collective, "r")                           \
  X(allgather, "MPI_Allgather", collective, "c")                         \
  X(allgatherv, "MPI_Allgatherv", collective, "-")                       \
  X(alltoall, "MPI_Alltoall", collective, "c")                           \
  X(alltoallv, "MPI_Alltoallv", collective, "-")                         \
  X(reduce_scatter, "MPI_Reduce_scatter", collective, "c")               \
  X(reduce_scatter_block, "MPI_Reduce_scatter_block", collective, "c")   \
  X(scan, "MPI_Scan", collective, "c")                                   \
  X(exscan, "MPI_Exscan", collective, "c")                               \
  X(ibarrier, "MPI_Ibarrier", collective, "-")                           \
  X(ibcast, "MPI_Ibcast", collective, "rc")                              \
  X(ireduce, "MPI_Ireduce", collective, "rc")                            \
  X(iallreduce, "MPI_Iallreduce", collective, "c")                       \
  X(igather, "MPI_Igather", collective, "rc")                            \
  X(iscatter, "MPI_Iscatter", collective, "rc")                          \
  X(iallgather, "MPI_Iallgather", collective, "c")                       \
  X(iallgatherv, "MPI_Iallgatherv", collective, "-")                     \
  X(ialltoall, "MPI_Ialltoall", collective, "c")                         \
  X(ireduce_scatter, "MPI_Ireduce_scatter", collective, "-")             \
  X(ireduce_scatter_block, "MPI_Ireduce_scatter_block", collective, "c") \
  X(comm_dup, "MPI_Comm_dup", collective, "-")                           \
  X(comm_split, "MPI_Comm_split", collective, "-")                       \
  X(comm_split_type, "MPI_Comm_split_type", collective, "-")             \
  X(comm_create, "MPI_Comm_create", collective, "-")                     \
  X(comm_create_group, "MPI_Comm_create_group", collective, "-")         \
  X(comm_free, "MPI_Comm_free", local, "-")                              \
  X(cart_create, "MPI_Cart_create", collective, "-")                     \
  X(cart_sub, "MPI_Cart_sub", collective, "-")                           \
  X(win_create, "MPI_Win_create", collective, "-")                       \
  X(win_allocate, "MPI_Win_allocate", collective, "-")                   \
  X(win_allocate_shared, "MPI_Win_allocate_shared", collective, "-")     \
  X(win_free, "MPI_Win_free", collective, "-")                           \
  X(win_fence, "MPI_Win_fence", collective, "-")                         \
  X(win_lock, "MPI_Win_lock", lock, "-")                                 \
  X(win_lock_all, "MPI_Win_lock_all", lock, "-")                         \
  X(win_unlock, "MPI_Win_unlock", lock, "-")                             \
  X(win_unlock_all, "MPI_Win_unlock_all", lock, "-")                     \
  X(win_flush, "MPI_Win_flush", lock, "-")                               \
  X(win_flush_all, "MPI_Win_flush_all", lock, "-")                       \
  X(file_open, "MPI_File_open", collective, "-")                         \
  X(file_close, "MPI_File_close", collective, "-")                       \
  X(file_set_size, "MPI_File_set_size", collective, "-")                 \
  X(file_preallocate, "MPI_File_preallocate", collective, "-")           \
  X(file_set_view, "MPI_File_set_view", collective, "-")                 \
  X(file_sync, "MPI_File_sync", collective, "-")                         \
  X(file_read_all, "MPI_File_read_all", collective, "-")                 \
  X(file_write_all, "MPI_File_write_all", collective, "-")               \
  X(file_read_at_all, "MPI_File_read_at_all", collective, "-")           \
  X(file_write_at_all, "MPI_File_write_at_all", collective, "-")         \
  X(finalize, "MPI_Finalize", finalize, "-")

#define GUARD_OP_NAME(op, text, kind, agree) op,
enum class Op : uint8_t { GUARD_OPS(GUARD_OP_NAME) };
#undef GUARD_OP_NAME

struct OpInfo {
  const char* name;
  Kind kind;
  const char* agree;
};
#define GUARD_OP_INFO(op, text, kind, agree) {text, Kind::kind, agree},
inline constexpr OpInfo op_infos[] = {GUARD_OPS(GUARD_OP_INFO)};
#undef GUARD_OP_INFO

constexpr const char* name_of(Op op) { return op_infos[size_t(op)].name; }
constexpr Kind kind_of(Op op) { return op_infos[size_t(op)].kind; }
bool roots_agree(Op op);  // whether all members must name the same root
bool bytes_agree(Op op);  // whether all members must name the same number of bytes

// Lies in the node's shared page, so that it outlives its process. Pointers in it mean something to their
// own process only.
struct Call {
  Op op = Op::none;
  const void* where = nullptr;  // the address in the program that the call returns to
  Communicator* communicator = nullptr;
  int peer = MPI_PROC_NULL;  // destination, source or root: a rank of the communicator
  int tag = MPI_ANY_TAG;
  int64_t count = 0;
  MPI_Datatype type = MPI_DATATYPE_NULL;
  int source = MPI_PROC_NULL;  // sendrecv: where it receives from, and with which tag
  int source_tag = MPI_ANY_TAG;
  const MPI_Request* requests = nullptr;  // wait: the program's own array
  int request_count = 0;
  uint32_t number = 0;  // collective: the how-manieth on this communicator
};

#define GUARD_HERE __builtin_return_address(0)

// A rank's place in the page, as far as each call writes to it.
struct Marker {
  // Grows by one when a call that may wait begins and by one when it ends: odd means "inside". Written by its
  // own rank alone, on a cache line of its own.
  alignas(64) std::atomic<uint64_t> moves{0};
  std::atomic<uint64_t> moves_of_other_threads{0};
  Call call;  // meaningful while `moves` is odd

  // Only one thread writes the count: no locked instruction.
  void move() { moves.store(moves.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
};
extern Marker* marker;  // this rank's; before MPI_Init one that nobody reads

// The thread that called MPI_Init is the one that the watchdog watches. Other threads only count as movement.
struct ThreadState {
  bool watched = false;
  int depth = 0;  // of MPI calls: some libraries make MPI calls inside MPI calls
};
extern constinit thread_local ThreadState this_thread;

extern bool tracing;

// Marks the time from the beginning of an MPI call to its end: for the watchdog, and for the trace. Calls
// that MPI makes inside another call are not marked. In the header because it is on the way of every message.
class InCall {
 public:
  explicit InCall(const Call& call) : outermost_(this_thread.depth++ == 0 && this_thread.watched) {
    if (!this_thread.watched) [[unlikely]]
      marker->moves_of_other_threads++;
    if (!outermost_) [[unlikely]]
      return;
    if (tracing) [[unlikely]]
      begin_ = begin_of_event();
    marker->call = call;
    const Kind kind = kind_of(call.op);
    if (kind == Kind::collective) waits_ = remember_collective(marker->call);
    if (kind == Kind::send || kind == Kind::sendrecv) remember_send(call);
    if (waits_) marker->move();  // the record is whole before the count says so
  }
  ~InCall() {
    this_thread.depth--;
    if (!outermost_) [[unlikely]]
      return;
    if (!waits_) marker->move();
    marker->move();
    if (begin_) [[unlikely]]
      end_event(begin_);
  }
  InCall(const InCall&) = delete;
  InCall& operator=(const InCall&) = delete;

 private:
  static int64_t begin_of_event();
  static void end_event(int64_t begin);
  // And numbers it.  False where the rank is alone in the communicator: whatever it does there, a file that is written to a
  // slow disk perhaps, it waits for nobody.
  static bool remember_collective(Call& call);
  static void remember_send(const Call& call);

  friend void start_request(Call call, MPI_Request request);
  bool outermost_, waits_ = true;
  int64_t begin_ = 0;  // nanoseconds, when tracing
};

// Remembers what `request` stands for, and counts a collective. For the calls that begin an operation and
// do not wait for it.
void start_request(Call call, MPI_Request request);

// The sends that this rank began last, newest at [count - 1], cyclically.
struct LastSends {
  static constexpr unsigned size = 8;
  struct Sent {
    const void* where;
    Communicator* communicator;
    int peer, tag;
  };
  unsigned count = 0;
  Sent sent[size];
};
extern LastSends last_sends;

inline void InCall::remember_send(const Call& call) {
  last_sends.sent[last_sends.count++ % LastSends::size] = {call.where, call.communicator, call.peer,
                                                           call.tag};
}

}  // namespace guard
