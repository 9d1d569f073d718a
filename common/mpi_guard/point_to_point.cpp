// Blocking and nonblocking messages. Each function either passes the call through or, when polite, starts the
// nonblocking twin and looks after it until it is done. A receive from MPI_PROC_NULL is always passed through: it
// returns at once, and MPICH 4.0 leaves the status of its nonblocking twin unset.
#include <mpi.h>

#include <algorithm>
#include <vector>

#include "common/mpi_guard/call.h"
#include "common/mpi_guard/communicators.h"
#include "common/mpi_guard/datatypes.h"
#include "common/mpi_guard/errors.h"
#include "common/mpi_guard/leftovers.h"

using namespace guard;

namespace {

Call message(Op op, const void* where, MPI_Comm comm, int peer, int tag, int64_t count, MPI_Datatype type) {
  note_message(op, peer, comm, count * std::max(size_if_known(type), int64_t{0}));
  return {.op = op, .where = where, .communicator = &describe(comm), .peer = peer, .tag = tag, .count = count, .type = type};
}

}  // namespace

int MPI_Send(const void* buffer, int count, MPI_Datatype type, int dest, int tag, MPI_Comm comm) {
  const InCall call(message(Op::send, GUARD_HERE, comm, dest, tag, count, type));
  return POLITELY(Send, Isend, comm, buffer, count, type, dest, tag, comm);
}

int MPI_Ssend(const void* buffer, int count, MPI_Datatype type, int dest, int tag, MPI_Comm comm) {
  const InCall call(message(Op::ssend, GUARD_HERE, comm, dest, tag, count, type));
  return POLITELY(Ssend, Issend, comm, buffer, count, type, dest, tag, comm);
}

int MPI_Rsend(const void* buffer, int count, MPI_Datatype type, int dest, int tag, MPI_Comm comm) {
  const InCall call(message(Op::rsend, GUARD_HERE, comm, dest, tag, count, type));
  return POLITELY(Rsend, Irsend, comm, buffer, count, type, dest, tag, comm);
}

int MPI_Recv(void* buffer, int count, MPI_Datatype type, int source, int tag, MPI_Comm comm, MPI_Status* status) {
  const InCall call(message(Op::recv, GUARD_HERE, comm, source, tag, count, type));
  const auto receive = [&] { return PMPI_Recv(buffer, count, type, source, tag, comm, status); };
  if (source == MPI_PROC_NULL) return receive();
  return wait_instead("MPI_Recv", comm, status, receive,
                      [&](MPI_Request* request) { return PMPI_Irecv(buffer, count, type, source, tag, comm, request); });
}

int MPI_Mrecv(void* buffer, int count, MPI_Datatype type, MPI_Message* matched, MPI_Status* status) {
  if (*matched != MPI_MESSAGE_NO_PROC) note_message(Op::mrecv, MPI_ANY_SOURCE, MPI_COMM_WORLD, 0);
  const InCall call(message(Op::mrecv, GUARD_HERE, MPI_COMM_WORLD, MPI_PROC_NULL, MPI_ANY_TAG, count, type));
  const YieldByTimer timer(polite);  // its message is here; whose communicator's error handler counts, MPI alone knows
  return PMPI_Mrecv(buffer, count, type, matched, status);
}

namespace {

Call exchange(Op op, const void* where, MPI_Comm comm, int dest, int send_tag, int source, int recv_tag, int64_t count, MPI_Datatype type) {
  Call call = message(op, where, comm, dest, send_tag, count, type);
  note_message(Op::recv, source, comm, 0);
  call.source = source;
  call.source_tag = recv_tag;
  return call;
}

// The two halves of a Sendrecv: the receive is already on its way. An error of the receive counts first, as
// its status is the one returned.
int finish_exchange(int sending, MPI_Request* sent, int source, MPI_Request* received, MPI_Status* status) {
  if (sending != MPI_SUCCESS) {
    PMPI_Cancel(received);
    PMPI_Wait(received, MPI_STATUS_IGNORE);
    return refused;
  }
  const int received_error = wait_politely(received, status);
  const int sent_error = wait_politely(sent, MPI_STATUS_IGNORE);
  if (received_error != MPI_SUCCESS) return received_error;
  if (source == MPI_PROC_NULL) PMPI_Recv(nullptr, 0, MPI_BYTE, source, 0, MPI_COMM_SELF, status);  // sets `status`
  return sent_error;
}

// What `buffer` holds, as bytes of type MPI_PACKED, which match any type.
int pack(const void* buffer, int count, MPI_Datatype type, MPI_Comm comm, std::vector<char>& packed, int& length) {
  int bytes = 0;
  length = 0;
  const int error = PMPI_Pack_size(count, type, comm, &bytes);
  if (error != MPI_SUCCESS) return error;
  packed.resize(bytes > 0 ? bytes : 1);
  return PMPI_Pack(buffer, count, type, packed.data(), bytes, &length, comm);
}

}  // namespace

int MPI_Sendrecv(const void* send_buffer, int send_count, MPI_Datatype send_type, int dest, int send_tag, void* recv_buffer, int recv_count,
                 MPI_Datatype recv_type, int source, int recv_tag, MPI_Comm comm, MPI_Status* status) {
  const InCall call(exchange(Op::sendrecv, GUARD_HERE, comm, dest, send_tag, source, recv_tag, send_count, send_type));
  const auto exchange = [&] {
    return PMPI_Sendrecv(send_buffer, send_count, send_type, dest, send_tag, recv_buffer, recv_count, recv_type,
                         source, recv_tag, comm, status);
  };
  return attempt_politely("MPI_Sendrecv", comm, exchange, [&] {
    MPI_Request received, sent;
    if (PMPI_Irecv(recv_buffer, recv_count, recv_type, source, recv_tag, comm, &received) != MPI_SUCCESS) return refused;
    const int sending = PMPI_Isend(send_buffer, send_count, send_type, dest, send_tag, comm, &sent);
    return finish_exchange(sending, &sent, source, &received, status);
  });
}

int MPI_Sendrecv_replace(void* buffer, int count, MPI_Datatype type, int dest, int send_tag, int source, int recv_tag, MPI_Comm comm,
                         MPI_Status* status) {
  const InCall call(exchange(Op::sendrecv_replace, GUARD_HERE, comm, dest, send_tag, source, recv_tag, count, type));
  const auto exchange = [&] { return PMPI_Sendrecv_replace(buffer, count, type, dest, send_tag, source, recv_tag, comm, status); };
  return attempt_politely("MPI_Sendrecv_replace", comm, exchange, [&] {
    std::vector<char> packed;
    int length = 0;
    MPI_Request received, sent;
    if (count < 0 || pack(buffer, count, type, comm, packed, length) != MPI_SUCCESS ||
        PMPI_Irecv(buffer, count, type, source, recv_tag, comm, &received) != MPI_SUCCESS)
      return refused;
    const int sending = PMPI_Isend(packed.data(), length, MPI_PACKED, dest, send_tag, comm, &sent);
    return finish_exchange(sending, &sent, source, &received, status);
  });
}

int MPI_Probe(int source, int tag, MPI_Comm comm, MPI_Status* status) {
  const InCall call(message(Op::probe, GUARD_HERE, comm, source, tag, 0, MPI_DATATYPE_NULL));
  const auto probe = [&] { return PMPI_Probe(source, tag, comm, status); };
  if (source == MPI_PROC_NULL) return probe();
  return attempt_politely("MPI_Probe", comm, probe, [&] {
    for (int found = 0;; yield_core()) {
      if (PMPI_Iprobe(source, tag, comm, &found, status) != MPI_SUCCESS) return refused;
      if (found) return MPI_SUCCESS;
    }
  });
}

int MPI_Mprobe(int source, int tag, MPI_Comm comm, MPI_Message* matched, MPI_Status* status) {
  const InCall call(message(Op::mprobe, GUARD_HERE, comm, source, tag, 0, MPI_DATATYPE_NULL));
  const auto probe = [&] { return PMPI_Mprobe(source, tag, comm, matched, status); };
  return attempt_politely("MPI_Mprobe", comm, probe, [&] {
    for (int found = 0;; yield_core()) {
      if (PMPI_Improbe(source, tag, comm, &found, matched, status) != MPI_SUCCESS) return refused;
      if (found) return MPI_SUCCESS;
    }
  });
}

int MPI_Iprobe(int source, int tag, MPI_Comm comm, int* found, MPI_Status* status) {
  return looked(PMPI_Iprobe(source, tag, comm, found, status), found);
}

// Operations that begin here and are waited for elsewhere: only remembered.
namespace {

int begun(int error, Op op, const void* where, MPI_Comm comm, int peer, int tag, int64_t count, MPI_Datatype type, const MPI_Request* request) {
  if (error == MPI_SUCCESS) start_request(message(op, where, comm, peer, tag, count, type), *request);
  return error;
}

}  // namespace

int MPI_Isend(const void* buffer, int count, MPI_Datatype type, int dest, int tag, MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Isend(buffer, count, type, dest, tag, comm, request);
  return begun(error, Op::isend, GUARD_HERE, comm, dest, tag, count, type, request);
}

int MPI_Issend(const void* buffer, int count, MPI_Datatype type, int dest, int tag, MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Issend(buffer, count, type, dest, tag, comm, request);
  return begun(error, Op::issend, GUARD_HERE, comm, dest, tag, count, type, request);
}

int MPI_Irecv(void* buffer, int count, MPI_Datatype type, int source, int tag, MPI_Comm comm, MPI_Request* request) {
  const int error = PMPI_Irecv(buffer, count, type, source, tag, comm, request);
  return begun(error, Op::irecv, GUARD_HERE, comm, source, tag, count, type, request);
}

int MPI_Send_init(const void* buffer, int count, MPI_Datatype type, int dest, int tag, MPI_Comm comm, MPI_Request* request) {
  note_persistent();
  const int error = PMPI_Send_init(buffer, count, type, dest, tag, comm, request);
  return begun(error, Op::isend, GUARD_HERE, comm, dest, tag, count, type, request);
}

int MPI_Recv_init(void* buffer, int count, MPI_Datatype type, int source, int tag, MPI_Comm comm, MPI_Request* request) {
  note_persistent();
  const int error = PMPI_Recv_init(buffer, count, type, source, tag, comm, request);
  return begun(error, Op::irecv, GUARD_HERE, comm, source, tag, count, type, request);
}
