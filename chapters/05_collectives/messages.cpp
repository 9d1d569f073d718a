#include "chapters/05_collectives/messages.h"

#include <algorithm>
#include <climits>
#include <string>
#include <utility>

#include "common/error.h"
#include "common/mpi/session.h"

namespace {

size_t max_message = size_t{1} << 28;
Traffic sent;
std::vector<Call>* call_log = nullptr;

void note(const Call& call) {
  if (call_log) call_log->push_back(call);
}

void count_message(size_t floats) {
  ++sent.messages;
  sent.floats += floats;
}

// Calls piece(begin, length) for each message that a vector of n floats needs.
template <class Piece>
void for_each_message(size_t n, Piece piece) {
  for (size_t begin = 0; begin < n; begin += max_message)
    piece(begin, int(std::min(max_message, n - begin)));
}

}  // namespace

void send_floats(const float* data, size_t n, int to, MPI_Comm comm) {
  note({.to = to, .sent = n});
  for_each_message(n, [&](size_t begin, int length) {
    MPI_CHECK(MPI_Send(data + begin, length, MPI_FLOAT, to, collective_tag, comm));
    count_message(length);
  });
}

void receive_floats(float* data, size_t n, int from, MPI_Comm comm) {
  note({.from = from, .received = n});
  for_each_message(n, [&](size_t begin, int length) {
    MPI_CHECK(MPI_Recv(data + begin, length, MPI_FLOAT, from, collective_tag, comm, MPI_STATUS_IGNORE));
  });
}

void exchange_floats(const float* out, size_t n_out, int to, float* in, size_t n_in, int from,
                     MPI_Comm comm) {
  note({to, n_out, from, n_in});
  for_each_message(std::max(n_out, n_in), [&](size_t begin, int) {
    // Where one direction is shorter, its partner is MPI_PROC_NULL for the rest: no message.
    const size_t out_length = begin < n_out ? std::min(max_message, n_out - begin) : 0;
    const size_t in_length = begin < n_in ? std::min(max_message, n_in - begin) : 0;
    // First this rank asks whether its message may come, then it answers that the other one's may: the other way round the answer to its
    // question waits behind that message, where both go through one connection (TCP).
    MPI_Request sending;
    MPI_CHECK(MPI_Isend(out_length ? out + begin : nullptr, int(out_length), MPI_FLOAT,
                        out_length ? to : MPI_PROC_NULL, collective_tag, comm, &sending));
    MPI_CHECK(MPI_Recv(in_length ? in + begin : nullptr, int(in_length), MPI_FLOAT,
                       in_length ? from : MPI_PROC_NULL, collective_tag, comm, MPI_STATUS_IGNORE));
    MPI_CHECK(MPI_Wait(&sending, MPI_STATUS_IGNORE));
    if (out_length) count_message(out_length);
  });
}

void Pending::send(const float* data, size_t n, int to, MPI_Comm comm, int tag) {
  note({.to = to, .sent = n});
  for_each_message(n, [&](size_t begin, int length) {
    MPI_CHECK(
        MPI_Isend(data + begin, length, MPI_FLOAT, to, tag, comm, &requests_.emplace_back()));
    count_message(length);
  });
}

bool Pending::progress() {
  int complete = 0;
  MPI_CHECK(MPI_Testall(int(requests_.size()), requests_.data(), &complete, MPI_STATUSES_IGNORE));
  if (complete) requests_.clear();
  return complete;
}

void Pending::receive(float* data, size_t n, int from, MPI_Comm comm, int tag) {
  note({.from = from, .received = n});
  for_each_message(n, [&](size_t begin, int length) {
    MPI_CHECK(
        MPI_Irecv(data + begin, length, MPI_FLOAT, from, tag, comm, &requests_.emplace_back()));
  });
}

void Pending::wait() {
  MPI_CHECK(MPI_Waitall(int(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE));
  requests_.clear();
}

size_t set_max_message(size_t floats) {
  if (floats < 1 || floats > INT_MAX)
    throw Error("longest message: " + std::to_string(floats) + " floats, expected 1 to INT_MAX");
  return std::exchange(max_message, floats);
}

Traffic traffic() { return sent; }

void log_calls(std::vector<Call>* log) { call_log = log; }
