// The beginning and the end: what all ranks agree on in MPI_Init, and what is tidied up in MPI_Finalize.
#include <mpi.h>
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "common/mpi_guard/call.h"
#include "common/mpi_guard/leftovers.h"
#include "common/mpi_guard/nodes.h"
#include "common/mpi_guard/page.h"
#include "common/mpi_guard/trace_write.h"
#include "common/mpi_guard/wait.h"
#include "common/mpi_guard/watchdog.h"
#include "common/mpi_guard/witness.h"

using namespace guard;

namespace {

bool started = false;
MPI_Comm own_world = MPI_COMM_NULL;  // for the guard's barrier: the program's own must never meet it

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

cpu_set_t cores_of_this_rank() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  sched_getaffinity(0, sizeof cores, &cores);
  return cores;
}

// The same for all ranks of one running kernel, also where namespaces or containers make it look like several
// hosts: they share its cores.
uint64_t machine() {
  char text[64] = "";
  if (FILE* file = std::fopen("/proc/sys/kernel/random/boot_id", "r")) {
    if (!std::fgets(text, sizeof text, file)) text[0] = 0;
    std::fclose(file);
  }
  if (!text[0]) gethostname(text, sizeof text - 1);
  return std::hash<std::string>()(text);
}

bool crowded_machine(int size) {
  struct Seat {
    uint64_t machine;
    cpu_set_t cores;
  };
  const Seat mine{machine(), cores_of_this_rank()};
  std::vector<Seat> seats(size);
  politely(PMPI_Iallgather, &mine, sizeof mine, MPI_CHAR, seats.data(), sizeof mine, MPI_CHAR, MPI_COMM_WORLD);
  std::vector<cpu_set_t> cores;
  for (const Seat& seat : seats)
    if (seat.machine == mine.machine) cores.push_back(seat.cores);
  return overcrowded(cores);
}

// One answer for all ranks: rank 0's GUARD_WAIT, or else whether any machine is overcrowded.
bool agree_on_politeness(bool crowded_here) {
  enum { automatic, no, yes };
  const std::string wish = environment("GUARD_WAIT");
  int mine[2] = {wish == "polite" ? yes : wish == "plain" ? no : automatic, crowded_here};
  int rank = 0, all[2];
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank != 0) mine[0] = 0;
  politely(PMPI_Iallreduce, mine, all, 2, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  return all[0] == automatic ? all[1] : all[0] == yes;
}

// After PMPI_Init, on every rank.
void start() {
  started = this_thread.watched = true;
  polite = true;  // until it is known that it is not needed
  int rank = 0, size = 1;
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  PMPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm node;
  {
    const cpu_set_t cores = cores_of_this_rank();
    const YieldByTimer timer(size > CPU_COUNT(&cores));
    PMPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node);
  }
  const bool wanted = agree_on_politeness(crowded_machine(size));
  Page* page = create_page(node, rank);
  connect_nodes(node);
  int node_rank = 0;
  PMPI_Comm_rank(node, &node_rank);
  start_watchdog(page, node_rank);
  politely(PMPI_Comm_idup, MPI_COMM_WORLD, &own_world);
  start_trace(own_world, node);
  std::atexit(end_job_without_finalize);
  PMPI_Comm_free(&node);
  polite = wanted;
}

// MPI's own beginning, in which ranks spin until the last one is there; how many of them share this host only the launcher can say then.
int initialized(const std::function<int()>& init) {
  start_witness();
  const cpu_set_t cores = cores_of_this_rank();
  const std::string ranks = environment("MPI_LOCALNRANKS") + environment("OMPI_COMM_WORLD_LOCAL_SIZE");
  const YieldByTimer timer(std::atoi(ranks.c_str()) > CPU_COUNT(&cores));
  const int error = init();
  if (error == MPI_SUCCESS) start();
  return error;
}

}  // namespace

bool guard::overcrowded(const std::vector<cpu_set_t>& ranks) {
  cpu_set_t all;
  CPU_ZERO(&all);
  for (const cpu_set_t& mine : ranks) {
    CPU_OR(&all, &all, &mine);
    int inside = 0;
    for (const cpu_set_t& other : ranks) {
      cpu_set_t common;
      CPU_AND(&common, &mine, &other);
      inside += CPU_EQUAL(&common, &other) ? 1 : 0;
    }
    if (inside > CPU_COUNT(&mine)) return true;
  }
  return int(ranks.size()) > CPU_COUNT(&all);
}

int MPI_Init(int* argc, char*** argv) {
  return initialized([&] { return PMPI_Init(argc, argv); });
}

int MPI_Init_thread(int* argc, char*** argv, int required, int* provided) {
  return initialized([&] { return PMPI_Init_thread(argc, argv, required, provided); });
}

// MPICH 4.0 calls this (over UCX) in MPI_Finalize for each connection, waits until its partner has answered, and then waits
// in a barrier of the launcher, where it answers nobody: over TCP ranks wait for each other for ever (MPICH's pull request
// 6596). Here it closes nothing. Ranks come here after the barrier below, which is the last message of all; the library
// closes its connections when it ends. The linker takes this one before that of the library.
extern "C" void* ucp_disconnect_nb(void*) { return nullptr; }

int MPI_Finalize() {
  if (!started) return PMPI_Finalize();
  {
    const InCall call({.op = Op::finalize, .where = GUARD_HERE});
    // Nobody leaves while another may still need the watchdog, or the trace's clock.
    politely(PMPI_Ibarrier, own_world);
    end_with_leftovers(own_world);
  }
  write_trace();
  stop_watchdog();
  dismiss_witness();
  PMPI_Comm_free(&own_world);
  const YieldByTimer timer(polite);
  return PMPI_Finalize();
}

int MPI_Abort(MPI_Comm comm, int status) {
  watchdog_job_is_ending();
  wait_until_words_are_read();
  return PMPI_Abort(comm, status);
}
