// See session.h. The one subtle part is how ranks that fail find out whether all of them did.
#include "common/mpi/session.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "common/error.h"

namespace {

// MPI promises tags up to 32767; nothing else in this repository uses this one.
constexpr int failure_tag = 32767;
constexpr double patience = 2.0;  // seconds that a failed rank waits for the others to fail as well
constexpr int max_message = 1000;

int world_rank() {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

// One write, so that lines of several ranks do not mix.
void print_line(const std::string& line) {
  std::fflush(stdout);
  std::fputs((line + "\n").c_str(), stderr);
  std::fflush(stderr);
}

[[noreturn]] void abort_all(int status) {
  // The launcher passes our line on, and drops what it still has when the abort reaches it: give it a moment.
  usleep(300'000);
  // MPI_Abort ends every rank and keeps our status; exit() would end this one and leave the others waiting.
  MPI_Abort(MPI_COMM_WORLD, status);
  std::abort();
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string library_name() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  std::string name = text;  // the length of Open MPI counts the 0 at the end
  name = name.substr(0, name.find('\n'));
  for (char& c : name) c = c == '\t' ? ' ' : c;
  return name;
}

std::string launcher_guess() {
  if (!environment("OMPI_COMM_WORLD_SIZE").empty()) return "It was started by Open MPI's launcher. ";
  if (!environment("SLURM_PROCID").empty()) return "It was started inside Slurm (try srun --mpi=pmi2). ";
  if (!environment("PMI_SIZE").empty()) return "It was started by a launcher that speaks PMI (MPICH's). ";
  return "It was started by no launcher, or by one of another MPI. ";
}

void expect_ranks(int size) {
  const std::string expected = environment("EXPECT_RANKS");
  if (expected.empty() || std::atoi(expected.c_str()) == size) return;
  print_line("MPI started " + std::to_string(size) + (size == 1 ? " rank" : " ranks") + ", not " + expected +
             " (EXPECT_RANKS): the launcher and the MPI library do not belong together. " + launcher_guess() +
             "The program is linked with " + library_name() +
             ". Name that library's own launcher with MPIEXEC=..., or run `make doctor`.");
  abort_all(1);
}

// True once `request` is complete; false after `seconds` without that.
bool completes_within(MPI_Request* request, double seconds) {
  const double end = MPI_Wtime() + seconds;
  for (int done = 0;; usleep(1000)) {
    MPI_Test(request, &done, MPI_STATUS_IGNORE);
    if (done || MPI_Wtime() > end) return done;
  }
}

// Rank 0, which has failed: hears from all others that they failed too, or gives up. Returns the lines to
// print; empty if some rank did not fail.
std::string collect_failures(const std::string& message, int size) {
  const double end = MPI_Wtime() + patience;
  static std::vector<std::string> texts;  // static: the job is ended with receives under way if a rank does not fail
  texts.assign(size_t(size), std::string(max_message, '\0'));
  std::vector<MPI_Request> requests(size_t(size), MPI_REQUEST_NULL);
  for (int source = 1; source < size; source++)
    MPI_Irecv(texts[size_t(source)].data(), max_message, MPI_CHAR, source, failure_tag, MPI_COMM_WORLD, &requests[size_t(source)]);
  std::string lines = message;
  for (int source = 1; source < size; source++) {
    if (!completes_within(&requests[size_t(source)], end - MPI_Wtime())) return "";
    const std::string text = texts[size_t(source)].c_str();
    if (message.compare(0, max_message, text) != 0) lines += "\nrank " + std::to_string(source) + ": " + text;
  }
  return lines;
}

bool all_ranks_failed(const std::string& message, int rank, int size) {
  if (rank == 0) {
    const std::string lines = collect_failures(message, size);
    if (lines.empty()) return false;
    print_line(lines);
    for (int other = 1; other < size; other++)
      MPI_Send(nullptr, 0, MPI_CHAR, other, failure_tag, MPI_COMM_WORLD);
    return true;
  }
  // Synchronous: it is complete when rank 0 receives it, so has failed, too. Then rank 0 answers, or ends the job.
  MPI_Request told;
  const int length = int(std::min(message.size(), size_t(max_message)));
  MPI_Issend(message.c_str(), length, MPI_CHAR, 0, failure_tag, MPI_COMM_WORLD, &told);
  return completes_within(&told, patience) && MPI_Recv(nullptr, 0, MPI_CHAR, 0, failure_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE) == MPI_SUCCESS;
}

// What an exception says, and the status of the program that ends with it.
struct Failure {
  std::string message = "std::terminate was called without an exception";
  int status = 1;
};

Failure failure_of(const std::exception_ptr& thrown) {
  Failure failure;
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const Error& error) {
    failure = {error.what(), error.status()};
  } catch (const std::exception& error) {
    failure.message = error.what();
  } catch (...) {
    failure.message = "threw something that is no std::exception";
  }
  return failure;
}

int status_at_the_end = 1;

// The handler of std::terminate. An exception that nobody catches comes here *before* the stack is unwound: no destructor
// has run that waits for other ranks (MPI_Win_free, MPI_Waitall) or gives back memory that a request still uses. A `catch`
// in run_with_mpi would come after all of them. What is caught further in is unwound as usual and never comes here.
[[noreturn]] void end_after_exception() {
  const Failure failure = failure_of(std::current_exception());
  int size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (!all_ranks_failed(failure.message, world_rank(), size)) {
    print_line("rank " + std::to_string(world_rank()) + ": " + failure.message);
    abort_all(failure.status);
  }
  // Everybody is here, so nobody waits, and the launcher need not complain. Operations that are still under way may
  // keep MPI_Finalize from its end: five seconds, then without it.
  status_at_the_end = failure.status;
  std::signal(SIGALRM, [](int) { _exit(status_at_the_end); });
  alarm(5);
  MPI_Finalize();
  std::_Exit(failure.status);
}

}  // namespace

void mpi_failed(int error, const char* call, const char* file, int line) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(error, text, &length);
  print_line(std::string(file) + ":" + std::to_string(line) + ": rank " + std::to_string(world_rank()) +
             ": " + call + "\n  " + text);
  abort_all(1);
}

MpiSession::MpiSession(int& argc, char**& argv, int threads) {
  int provided = MPI_THREAD_SINGLE;
  if (threads == MPI_THREAD_SINGLE)
    MPI_Init(&argc, &argv);
  else
    MPI_Init_thread(&argc, &argv, threads, &provided);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
  end_program = abort_all;
  std::set_terminate(end_after_exception);
  MPI_CHECK(MPI_Comm_rank(MPI_COMM_WORLD, &rank_));
  MPI_CHECK(MPI_Comm_size(MPI_COMM_WORLD, &size_));
  expect_ranks(size_);
  if (provided < threads) {
    print_line("rank " + std::to_string(rank_) + ": this MPI offers thread level " +
               std::to_string(provided) + ", the program needs " + std::to_string(threads));
    abort_all(1);
  }
  MPI_Comm node;
  MPI_CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node));
  MPI_CHECK(MPI_Comm_rank(node, &node_rank_));
  MPI_CHECK(MPI_Comm_size(node, &node_size_));
  MPI_CHECK(MPI_Comm_free(&node));
}

MpiSession::~MpiSession() {
  std::set_terminate(std::abort);
  end_program = std::_Exit;
  MPI_Finalize();
}

int run_with_mpi(int argc, char** argv, int (*body)(MpiSession& mpi, int argc, char** argv)) {
  MpiSession mpi(argc, argv);
  return body(mpi, argc, argv);
}
