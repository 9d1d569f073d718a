// How ranks wait for each other, and who waits for their end: cores that are given away, and the witness.
// ranks: 1
#include <gtest/gtest.h>
#include <mpi.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/mpi/session.h"
#include "common/mpi_guard/requests.h"
#include "common/mpi_guard/wait.h"

using namespace guard;

// How often this process gave its core away; and, where a test wants to know, how often its thread slept, and how long a yield lasts.
static volatile int yields = 0;
static thread_local bool counts = false;
static thread_local int sleeps = 0;
static int64_t time_of_yields = 0, length_of_a_yield = 0;
extern "C" int sched_yield() noexcept {
  yields = yields + 1;
  if (counts) time_of_yields += length_of_a_yield;
  return counts ? 0 : int(syscall(SYS_sched_yield));
}
extern "C" int nanosleep(const timespec* length, timespec* rest) {
  if (!counts) return int(syscall(SYS_nanosleep, length, rest));
  sleeps += length->tv_sec == 0 && length->tv_nsec == 20'000 ? 1 : 1000;
  return 0;
}

// How many objects of this process live. Sanitizers have an allocator of their own.
static std::atomic<long> living = 0;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(size_t bytes) {
  void* const memory = std::malloc(bytes);
  if (!memory) throw std::bad_alloc();
  ++living;
  return memory;
}
void operator delete(void* memory) noexcept {
  living -= memory != nullptr;
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }
#endif

namespace {

// A polite wait gives its core away until all requests are complete. Here the second message is not sent before it has looked often.
TEST(Waiting, GoesOnPolitelyUntilAllAreComplete) {
  static int looks;
  static uint64_t complete_at_first;
  looks = 0, complete_in_waitall = ~uint64_t{0};  // of an earlier call
  const bool before = std::exchange(polite, true);
  const auto clock = now_ns;
  int got[2] = {}, sent[2] = {5, 6};
  MPI_Request requests[2];
  for (int i = 0; i < 2; i++) MPI_CHECK(MPI_Irecv(&got[i], 1, MPI_INT, 0, i, MPI_COMM_SELF, &requests[i]));
  MPI_CHECK(PMPI_Send(&sent[0], 1, MPI_INT, 0, 0, MPI_COMM_SELF));
  now_ns = [] {
    static const int six = 6;
    if (++looks == 1) complete_at_first = complete_in_waitall;
    if (looks == 9) PMPI_Send(&six, 1, MPI_INT, 0, 1, MPI_COMM_SELF);
    return int64_t(looks);
  };
  MPI_CHECK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
  now_ns = clock;
  polite = before;
  EXPECT_GE(looks, 9);
  EXPECT_EQ(complete_at_first, 1u) << "the first of the two, as the watchdog is to know";
  EXPECT_TRUE(got[0] == 5 && got[1] == 6);
}

// In every region anew, also around one that has come and gone, and no more behind its end.
TEST(Waiting, ATimerGivesTheCoreAwayWhileItsRegionLasts) {
  const auto yields_within = [](double seconds, int enough) {
    const int before = yields;
    for (const double end = MPI_Wtime() + seconds; MPI_Wtime() < end && yields < before + enough;) {
    }
    return std::min(yields - before, enough);  // one more may have come since
  };
  for (int turn = 0; turn < 3; turn++) {
    {
      const YieldByTimer region(true), none(false);
      EXPECT_EQ(yields_within(20, 3), 3);
      { const YieldByTimer inner(true); }
      EXPECT_EQ(yields_within(20, 3), 3);
    }
    EXPECT_EQ(yields_within(0.002, 1), 0);
    { const YieldByTimer not_wanted(false); }
    EXPECT_EQ(yields_within(0.001, 1), 0);
  }
}

// Each period of 0.1 ms begins behind the yield of the one before. A hundred of them take 10 ms; without a period between them, a fiftieth.
TEST(Waiting, ATimerGivesTheCoreAwayOnceInAPeriod) {
  const int64_t begin = now_ns();
  const int before = yields;
  {
    const YieldByTimer region(true);
    while (yields < before + 100 && now_ns() < begin + 20'000'000'000) {
    }
  }
  EXPECT_GE(yields, before + 100);
  EXPECT_GE(now_ns() - begin, 5'000'000);
}

// Beside a program that computes a yield lasts long: then a few short sleeps come before the next one, and ever more of them, up to a
// hundred, while thirty quick ones have not been between two slow ones. More than 0.3 ms is slow.
TEST(Waiting, SlowYieldsAreFollowedBySleeps) {
  const std::pair<int64_t, int> turns[] = {{300'001, 0},  {300'001, 5}, {300'001, 20}, {300'001, 80}, {300'001, 100}, {1, 100}, {300'000, 0}, {300'001, 0},
                                           {300'001, 100}};  // how long a yield lasts, and how many sleeps were before it
  std::vector<int> found, expected;
  const auto clock = std::exchange(now_ns, [] { return time_of_yields; });
  std::thread fresh([&] {
    counts = true;
    const auto sleeps_before_a_yield = [](int64_t length) {
      length_of_a_yield = length, sleeps = 0;
      for (const int before = yields; yields == before;) yield_core();
      return sleeps;
    };
    const auto quick_ones = [&](int number) {
      for (int i = 0; i < number; i++) found.push_back(sleeps_before_a_yield(300'000)), expected.push_back(0);
    };
    quick_ones(30);
    for (const auto& [length, before] : turns) found.push_back(sleeps_before_a_yield(length)), expected.push_back(before);
    found.push_back(sleeps_before_a_yield(1)), expected.push_back(100);
    quick_ones(28);
    found.push_back(sleeps_before_a_yield(300'001)), expected.push_back(0);
    found.push_back(sleeps_before_a_yield(1)), expected.push_back(100);  // one quick one was missing
    quick_ones(29);
    found.push_back(sleeps_before_a_yield(300'001)), expected.push_back(0);
    found.push_back(sleeps_before_a_yield(1)), expected.push_back(5);
  });
  fresh.join();
  now_ns = clock;
  EXPECT_EQ(found, expected);
}

// A library has some two thousand communicators. Those of the guard's own barriers are given back with their window or file.
TEST(Waiting, PolitelyLeavesNoCommunicators) {
  const bool before = std::exchange(polite, true);
  const std::string name = testing::TempDir() + "waiting_" + std::to_string(getpid());
  int failed = 0;
  for (int i = 0; i < 2100 && failed == 0; i++) {
    MPI_File file;
    failed += MPI_File_open(MPI_COMM_SELF, name.c_str(), MPI_MODE_CREATE | MPI_MODE_WRONLY, MPI_INFO_NULL, &file) != MPI_SUCCESS || MPI_File_close(&file) != MPI_SUCCESS;
  }
  EXPECT_EQ(failed, 0) << "a file";
  std::filesystem::remove(name);
  polite = before;
}

TEST(Waiting, PolitelyLeavesNoCommunicatorsOfWindows) {
#ifdef OPEN_MPI
  GTEST_SKIP() << "skipped: Open MPI has no window of one rank's memory";
#endif
  const bool before = std::exchange(polite, true);
  int failed = 0, memory[2];
  for (int i = 0; i < 2100 && failed == 0; i++) {
    MPI_Win window;
    failed += MPI_Win_create(memory, sizeof memory, sizeof(int), MPI_INFO_NULL, MPI_COMM_SELF, &window) != MPI_SUCCESS || MPI_Win_free(&window) != MPI_SUCCESS;
  }
  EXPECT_EQ(failed, 0) << "a window";
  polite = before;
}

// Where nobody asks what is left of requests (GUARD_LEFTOVERS), they leave nothing: a long run has millions.
TEST(Waiting, KeepsNoRequestsWhereNobodyAsks) {
  if (std::getenv("GUARD_LEFTOVERS")) GTEST_SKIP() << "skipped: somebody asks";
  const auto exchange = [](int times) {
    int mine = 1, got = 0;
    MPI_Request requests[2];
    for (int i = 0; i < times; i++) {
      MPI_CHECK(MPI_Irecv(&got, 1, MPI_INT, 0, 1, MPI_COMM_SELF, &requests[0]));
      MPI_CHECK(MPI_Isend(&mine, 1, MPI_INT, 0, 1, MPI_COMM_SELF, &requests[1]));
      MPI_CHECK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
    }
    return long(living);
  };
  const long before = exchange(1);
  EXPECT_LT(exchange(1000), before + 100);
}

// An error is the number of a text that may be asked for later, when others have come: each keeps the name of its call. After a while MPI uses
// its numbers again.
TEST(Waiting, ErrorsKeepTheNamesOfTheirCalls) {
#ifdef OPEN_MPI
  GTEST_SKIP() << "skipped: Open MPI's errors have no texts of their own";
#endif
  const bool before = std::exchange(polite, true);
  const auto truncated = [](bool exchanged) {
    int two[2] = {1, 2}, one = 0;
    MPI_Request sent;
    PMPI_Isend(two, 2, MPI_INT, 0, 9, MPI_COMM_SELF, &sent);
    const int error = exchanged ? MPI_Sendrecv(two, 1, MPI_INT, MPI_PROC_NULL, 0, &one, 1, MPI_INT, 0, 9, MPI_COMM_SELF, MPI_STATUS_IGNORE)
                                : MPI_Recv(&one, 1, MPI_INT, 0, 9, MPI_COMM_SELF, MPI_STATUS_IGNORE);
    PMPI_Wait(&sent, MPI_STATUS_IGNORE);
    return error;
  };
  const auto names = [](int error, const std::string& call) {
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0, kind = MPI_SUCCESS;
    MPI_Error_string(error, text, &length);
    MPI_Error_class(error, &kind);
    return kind == MPI_ERR_TRUNCATE && length == int(std::string(text).size()) && std::string(text).find(call + "(...") != std::string::npos;
  };
  int wrong = 0;
  for (int batch = 0; batch < 10; batch++) {
    int errors[20];
    for (int i = 0; i < 20; i++) errors[i] = truncated(i % 3 == 0);
    for (int i = 0; i < 20; i++) wrong += !names(errors[i], i % 3 == 0 ? "MPI_Sendrecv" : "MPI_Recv");
  }
  EXPECT_EQ(wrong, 0);
  polite = before;
}

// ---- The witness, and the page that it reads -------------------------------------------------------------------------------------------

// What the system says of a process; "" where it says nothing.
std::string status_of(const std::string& process, const std::string& key) {
  std::ifstream status("/proc/" + process + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return line.substr(line.find_first_not_of(" \t", key.size() + 1));
  return "";
}

// A launcher ends a job by signals to the ranks' session, and a user's Ctrl-C goes to all of it: the witness is to speak after that.
TEST(Witness, LivesOnWhenItsRankIsEnded) {
  if (status_of("self", "SigIgn").empty()) GTEST_SKIP() << "skipped: no /proc on this system";
  std::vector<std::string> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc"))
    if (const std::string name = entry.path().filename(); std::isdigit(name[0]) && status_of(name, "PPid") == std::to_string(getpid())) children.push_back(name);
  ASSERT_EQ(children.size(), 1u);
  const pid_t witness = std::stoi(children[0]);
  EXPECT_EQ(getsid(witness), witness) << "a session of its own";
  const unsigned long ignored = std::stoul(status_of(children[0], "SigIgn"), nullptr, 16);
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) EXPECT_TRUE(ignored >> (number - 1) & 1) << number;
}

TEST(Witness, ThePageHasNoNameAnyMore) {
  if (!std::filesystem::exists("/dev/shm")) GTEST_SKIP() << "skipped: no /dev/shm on this system";
  const std::string name = "mpi_guard." + std::to_string(getpid()) + ".";
  int named = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) named += entry.path().filename().string().starts_with(name);
  EXPECT_EQ(named, 0);
}

}  // namespace
