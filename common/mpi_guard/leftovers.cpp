// See leftovers.h.
#include "common/mpi_guard/leftovers.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "common/mpi_guard/datatypes.h"
#include "common/mpi_guard/source_line.h"
#include "common/mpi_guard/wait.h"
#include "common/mpi_guard/watchdog.h"

// In a program that is judged (tests/exercises/compile): what it may not call, whatever it does to its environment.
extern "C" __attribute__((weak)) const char guard_judges[];

namespace guard {

namespace {

// MPI may give one handle to several sends that were over at once.
std::multimap<MPI_Request, Call> open_requests;
std::set<Op> called;        // collectives
Traffic total;
std::map<int, Op> strangers;
long sent = 0, received = 0, communicators = 0;
bool persistent = false;

bool wanted() {
  static const bool is_wanted = guard_judges || std::getenv("GUARD_LEFTOVERS");
  return is_wanted;
}
const char* forbidden() {
  static const char* const list = guard_judges ? guard_judges : std::getenv("GUARD_FORBIDS");
  return list ? list : "";
}

bool has_word(const std::string& list, const std::string& word) { return (" " + list + " ").find(" " + word + " ") != std::string::npos; }

// "collectives" are those that move or add data, and barriers; not those that make communicators.
bool moves_data(Op op) { return op >= Op::barrier && op <= Op::ireduce_scatter_block; }
bool forbids(Op op) { return has_word(forbidden(), name_of(op)) || (has_word(forbidden(), "collectives") && moves_data(op)); }

std::string in_words(const Call& call) {
  std::string text = name_of(call.op);
  if (kind_of(call.op) == Kind::collective) return text;
  const auto number = [](int value, int any) { return value == any ? std::string("any") : std::to_string(value); };
  text += (kind_of(call.op) == Kind::recv ? " from rank " : " to rank ") + number(call.peer, MPI_ANY_SOURCE);
  return text + ", tag " + number(call.tag, MPI_ANY_TAG) + ",";
}

void say(const std::string& text) { std::fprintf(stderr, "guard: %s\n", text.c_str()); }

// A message that has come and that nobody has received. It is found in a look or two.
bool unexpected(MPI_Status& status) {
  int found = 0;
  for (int look = 0; look < 100 && !found; ++look, yield_core()) PMPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &found, &status);
  return found;
}

}  // namespace

void note_request(const Call& call, MPI_Request request) {
  if (wanted() && request != MPI_REQUEST_NULL) open_requests.emplace(request, call);
}

void note_message(Op op, int peer, MPI_Comm comm, int64_t bytes) {
  if (peer == MPI_PROC_NULL) return;
  static const bool forbids_strangers = has_word(forbidden(), "strangers");
  if (int rank = 0; forbids_strangers && peer >= 0) {
    PMPI_Comm_rank(comm, &rank);
    if (peer != rank - 1 && peer != rank + 1) strangers.emplace(peer, op);
  }
  if (op == Op::recv || op == Op::irecv || op == Op::mrecv) ++received;
  else if (op != Op::probe && op != Op::mprobe) ++sent, ++total.messages, total.bytes += bytes;
}
void note_communicators(int more) {
  if (this_thread.depth <= 1) communicators += more;
}
const Traffic& traffic() { return total; }

void note_persistent() { persistent = true; }
void note_collective(const Call& call) {
  called.insert(call.op);
  if (moves_data(call.op)) ++total.collectives, total.bytes += call.count * std::max(size_if_known(call.type), int64_t{0});
}

Completing::Completing(int count, const MPI_Request* requests) : requests_(requests) {
  if (wanted() && requests && count > 0) before_.assign(requests, requests + count);
}
Completing::~Completing() {
  for (size_t i = 0; i < before_.size(); ++i)
    if (requests_[i] == MPI_REQUEST_NULL)
      if (const auto found = open_requests.find(before_[i]); found != open_requests.end()) open_requests.erase(found);
}

void end_with_leftovers(MPI_Comm world) {
  if (!wanted() && !*forbidden()) return;
  int rank = 0;
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const std::string me = "rank " + std::to_string(rank);
  long mine[2] = {0, sent - received}, all[2] = {0, 0};
  const auto blame = [&](const std::string& text) { ++mine[0], say(text); };
  if (wanted() && !persistent)
    for (const auto& [request, call] : open_requests) {
      const std::string place = source_lines({call.where})[0].text;
      blame("unfinished: " + me + ": " + in_words(call) + (place.empty() ? "" : " at " + place) + " was never completed: nobody waited for it");
    }
  for (const Op op : called)
    if (forbids(op)) blame("forbidden: " + me + " calls " + name_of(op) + ": the task wants it done without");
  for (const auto& [peer, op] : strangers)
    blame("forbidden: " + me + " calls " + name_of(op) + " with rank " + std::to_string(peer) + ": the task wants messages between neighbours only");
  if (has_word(forbidden(), "unfreed") && communicators > 0)
    blame("forbidden: " + me + " has made " + std::to_string(communicators) + " communicators that are never freed");
  politely(PMPI_Iallreduce, mine, all, 2, MPI_LONG, MPI_SUM, world);
  const bool lost = wanted() && !persistent && all[1] > 0 && all[0] == 0;  // fewer: MPI_Bsend, or a receive that was cancelled
  if (lost) {
    MPI_Status status;
    if (unexpected(status))
      say("unreceived: " + me + ": a message from rank " + std::to_string(status.MPI_SOURCE) + " with tag " +
          std::to_string(status.MPI_TAG) + " was never received");
    if (rank == 0)
      say("unreceived: rank 0: all ranks together sent " + std::to_string(all[1]) + " more messages than they received");
  }
  if (all[0] == 0 && !lost) return;
  wait_until_words_are_read();
  politely(PMPI_Ibarrier, world);  // everybody has been heard
  MPI_Abort(MPI_COMM_WORLD, guard_exit_status);
}

}  // namespace guard
