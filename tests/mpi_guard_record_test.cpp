// What is written down of each call, for the watchdog and in the trace.
// ranks: 1 2 3 5
// more ranks: 4 7 8
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "common/mpi/session.h"
#include "common/mpi_guard/call.h"
#include "common/mpi_guard/communicators.h"
#include "common/mpi_guard/datatypes.h"
#include "common/mpi_guard/page.h"
#include "common/mpi_guard/requests.h"
#include "common/mpi_guard/trace.h"
#include "common/mpi_guard/trace_clock.h"
#include "common/mpi_guard/trace_events.h"
#include "common/mpi_guard/trace_write.h"
#include "tests/mpi_expect.h"
#include "tests/politely.h"
#include "tests/world.h"

// Messages of the guard take as long as the test wants: the clock below goes on by that. The seventh question is answered soonest.
static int64_t time_of_trips = 0;
static int trips = 0;
static int64_t clock_of_trips() { return time_of_trips; }
extern "C" int PMPI_Isend(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request* request) {
  static const auto real = reinterpret_cast<decltype(&PMPI_Isend)>(dlsym(RTLD_NEXT, "PMPI_Isend"));
  if (guard::now_ns == clock_of_trips) time_of_trips += ++trips == 7 ? 10 : 60 + trips;
  return real(data, count, type, to, tag, comm, request);
}

namespace {

using guard::Op;

struct Recorded {
  Op op;
  int peer = MPI_PROC_NULL, tag = MPI_ANY_TAG;
  int64_t count = 0;
  MPI_Datatype type = MPI_DATATYPE_NULL;
  int source = MPI_PROC_NULL, source_tag = MPI_ANY_TAG, requests = 0;
};

std::string in_words(const guard::Call& call, bool has_communicator) {
  std::ostringstream text;
  text << name_of(call.op) << " peer " << call.peer << " tag " << call.tag << ", " << call.count << " x " << guard::name_of(call.type)
       << ", source " << call.source << " tag " << call.source_tag << ", " << call.request_count << " requests"
       << (has_communicator ? ", communicator " : "");
  if (has_communicator) text << (call.communicator ? call.communicator->id : 0);
  if (!call.where) text << ", from nowhere";
  return text.str();
}

TEST(Record, HoldsTheArgumentsOfEveryCall) {
  // Ranks in reverse order, so that a rank of this communicator is none of the world.
  MPI_Comm comm, made;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, 0, -::rank, &comm));
  const int rank = rank_of(comm);
  const int size = ranks, root = size / 2, here = rank == root, all = MPI_ANY_SOURCE, any = MPI_ANY_TAG, null = MPI_PROC_NULL;
  const MPI_Datatype type = MPI_INT, wide = MPI_DOUBLE;
  std::vector<int> counts(size, 2), starts(size), ones(size, 1), halves(size);
  for (int i = 0; i < size; i++) starts[i] = 2 * i, halves[i] = i;
  std::vector<double> a(64), b(64);
  MPI_Status status;
  MPI_Request request, requests[3] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL, MPI_REQUEST_NULL};
  MPI_Message message;
  int index, done, indices[3];
  const auto arriving = [&] { PMPI_Isend(b.data(), 3, MPI_INT, rank, 4, comm, &request); };
  const auto awaited = [&] { PMPI_Irecv(b.data(), 8, MPI_INT, rank, 4, comm, &request); };
  const auto none = [] {};
  struct Case {
    std::function<void()> before;
    std::function<int()> call;
    Recorded expected;
  };
  MPI_Group group;
  MPI_CHECK(MPI_Comm_group(comm, &group));
  const auto free_made = [&] {
    if (made != MPI_COMM_NULL) PMPI_Comm_free(&made);
  };
  const auto wait = [&] { PMPI_Wait(&request, MPI_STATUS_IGNORE); };
  MPI_Win window;
  MPI_File file;
  void* base;
  std::string name = testing::TempDir() + "record_" + std::to_string(getpid());
  name.resize(256);
  MPI_CHECK(PMPI_Bcast(name.data(), 256, MPI_CHAR, 0, comm));
  const int mode = MPI_MODE_CREATE | MPI_MODE_RDWR | MPI_MODE_DELETE_ON_CLOSE;
  const auto free_window = [&] { MPI_Win_free(&window); };
#define CALL(...) [&] { return __VA_ARGS__; }
  std::vector<Case> cases = {
      {awaited, CALL(MPI_Send(a.data(), 3, type, rank, 4, comm)), {Op::send, rank, 4, 3, type}},
      {awaited, CALL(MPI_Ssend(a.data(), 3, type, rank, 4, comm)), {Op::ssend, rank, 4, 3, type}},
      {awaited, CALL(MPI_Rsend(a.data(), 3, type, rank, 4, comm)), {Op::rsend, rank, 4, 3, type}},
      {arriving, CALL(MPI_Recv(a.data(), 5, type, all, any, comm, &status)), {Op::recv, all, any, 5, type}},
      {none, CALL(MPI_Sendrecv(a.data(), 3, type, rank, 6, b.data(), 7, type, all, 6, comm, &status)), {Op::sendrecv, rank, 6, 3, type, all, 6}},
      {none, CALL(MPI_Sendrecv(a.data(), 3, type, null, 6, b.data(), 7, type, null, 5, comm, &status)), {Op::sendrecv, null, 6, 3, type, null, 5}},
      {none, CALL(MPI_Sendrecv_replace(a.data(), 3, wide, rank, 6, rank, any, comm, &status)), {Op::sendrecv_replace, rank, 6, 3, wide, rank, any}},
      {arriving, CALL(MPI_Probe(rank, 4, comm, &status)), {Op::probe, rank, 4}},
      {none, CALL(MPI_Mprobe(rank, any, comm, &message, &status)), {Op::mprobe, rank, any}},
      {none, CALL(MPI_Mrecv(a.data(), 5, type, &message, &status)), {Op::mrecv, null, any, 5, type}},
      {wait, CALL(MPI_Isend(a.data(), 3, type, rank, 8, comm, &requests[0])), {Op::isend, rank, 8, 3, type}},
      {none, CALL(MPI_Issend(a.data(), 2, wide, rank, 9, comm, &requests[1])), {Op::issend, rank, 9, 2, wide}},
      {none, CALL(MPI_Irecv(b.data(), 5, type, all, 8, comm, &requests[2])), {Op::irecv, all, 8, 5, type}},
      {[&] { PMPI_Irecv(b.data() + 8, 2, wide, rank, 9, comm, &request); }, CALL(MPI_Waitall(3, requests, MPI_STATUSES_IGNORE)),
       {Op::waitall, null, any, 0, MPI_DATATYPE_NULL, null, any, 3}},
      {none, CALL(MPI_Wait(&request, &status)), {Op::wait, null, any, 0, MPI_DATATYPE_NULL, null, any, 1}},
      {none, CALL(MPI_Waitany(3, requests, &index, &status)), {Op::waitany, null, any, 0, MPI_DATATYPE_NULL, null, any, 3}},
      {none, CALL(MPI_Waitsome(2, requests, &done, indices, MPI_STATUSES_IGNORE)), {Op::waitsome, null, any, 0, MPI_DATATYPE_NULL, null, any, 2}},

      {none, CALL(MPI_Barrier(comm)), {Op::barrier}},
      {none, CALL(MPI_Bcast(a.data(), 3, wide, root, comm)), {Op::bcast, root, any, 3, wide}},
      {none, CALL(MPI_Reduce(a.data(), b.data(), 3, type, MPI_SUM, root, comm)), {Op::reduce, root, any, 3, type}},
      {none, CALL(MPI_Allreduce(a.data(), b.data(), 3, type, MPI_SUM, comm)), {Op::allreduce, null, any, 3, type}},
      {none, CALL(MPI_Gather(a.data(), 2, type, b.data(), 2, type, root, comm)), {Op::gather, root, any, 2, type}},
      {none, CALL(MPI_Gather(here ? MPI_IN_PLACE : a.data(), 1, wide, b.data(), 1, wide, root, comm)), {Op::gather, root, any, 1, wide}},
      {none, CALL(MPI_Gather(here ? MPI_IN_PLACE : a.data(), here ? 9 : 2, type, b.data(), here ? 2 : 9, type, root, comm)), {Op::gather, root, any, 2, type}},
      {none, CALL(MPI_Gather(a.data(), 2, type, b.data(), 1, wide, root, comm)), {Op::gather, root, any, 2, type}},
      {none, CALL(MPI_Gatherv(here ? MPI_IN_PLACE : a.data(), 1, wide, b.data(), counts.data(), starts.data(), type, root, comm)),
       {Op::gatherv, root, any, !here, here ? MPI_DATATYPE_NULL : wide}},
      {none, CALL(MPI_Gatherv(a.data(), 2, type, b.data(), counts.data(), starts.data(), type, root, comm)), {Op::gatherv, root, any, 2, type}},
      {none, CALL(MPI_Scatter(a.data(), here ? 2 : 9, here ? type : wide, b.data(), here ? 2 : 2, type, root, comm)), {Op::scatter, root, any, 2, type}},
      {none, CALL(MPI_Scatter(a.data(), 2, type, here ? MPI_IN_PLACE : b.data(), here ? 9 : 2, type, root, comm)), {Op::scatter, root, any, 2, type}},
      {none, CALL(MPI_Scatterv(a.data(), counts.data(), starts.data(), type, here ? MPI_IN_PLACE : b.data(), 1, wide, root, comm)),
       {Op::scatterv, root, any, !here, here ? MPI_DATATYPE_NULL : wide}},
      {none, CALL(MPI_Scatterv(a.data(), counts.data(), starts.data(), type, b.data(), 2, type, root, comm)), {Op::scatterv, root, any, 2, type}},
      {none, CALL(MPI_Allgather(a.data(), 2, type, b.data(), 1, wide, comm)), {Op::allgather, null, any, 1, wide}},
      {none, CALL(MPI_Allgatherv(a.data(), 1, wide, b.data(), counts.data(), starts.data(), type, comm)), {Op::allgatherv, null, any, 1, wide}},
      {none, CALL(MPI_Allgatherv(MPI_IN_PLACE, 7, type, b.data(), counts.data(), starts.data(), type, comm)), {Op::allgatherv}},
      {none, CALL(MPI_Alltoall(a.data(), 2, type, b.data(), 1, wide, comm)), {Op::alltoall, null, any, 1, wide}},
      {none, CALL(MPI_Alltoallv(a.data(), counts.data(), starts.data(), type, b.data(), ones.data(), halves.data(), wide, comm)),
       {Op::alltoallv, null, any, size, wide}},
      {none, CALL(MPI_Reduce_scatter(a.data(), b.data(), counts.data(), type, MPI_SUM, comm)), {Op::reduce_scatter, null, any, 2 * size, type}},
      {none, CALL(MPI_Reduce_scatter_block(a.data(), b.data(), 2, type, MPI_SUM, comm)), {Op::reduce_scatter_block, null, any, 2, type}},
      {none, CALL(MPI_Scan(a.data(), b.data(), 3, type, MPI_SUM, comm)), {Op::scan, null, any, 3, type}},
      {none, CALL(MPI_Exscan(a.data(), b.data(), 3, type, MPI_SUM, comm)), {Op::exscan, null, any, 3, type}},

      {none, CALL(MPI_Ibarrier(comm, &request)), {Op::ibarrier}},
      {wait, CALL(MPI_Ibcast(a.data(), 3, wide, root, comm, &request)), {Op::ibcast, root, any, 3, wide}},
      {wait, CALL(MPI_Ireduce(a.data(), b.data(), 3, type, MPI_SUM, root, comm, &request)), {Op::ireduce, root, any, 3, type}},
      {wait, CALL(MPI_Iallreduce(a.data(), b.data(), 3, type, MPI_SUM, comm, &request)), {Op::iallreduce, null, any, 3, type}},
      {wait, CALL(MPI_Igather(here ? MPI_IN_PLACE : a.data(), here ? 9 : 2, type, b.data(), here ? 2 : 9, type, root, comm, &request)),
       {Op::igather, root, any, 2, type}},
      {wait, CALL(MPI_Iscatter(a.data(), here ? 2 : 9, type, here ? MPI_IN_PLACE : b.data(), here ? 9 : 2, type, root, comm, &request)),
       {Op::iscatter, root, any, 2, type}},
      {wait, CALL(MPI_Iallgather(a.data(), 2, type, b.data(), 1, wide, comm, &request)), {Op::iallgather, null, any, 1, wide}},
      {wait, CALL(MPI_Igather(a.data(), 2, type, b.data(), 1, wide, root, comm, &request)), {Op::igather, root, any, 2, type}},
      {wait, CALL(MPI_Iscatter(a.data(), 1, wide, b.data(), 2, type, root, comm, &request)), {Op::iscatter, root, any, 2, type}},
      {wait, CALL(MPI_Iallgatherv(a.data(), 1, wide, b.data(), counts.data(), starts.data(), type, comm, &request)), {Op::iallgatherv, null, any, 1, wide}},
      {wait, CALL(MPI_Iallgatherv(MPI_IN_PLACE, 7, type, b.data(), counts.data(), starts.data(), type, comm, &request)), {Op::iallgatherv}},
      {wait, CALL(MPI_Ialltoall(a.data(), 2, type, b.data(), 1, wide, comm, &request)), {Op::ialltoall, null, any, 1, wide}},
      {wait, CALL(MPI_Ireduce_scatter(a.data(), b.data(), counts.data(), type, MPI_SUM, comm, &request)), {Op::ireduce_scatter, null, any, 2, type}},
      {wait, CALL(MPI_Ireduce_scatter_block(a.data(), b.data(), 2, type, MPI_SUM, comm, &request)), {Op::ireduce_scatter_block, null, any, 2, type}},

      {wait, CALL(MPI_Comm_dup(comm, &made)), {Op::comm_dup}},
      {free_made, CALL(MPI_Comm_split(comm, 0, 0, &made)), {Op::comm_split}},
      {free_made, CALL(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &made)), {Op::comm_split_type}},
      {free_made, CALL(MPI_Comm_create(comm, group, &made)), {Op::comm_create}},
      {free_made, CALL(MPI_Cart_create(comm, 1, &size, &here, 0, &made)), {Op::cart_create}},

      {none, CALL(MPI_Win_allocate(8, 8, MPI_INFO_NULL, comm, &base, &window)), {Op::win_allocate}},
      {free_window, CALL(MPI_Win_allocate_shared(8, 8, MPI_INFO_NULL, comm, &base, &window)), {Op::win_allocate_shared}},
      {free_window, CALL(MPI_Win_create(a.data(), 64, 8, MPI_INFO_NULL, comm, &window)), {Op::win_create}},
      {none, CALL(MPI_Win_fence(0, window)), {Op::win_fence}},
      {none, CALL(MPI_Win_lock(MPI_LOCK_SHARED, rank, 0, window)), {Op::win_lock, rank}},
      {none, CALL(MPI_Win_flush(rank, window)), {Op::win_flush, rank}},
      {none, CALL(MPI_Win_unlock(rank, window)), {Op::win_unlock, rank}},
      {none, CALL(MPI_Win_lock_all(0, window)), {Op::win_lock_all}},
      {none, CALL(MPI_Win_flush_all(window)), {Op::win_flush_all}},
      {none, CALL(MPI_Win_unlock_all(window)), {Op::win_unlock_all}},
      {none, CALL(MPI_Win_free(&window)), {Op::win_free}},
      {none, CALL(MPI_File_open(comm, name.c_str(), mode, MPI_INFO_NULL, &file)), {Op::file_open}},
      {none, CALL(MPI_File_set_size(file, 16 * size)), {Op::file_set_size}},
      {none, CALL(MPI_File_preallocate(file, 16 * size)), {Op::file_preallocate}},
      {none, CALL(MPI_File_set_view(file, 0, type, type, "native", MPI_INFO_NULL)), {Op::file_set_view}},
      {none, CALL(MPI_File_write_at_all(file, 3 * rank, a.data(), 3, type, &status)), {Op::file_write_at_all, null, any, 3, type}},
      {none, CALL(MPI_File_read_at_all(file, 3 * rank, b.data(), 2, type, &status)), {Op::file_read_at_all, null, any, 2, type}},
      {none, CALL(MPI_File_write_all(file, a.data(), 1, type, &status)), {Op::file_write_all, null, any, 1, type}},
      {none, CALL(MPI_File_read_all(file, b.data(), 1, wide, &status)), {Op::file_read_all, null, any, 1, wide}},
      {none, CALL(MPI_File_sync(file)), {Op::file_sync}},
      {none, CALL(MPI_File_close(&file)), {Op::file_close}},
  };
#undef CALL
  // Open MPI 4.1 makes no window of the memory of a rank that is alone.
  MPI_Win tried;
  if (PMPI_Win_create(a.data(), 64, 8, MPI_INFO_NULL, comm, &tried) == MPI_SUCCESS) PMPI_Win_free(&tried);
  else if (size == 1) std::erase_if(cases, [](const Case& c) { return c.expected.op == Op::win_create; });
  MPI_Comm node;
  MPI_CHECK(PMPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  if (ranks_of(node) < size) std::erase_if(cases, [](const Case& c) { return c.expected.op == Op::win_allocate_shared; });  // several hosts
  MPI_CHECK(PMPI_Comm_free(&node));
  std::string differences;
  for (bool politely : {false, true}) {
    guard::recorded_trace().events.clear();
    const Politely mode(politely);
    for (const Case& c : cases) {
      c.before();
      const uint32_t begun = guard::describe(comm).collectives;
      guard::tracing = true;
      if (c.call() != MPI_SUCCESS) differences += name_of(c.expected.op) + std::string(" failed\n");
      guard::tracing = false;
      if (guard::recorded_trace().events.empty()) {
        differences += name_of(c.expected.op) + std::string(" is not in the trace\n");
        continue;
      }
      const guard::Event event = guard::recorded_trace().events.back();
      guard::recorded_trace().events.clear();
      const bool collective = guard::kind_of(c.expected.op) == guard::Kind::collective, waits = guard::kind_of(c.expected.op) == guard::Kind::wait;
      guard::Call expected;
      const Recorded& r = c.expected;
      expected.op = r.op, expected.peer = r.peer, expected.tag = r.tag, expected.count = r.count, expected.type = r.type;
      expected.source = r.source, expected.source_tag = r.source_tag, expected.request_count = r.requests;
      expected.where = &expected;
      expected.communicator = &guard::describe(r.op == Op::mrecv ? MPI_COMM_WORLD : comm);
      if (in_words(event.call, !waits) != in_words(expected, !waits))
        differences += in_words(event.call, !waits) + ", expected " + in_words(expected, !waits) + "\n";
      if (guard::describe(comm).collectives != begun + collective) differences += name_of(r.op) + std::string(" is counted wrongly\n");
      const guard::PastCall& past = guard::describe(comm).past[(begun + 1) % guard::Communicator::remembered];
      if (collective && (event.call.number != begun + 1 || past.op != r.op || past.root != r.peer || past.count != r.count || past.type != r.type ||
                         past.where != event.call.where))
        differences += name_of(r.op) + std::string(" is remembered wrongly\n");
      if (event.begin > event.end || event.region) differences += name_of(r.op) + std::string(" has a strange time\n");
    }
    free_made();
  }
  MPI_CHECK(MPI_Group_free(&group));
  MPI_CHECK(MPI_Comm_free(&comm));
  EXPECT_ON_ALL_RANKS(differences.empty()) << differences;
}

// A report names ranks of the world, whatever they are called in the communicator of the call.
TEST(Record, ReportsNameRanksOfTheWorld) {
  MPI_Comm comm;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, 0, -::rank, &comm));
  const int to = (rank_of(comm) + 1) % ranks, from = (rank_of(comm) + ranks - 1) % ranks, to_in_world = ranks - 1 - to, from_in_world = ranks - 1 - from;
  int mine = 0, got;
  MPI_Request received;
  MPI_CHECK(PMPI_Irecv(&got, 1, MPI_INT, from, 3, comm, &received));
  MPI_CHECK(MPI_Send(&mine, 1, MPI_INT, to, 3, comm));
  MPI_CHECK(PMPI_Wait(&received, MPI_STATUS_IGNORE));
  const guard::Call before = guard::slot->call;
  const auto report = std::make_unique<guard::RankReport>();
  const auto says = [&](Op op, int peer, int source) {
    guard::Call call;
    call.op = op, call.communicator = &guard::describe(comm), call.peer = peer, call.tag = 3, call.source = source, call.source_tag = 4;
    guard::slot->call = call;
    guard::write_report(*report);
    guard::slot->call = before;
    std::string text = report->line;
    text.resize(text.find(", communicator of"));
    for (int i = 0; i < report->want_count; i++) text += "; wants " + std::to_string(report->wants[i].peer);
    return text;
  };
  const std::string receiver = std::to_string(to_in_world), sender = std::to_string(from_in_world);
  const std::string words = says(Op::sendrecv, to, from) + "|" + says(Op::probe, from, MPI_PROC_NULL) + "|" + says(Op::win_lock, to, MPI_PROC_NULL),
                    expected = "MPI_Sendrecv to rank " + receiver + ", tag 3, from rank " + sender + ", tag 4; wants " + sender + "; wants " + receiver +
                               "|MPI_Probe from rank " + sender + ", tag 3; wants " + sender + "|MPI_Win_lock on the window of rank " + receiver +
                               "; wants " + std::to_string(MPI_ANY_SOURCE);
  EXPECT_ON_ALL_RANKS(words == expected) << words << "\nexpected\n" << expected;
  EXPECT_ON_ALL_RANKS(report->send_count > 0 && report->sends[0].peer == to_in_world) << report->sends[0].peer << ", expected " << to_in_world;
  EXPECT_ON_ALL_RANKS(report->world_rank == ::rank);
  MPI_CHECK(MPI_Comm_free(&comm));
}

// All members know a communicator by one number, also where only some of them have made another one before.
TEST(Record, MembersAgreeOnTheNumberOfACommunicator) {
  const auto agree = [](MPI_Comm comm) {
    uint64_t ends[2] = {guard::describe(comm).id, ~guard::describe(comm).id}, all[2];
    MPI_CHECK(PMPI_Allreduce(ends, all, 2, MPI_UINT64_T, MPI_MAX, comm));
    return all[0] == ~all[1];
  };
  MPI_Group world_group, some;
  const int last = std::max(ranks - 1, 1);
  int range[1][3] = {{0, last - 1, 1}};
  MPI_Comm part = MPI_COMM_NULL, first, second;
  MPI_CHECK(MPI_Comm_group(MPI_COMM_WORLD, &world_group));
  MPI_CHECK(MPI_Group_range_incl(world_group, 1, range, &some));
  if (::rank < last) MPI_CHECK(MPI_Comm_create_group(MPI_COMM_WORLD, some, 5, &part));
  MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &first));
  MPI_CHECK(MPI_Comm_split(first, ::rank % 2, ::rank, &second));
  EXPECT_ON_ALL_RANKS(agree(first));
  EXPECT_ON_ALL_RANKS(agree(second));
  EXPECT_ON_ALL_RANKS(part == MPI_COMM_NULL || agree(part));
  EXPECT_ON_ALL_RANKS(part == MPI_COMM_NULL || guard::describe(part).id != guard::describe(first).id);
  for (MPI_Comm* comm : {&part, &first, &second})
    if (*comm != MPI_COMM_NULL) MPI_CHECK(MPI_Comm_free(comm));
  for (MPI_Group* group : {&world_group, &some}) MPI_CHECK(MPI_Group_free(group));
}

// However it is made, each is another one, and the trace tells when it was made of which, and when it was freed.
TEST(Record, TellsEveryNewCommunicatorFromTheOneBefore) {
  MPI_Group world_group;
  MPI_Comm grid;
  const int sizes[2] = {ranks, 1}, periodic[2] = {}, keep[2] = {1, 0};
  MPI_CHECK(MPI_Comm_group(MPI_COMM_WORLD, &world_group));
  MPI_CHECK(MPI_Cart_create(MPI_COMM_WORLD, 2, sizes, periodic, 0, &grid));
  const std::pair<Op, std::function<int(MPI_Comm*)>> makers[] = {
      {Op::comm_dup, [&](MPI_Comm* made) { return MPI_Comm_dup(grid, made); }},
      {Op::comm_split, [&](MPI_Comm* made) { return MPI_Comm_split(grid, 0, 0, made); }},
      {Op::comm_split_type, [&](MPI_Comm* made) { return MPI_Comm_split_type(grid, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, made); }},
      {Op::comm_create, [&](MPI_Comm* made) { return MPI_Comm_create(grid, world_group, made); }},
      {Op::cart_create, [&](MPI_Comm* made) { return MPI_Cart_create(grid, 2, sizes, periodic, 0, made); }},
      {Op::cart_sub, [&](MPI_Comm* made) { return MPI_Cart_sub(grid, keep, made); }}};
  std::set<uint64_t> known = {guard::describe(MPI_COMM_WORLD).id, guard::describe(grid).id};
  std::string wrong;
  for (const auto& [op, make] : makers)
    for (int turn = 0; turn < 2; turn++) {
      MPI_Comm made;
      guard::recorded_trace().events.clear();
      guard::tracing = true;
      MPI_CHECK(make(&made));
      const guard::Communicator* const described = &guard::describe(made);
      if (!known.insert(described->id).second) wrong += name_of(op) + std::string(" makes one that is known\n");
      MPI_CHECK(MPI_Comm_free(&made));
      guard::tracing = false;
      const std::vector<guard::Event>& events = guard::recorded_trace().events;
      if (events.size() != 2 || events[0].call.op != op || events[0].call.communicator != &guard::describe(grid) || events[1].call.op != Op::comm_free ||
          events[1].call.communicator != described)
        wrong += name_of(op) + std::string(" is in the trace as another one\n");
    }
  guard::recorded_trace().events.clear();
  EXPECT_ON_ALL_RANKS(wrong.empty()) << wrong;
  MPI_CHECK(MPI_Comm_free(&grid));
  MPI_CHECK(MPI_Group_free(&world_group));
}

// Of twenty answers the one that came soonest counts, as one that was given in the middle of its trip: 381 ns are over before it is asked
// for, ten pass. The clock of rank 0 stands still.
TEST(Trace, BelievesTheQuickestAnswer) {
  MPI_Comm own;  // the trace keeps it
  MPI_CHECK(PMPI_Comm_dup(MPI_COMM_WORLD, &own));
  guard::find_shared_clock(own, MPI_COMM_SELF);
  const auto clock = guard::now_ns;
  time_of_trips = 0, trips = 0;
  guard::now_ns = ::rank == 0 ? +[] { return int64_t{1000}; } : clock_of_trips;
  const guard::Clock found = guard::compare_clocks();
  guard::now_ns = clock;
  EXPECT_ON_ALL_RANKS(::rank == 0 || trips == 20) << trips;
  EXPECT_ON_ALL_RANKS(found.here == (::rank == 0 ? 0 : 386) && found.offset == (::rank == 0 ? 0 : 1000 - 386)) << found.here << " " << found.offset;
}

int64_t seconds_of_the_test = 0;
// Of rank r: it runs 1 + r times as fast as that of rank 0, and is wrong by 5 r seconds.
int64_t wrong_clock() { return ((1 + ::rank) * seconds_of_the_test + 5 * ::rank) * 1'000'000'000; }

// Each rank on a host of its own, as far as the trace knows. The whole file: an event in a rank's own row, and one in that of its second stream.
TEST(Trace, HasTheTimeOfRank0WhateverOtherClocksShow) {
  std::string file = testing::TempDir() + "trace_" + std::to_string(getpid()) + ".json";
  file.resize(256);
  MPI_CHECK(MPI_Bcast(file.data(), 256, MPI_CHAR, 0, MPI_COMM_WORLD));
  file.resize(file.find('\0'));
  MPI_Comm own;  // the trace keeps it
  MPI_CHECK(PMPI_Comm_dup(MPI_COMM_WORLD, &own));
  const auto clock = guard::now_ns;
  guard::recorded_trace() = {};
  guard::now_ns = wrong_clock;
  seconds_of_the_test = 1000;
  guard::start_trace(own, MPI_COMM_SELF);
  trace_begin(file);
  seconds_of_the_test = 1001;
  {
    const TraceRegion region("work", ::rank);
    seconds_of_the_test = 1003;
  }
  const int64_t copied_from = guard_trace_region_begin();
  seconds_of_the_test = 1004;
  guard_trace_stream("copy", 7, copied_from, guard_trace_region_begin(), 2);
  seconds_of_the_test = 1010;
  guard::write_trace();
  guard::now_ns = clock;
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::vector<char> hosts(64 * size_t(ranks));
  char host[64] = "";
  gethostname(host, sizeof host - 1);
  MPI_CHECK(MPI_Gather(host, 64, MPI_CHAR, hosts.data(), 64, MPI_CHAR, 0, MPI_COMM_WORLD));
  const auto event = [](const std::string& name, const char* category, int row, int r, int begin, int length) {
    return "{\"name\":\"" + name + "\",\"cat\":\"" + category + "\",\"ph\":\"X\",\"pid\":" + std::to_string(row) + ",\"tid\":" + std::to_string(r) +
           ",\"ts\":" + std::to_string(begin) + "000000.000,\"dur\":" + std::to_string(length) + "000000.000,\"args\":{}},\n";
  };
  const auto label = [](const char* of, int row, const std::string& tid, const std::string& name) {
    return std::string("{\"name\":\"") + of + "\",\"ph\":\"M\",\"pid\":" + std::to_string(row) + "," + tid + "\"args\":{\"name\":\"" + name + "\"}}";
  };
  std::string expected = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
  for (int r = 0; r < ranks; r++) {
    const std::string number = std::to_string(r), tid = "\"tid\":" + number + ",", on = "rank " + number + " on " + &hosts[64 * size_t(r)];
    expected += label("thread_name", 0, tid, on) + ",\n";
    for (int row : {1, 2}) expected += label("process_name", row, "", "GPUs, stream " + std::to_string(row)) + ",\n" + label("thread_name", row, tid, on) + ",\n";
    expected += event("work " + number, "compute", 0, r, 1001, 2) + event("copy 7", "stream", 2, r, 1003, 1);
  }
  expected += label("process_name", 0, "", "MPI ranks") + "\n]}\n";
  EXPECT_ON_ALL_RANKS(::rank != 0 || text == expected) << text << "\nexpected\n" << expected;
  if (::rank == 0) std::remove(file.c_str());
}

// More text than goes in one message.
TEST(Trace, ALongOneIsWhole) {
  std::string file = testing::TempDir() + "long_" + std::to_string(getpid()) + ".json";
  file.resize(256);
  MPI_CHECK(MPI_Bcast(file.data(), 256, MPI_CHAR, 0, MPI_COMM_WORLD));
  file.resize(file.find('\0'));
  MPI_Comm own;  // the trace keeps it
  MPI_CHECK(PMPI_Comm_dup(MPI_COMM_WORLD, &own));
  constexpr int events = 15'000;
  guard::recorded_trace() = {};
  guard::start_trace(own, MPI_COMM_SELF);
  trace_begin(file);
  for (int i = 0; i < events; i++) guard_trace_stream("work", i, 1, 2, 0);
  guard::write_trace();
  guard::recorded_trace() = {};
  std::vector<int> next(ranks, 0);  // they come in their order, each rank's text behind that of the one before
  int at = 0, wrong = 0;
  size_t bytes = 0;
  std::ifstream in(file);
  for (std::string line; ::rank == 0 && std::getline(in, line);) {
    int number = 0, row = 0, tid = 0;
    bytes += line.size() + 1;
    if (std::sscanf(line.c_str(), "{\"name\":\"work %d\",\"cat\":\"compute\",\"ph\":\"X\",\"pid\":%d,\"tid\":%d,", &number, &row, &tid) != 3) continue;
    if (tid == at + 1) at = tid;
    wrong += tid != at || tid >= ranks || number != next[tid]++;
  }
  const bool whole = std::all_of(next.begin(), next.end(), [](int n) { return n == events; });
  EXPECT_ON_ALL_RANKS(::rank != 0 || (whole && wrong == 0)) << ::testing::PrintToString(next) << " " << wrong;
  EXPECT_ON_ALL_RANKS(::rank != 0 || bytes > size_t(ranks) << 20) << bytes;
  if (::rank == 0) std::remove(file.c_str());
}

// What stands behind the calls in the file, in the world's numbers: of a communicator whose ranks are in reverse order, and whose name must not
// end the text. And how many events did not fit.
TEST(Trace, TellsWithWhomAndHowMuch) {
  std::string file = testing::TempDir() + "arguments_" + std::to_string(getpid()) + ".json";
  file.resize(256);
  MPI_CHECK(MPI_Bcast(file.data(), 256, MPI_CHAR, 0, MPI_COMM_WORLD));
  file.resize(file.find('\0'));
  MPI_Comm own, comm;  // the trace keeps its own
  MPI_CHECK(PMPI_Comm_dup(MPI_COMM_WORLD, &own));
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, 0, -::rank, &comm));
  MPI_CHECK(MPI_Comm_set_name(comm, "a \"b\\c\n"));
  const int me = rank_of(comm), right = (me + 1) % ranks, left = (me + ranks - 1) % ranks;
  MPI_Datatype pair;
  MPI_CHECK(MPI_Type_contiguous(2, MPI_INT, &pair));
  MPI_CHECK(MPI_Type_commit(&pair));
  std::vector<double> a(64), b(64);
  MPI_Request requests[2];
  guard::recorded_trace() = {};
  guard::start_trace(own, MPI_COMM_SELF);
  trace_begin(file);
  MPI_CHECK(MPI_Sendrecv(a.data(), 3, MPI_INT, right, 6, b.data(), 4, MPI_INT, left, 6, comm, MPI_STATUS_IGNORE));
  MPI_CHECK(MPI_Irecv(b.data(), 5, MPI_DOUBLE, left, 8, comm, &requests[0]));
  MPI_CHECK(MPI_Isend(a.data(), 2, MPI_DOUBLE, right, 8, comm, &requests[1]));
  MPI_CHECK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
  MPI_CHECK(MPI_Bcast(a.data(), 5, MPI_FLOAT, ranks / 2, comm));
  MPI_CHECK(MPI_Bcast(a.data(), 3, pair, 0, comm));
  MPI_CHECK(MPI_Allreduce(a.data(), b.data(), 7, MPI_INT, MPI_SUM, comm));
  MPI_CHECK(MPI_Barrier(comm));
  { const TraceRegion region("alone"); }
  guard::recorded_trace().dropped = 10 + ::rank;
  testing::internal::CaptureStderr();
  guard::write_trace();
  const std::string said = testing::internal::GetCapturedStderr();
  guard::recorded_trace() = {};
  EXPECT_ON_ALL_RANKS(said == "guard: rank " + std::to_string(::rank) + ": the trace lacks its last " + std::to_string(10 + ::rank) + " events\n") << said;

  std::ifstream in(file);
  std::map<int, std::string> found, expected;  // by rank
  for (std::string line; std::getline(in, line);) {
    const size_t tid = line.find("\"ph\":\"X\",\"pid\":0,\"tid\":"), args = line.find("\"args\":{");
    if (tid == std::string::npos || args == std::string::npos) continue;
    found[std::stoi(line.substr(tid + 23))] += line.substr(0, tid) + line.substr(args) + "\n";
  }
  const auto number = [](const char* key, int value) { return std::string(",\"") + key + "\":" + std::to_string(value); };
  for (int r = 0; r < ranks && ::rank == 0; r++) {
    const int to = (r + ranks - 1) % ranks, from = (r + 1) % ranks;  // the right neighbour there is the left one here
    const auto event = [&](const char* name, const char* kind, const std::string& arguments) {
      expected[r] += std::string("{\"name\":\"") + name + "\",\"cat\":\"" + kind + "\",\"args\":{" + arguments + "}},\n";
    };
    const std::string on = "\"communicator\":\"a _b_c_\"";
    event("MPI_Sendrecv", "exchange", on + number("bytes", 12) + number("peer", to) + number("tag", 6) + number("source", from));
    event("MPI_Irecv", "receive", on + number("bytes", 40) + number("peer", from) + number("tag", 8));
    event("MPI_Isend", "send", on + number("bytes", 16) + number("peer", to) + number("tag", 8));
    event("MPI_Waitall", "wait", "");
    event("MPI_Bcast", "collective", on + number("bytes", 20) + number("root", ranks / 2));
    event("MPI_Bcast", "collective", on + number("bytes", 24) + number("root", 0));
    event("MPI_Allreduce", "collective", on + number("bytes", 28));
    event("MPI_Barrier", "collective", on);
    event("alone", "compute", "");
  }
  std::string differences;
  for (int r = 0; r < ranks && ::rank == 0; r++)
    if (found[r] != expected[r]) differences += found[r] + "expected\n" + expected[r];
  EXPECT_ON_ALL_RANKS(differences.empty()) << differences;
  MPI_CHECK(MPI_Type_free(&pair));
  MPI_CHECK(MPI_Comm_free(&comm));
  if (::rank == 0) std::remove(file.c_str());
}

// Who may be waited for is remembered with its request, under every call that begins something.
TEST(Record, KnowsWhatARequestStandsFor) {
  const int me = ::rank;
  int number = 5, got = 0;
  MPI_Request requests[4];  // none of which is complete
  MPI_CHECK(MPI_Irecv(&got, 1, MPI_INT, me, 3, MPI_COMM_WORLD, &requests[0]));
  MPI_CHECK(MPI_Issend(&number, 1, MPI_INT, me, 4, MPI_COMM_WORLD, &requests[1]));
  MPI_CHECK(MPI_Recv_init(&number, 2, MPI_INT, MPI_ANY_SOURCE, 8, MPI_COMM_WORLD, &requests[2]));
  MPI_CHECK(MPI_Send_init(&number, 1, MPI_INT, me, 7, MPI_COMM_WORLD, &requests[3]));
  const Op ops[] = {Op::irecv, Op::issend, Op::irecv, Op::isend};
  const int tags[] = {3, 4, 8, 7}, peers[] = {me, me, MPI_ANY_SOURCE, me};
  std::string wrong;
  for (int i = 0; i < 4; i++) {
    const guard::Call* call = guard::requests.find(requests[i]);
    if (!call || call->op != ops[i] || call->tag != tags[i] || call->peer != peers[i] || !call->where) wrong += " " + std::to_string(i);
  }
  for (int i : {2, 3}) MPI_CHECK(MPI_Request_free(&requests[i]));
  MPI_CHECK(PMPI_Send(&number, 1, MPI_INT, me, 3, MPI_COMM_WORLD));
  int arrived = 0;
  MPI_CHECK(PMPI_Recv(&arrived, 1, MPI_INT, me, 4, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
  MPI_CHECK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
  const unsigned sends = guard::last_sends.count;
  EXPECT_ON_ALL_RANKS(wrong.empty()) << wrong;
  EXPECT_ON_ALL_RANKS(sends >= 2 && guard::last_sends.sent[(sends - 1) % guard::LastSends::size].tag == 7);
}

}  // namespace
