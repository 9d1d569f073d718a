// Runs each program of tests/mpi_guard under its launcher and looks at what its user sees: the exit status and
// the words that its own `// expect:` lines ask for. A program with status 0 must leave the guard silent.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <regex>
#include <string>
#include <vector>

#include "tests/full_disk.h"
#include "tests/program.h"

namespace {

struct Planted {
  std::string name, ranks, status = "86", one_host;
  std::vector<std::string> expected, of_mpich, of_open_mpi, once, never;  // of_...: what that library itself says; one of them is enough
};

// What GoogleTest prints of a parameter.
void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

Planted read_planted(const std::filesystem::path& source) {
  Planted planted;
  planted.name = source.stem();
  std::ifstream file(source);
  const auto value = [](const std::string& line, const std::string& key) {
    return line.compare(0, key.size(), key) == 0 ? line.substr(key.size()) : "";
  };
  for (std::string line; std::getline(file, line);) {
    if (const auto words = value(line, "// expect: "); !words.empty()) planted.expected.push_back(words);
    if (const auto words = value(line, "// mpich: "); !words.empty()) planted.of_mpich.push_back(words);
    if (const auto words = value(line, "// open mpi: "); !words.empty()) planted.of_open_mpi.push_back(words);
    if (const auto words = value(line, "// once: "); !words.empty()) planted.once.push_back(words);
    if (const auto words = value(line, "// one host: "); !words.empty()) planted.one_host = words;
    if (const auto words = value(line, "// never: "); !words.empty()) planted.never.push_back(words);
    if (const auto words = value(line, "// ranks: "); !words.empty()) planted.ranks = words;
    if (const auto words = value(line, "// status: "); !words.empty()) planted.status = words;
  }
  return planted;
}

std::vector<Planted> all_planted() {
  std::vector<Planted> all;
  for (const auto& entry : std::filesystem::directory_iterator("tests/mpi_guard"))
    if (entry.path().extension() == ".cpp") all.push_back(read_planted(entry.path()));
  std::erase_if(all, [](const Planted& planted) { return planted.ranks.empty(); });
  std::sort(all.begin(), all.end(), [](const Planted& a, const Planted& b) { return a.name < b.name; });
  return all;
}

bool with_open_mpi() {
  static const bool yes = run_program("sh common/mpi/launch 1 printenv OMPI_COMM_WORLD_SIZE").status == 0;
  return yes;
}

int occurrences(const std::string& text, const std::string& words) {
  int count = 0;
  for (size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) count++;
  return count;
}

class Guard : public ::testing::TestWithParam<Planted> {
 protected:
  void look_at(const std::string& wait) {
    const Planted& planted = GetParam();
    if (!planted.one_host.empty() && on_several_hosts(std::stoi(planted.ranks)))
      GTEST_SKIP() << "skipped: on several hosts " << planted.one_host;
    // Open MPI's own words on an error are told by its launcher, which tests/run has asked to be quiet.
    const std::string command = "OMPI_MCA_orte_execute_quiet=0 GUARD_TIMEOUT=0.5 GUARD_WAIT=" + wait + " timeout 120 common/mpi/launch " +
                                planted.ranks + " " + build_folder() + "/tests/mpi_guard/" + planted.name;
    ProgramRun run = run_program(command);
    for (int again = 0; again < 20 && planted.status == "not 0" && words_of_mpi_are_lost(run); ++again) run = run_program(command);
    if (planted.status == "not 0")
      EXPECT_NE(run.status, 0) << run.output;
    else
      EXPECT_EQ(std::to_string(run.status), planted.status) << run.output;
    for (const std::string& words : planted.expected)
      EXPECT_TRUE(contains(run.output, words)) << "missing: " << words << "\n" << run.output;
    const std::vector<std::string>& own = with_open_mpi() ? planted.of_open_mpi : planted.of_mpich;
    EXPECT_TRUE(own.empty() || std::any_of(own.begin(), own.end(), [&](const std::string& words) { return occurrences(run.output, words); }))
        << "missing: " << own.front() << "\n" << run.output;
    for (const std::string& words : planted.once)
      EXPECT_EQ(occurrences(run.output, words), 1) << words << "\n" << run.output;
    for (const std::string& words : planted.never)
      EXPECT_EQ(occurrences(run.output, words), 0) << words << "\n" << run.output;
    EXPECT_TRUE(planted.status != "0" || run.output.find("guard:") == std::string::npos) << run.output;
    EXPECT_NE(run.status, 124) << "it did not end\n" << run.output;
  }
};

using SpinningGuard = Guard;

TEST_P(Guard, ExplainsPoliteRanks) { look_at("polite"); }
TEST_P(SpinningGuard, ExplainsSpinningRanks) { look_at("plain"); }

// Ranks that outnumber the cores do not spin.
std::vector<Planted> planted_for_two() {
  std::vector<Planted> all = all_planted();
  std::erase_if(all, [](const Planted& planted) { return std::stoi(planted.ranks) > 2; });
  return all;
}

const auto name_of_planted = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Planted, Guard, ::testing::ValuesIn(all_planted()), name_of_planted);
INSTANTIATE_TEST_SUITE_P(Planted, SpinningGuard, ::testing::ValuesIn(planted_for_two()), name_of_planted);

}  // namespace

namespace {

// One event of a trace, as far as the tests below look.
struct TracedEvent {
  std::string name;
  int rank, tag;
  double begin, end;  // microseconds
};

double number_after(const std::string& line, const std::string& key) {
  const size_t at = line.find("\"" + key + "\":");
  return at == std::string::npos ? -1 : std::stod(line.substr(at + key.size() + 3));
}

std::vector<TracedEvent> read_trace(const std::string& file) {
  std::vector<TracedEvent> events;
  std::ifstream trace(file);
  for (std::string line; std::getline(trace, line);) {
    if (line.find("\"ph\":\"X\"") == std::string::npos) continue;
    const size_t name = line.find("\"name\":\"") + 8;
    const double begin = number_after(line, "ts");
    events.push_back({line.substr(name, line.find('"', name) - name), int(number_after(line, "tid")),
                      int(number_after(line, "tag")), begin, begin + number_after(line, "dur")});
  }
  return events;
}

TracedEvent find_event(const std::vector<TracedEvent>& events, const std::string& name, int rank, int tag) {
  for (const TracedEvent& event : events)
    if (event.name == name && event.rank == rank && event.tag == tag) return event;
  ADD_FAILURE() << "no " << name << " of rank " << rank << " with tag " << tag;
  return {};
}

}  // namespace

TEST(Trace, OneClockOneEventPerCallAndRegion) {
  const std::string file = build_folder() + "/tests/traced.json";
  std::filesystem::remove(file);
  const ProgramRun run = run_program("GUARD_TRACE=" + file + " common/mpi/launch 3 " + build_folder() +
                                     "/tests/mpi_guard/traced");
  ASSERT_EQ(run.status, 0) << run.output;
  ASSERT_FALSE(std::filesystem::exists(file + ".part"));
  const std::vector<TracedEvent> events = read_trace(file);
  const double error = on_several_hosts(3) ? 10'000 : 0;  // us: hosts compare their clocks by messages, which may wait
  for (int rank = 0; rank < 3; rank++)
    for (int micro_batch = 0; micro_batch < 4; micro_batch++) {
      const TracedEvent forward = find_event(events, "forward " + std::to_string(micro_batch), rank, -1);
      EXPECT_GE(forward.end - forward.begin, 999);
      if (rank == 0) continue;
      const TracedEvent sent = find_event(events, "MPI_Ssend", rank - 1, micro_batch);
      const TracedEvent received = find_event(events, "MPI_Recv", rank, micro_batch);
      EXPECT_GT(received.end, sent.begin - error);  // no message arrives before it is sent
      EXPECT_GT(sent.end, received.begin - error);  // a synchronous send ends after its receive has begun
      EXPECT_LE(received.end, forward.begin);
    }
}

TEST(Trace, TimelineDrawsALanePerRank) {
  const std::string file = build_folder() + "/tests/traced.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "the test before has left no trace";
  const ProgramRun picture = run_program("common/mpi_guard/timeline " + file);
  ASSERT_EQ(picture.status, 0) << picture.output;
  for (const char* words : {"<svg", "rank 0", "rank 2", "forward", "</svg>"})
    EXPECT_TRUE(contains(picture.output, words)) << words;
  EXPECT_NE(run_program("common/mpi_guard/timeline no_such_file").status, 0);
}

TEST(Trace, AFileThatCannotBeWrittenIsSaidAtOnce) {
  const ProgramRun run = run_program("GUARD_TRACE=/no/such/folder/t.json common/mpi/launch 2 " +
                                     build_folder() + "/tests/mpi_guard/traced");
  EXPECT_NE(run.status, 0);
  EXPECT_TRUE(contains(run.output, "/no/such/folder/t.json: the trace cannot be written there"));
}

// A trace is written under another name first. Where the name is a device, that must not take the device's place.
TEST(Trace, IsWrittenIntoADeviceAndNotIntoAFolder) {
  const std::string link = testing::TempDir() + "trace_" + std::to_string(getpid()), traced = build_folder() + "/tests/mpi_guard/traced";
  std::filesystem::create_symlink("/dev/null", link);
  const ProgramRun device = run_program("GUARD_TRACE=" + link + " common/mpi/launch 2 " + traced);
  EXPECT_EQ(device.status, 0) << device.output;
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  std::filesystem::remove(link);
  std::filesystem::create_directory(link);
  const ProgramRun folder = run_program("GUARD_TRACE=" + link + " common/mpi/launch 2 " + traced);
  EXPECT_NE(folder.status, 0);
  EXPECT_TRUE(contains(folder.output, link + ": the trace cannot be written there"));
  EXPECT_FALSE(std::filesystem::exists(link + ".part"));
  std::filesystem::remove(link);
  // Neither is a full disk the end of a run: it is said.
  const FullDisk full;
  const ProgramRun run = run_program("GUARD_TRACE=" + full.file() + " common/mpi/launch 2 " + traced);
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(occurrences(run.output, "guard: " + full.file() + ": the trace could not be written\n"), 1) << run.output;
}

TEST(TestMain, FailsWhatNoRankAsserts) {
  const std::string program = "common/mpi/launch 3 " + build_folder() + "/tests/mpi_session_test --gtest_also_run_disabled_tests";
  const ProgramRun none = run_program(program + " --gtest_filter=*DISABLED_NoneOnAnyRank");
  EXPECT_EQ(none.status, 1);
  EXPECT_TRUE(contains(none.output, "the test ended without one assertion"));
  const ProgramRun one = run_program(program + " --gtest_filter=*OneRankMayAssertForAll");
  EXPECT_EQ(one.status, 0) << one.output;
}

// What fails on other ranks fails on rank 0, which alone is heard and counted, and their words are said once.
TEST(TestMain, TellsWhatFailsOnOtherRanks) {
  const ProgramRun run = run_program("common/mpi/launch 4 " + build_folder() + "/tests/mpi_session_test --gtest_also_run_disabled_tests --gtest_filter=*DISABLED_OnOtherRanks");
  EXPECT_EQ(run.status, 1);
  const std::string file = "tests/mpi_session_test.cpp:";
  EXPECT_TRUE(contains(run.output, "rank 1, 2: ") && contains(run.output, "rank 3: "));
  EXPECT_EQ(occurrences(run.output, file), 2) << run.output;
  EXPECT_EQ(occurrences(run.output, "not on ranks 1 and 2"), 1) << run.output;
  EXPECT_EQ(occurrences(run.output, "not on rank 3"), 1) << run.output;
  EXPECT_EQ(occurrences(run.output, "the test failed on another rank"), 1) << run.output;
  EXPECT_TRUE(contains(run.output, "[  FAILED  ] Failures.DISABLED_OnOtherRanks"));
}

TEST(Launcher, OneOfAnotherMpiFailsLoudly) {
  // What such a launcher does: each process is started with no word on the others. By which one it was is guessed from the environment.
  const std::string program = build_folder() + "/tests/mpi_session_test", none = "env -u OMPI_COMM_WORLD_SIZE -u SLURM_PROCID -u PMI_SIZE ";
  const std::pair<std::string, std::string> launchers[] = {
      {"", "It was started by no launcher, or by one of another MPI."},
      {"OMPI_COMM_WORLD_SIZE=4 ", "It was started by Open MPI's launcher."},
      {"SLURM_PROCID=0 ", "It was started inside Slurm (try srun --mpi=pmi2)."}};
  const ProgramRun first = run_program("EXPECT_RANKS=4 " + none + program);
  const bool open_mpi = first.output.find("linked with Open MPI") != std::string::npos;
  for (const auto& [sets, guess] : launchers) {
    if (open_mpi && !sets.empty()) continue;  // which would believe it
    const ProgramRun run = run_program("EXPECT_RANKS=4 " + none + sets + program);
    EXPECT_NE(run.status, 0);
    const std::string words = "MPI started 1 rank, not 4 (EXPECT_RANKS): the launcher and the MPI library do not belong together. " + guess +
                              " The program is linked with ";
    EXPECT_TRUE(contains(run.output, words));
    EXPECT_TRUE(contains(run.output, ". Name that library's own launcher with MPIEXEC=..., or run `make doctor`.\n"));
    EXPECT_EQ(run.output.find('\t'), std::string::npos) << run.output;
  }
  const ProgramRun two = run_program("sh common/mpi/launch 2 env EXPECT_RANKS=3 " + program);
  EXPECT_NE(two.status, 0);
  EXPECT_TRUE(contains(two.output, "MPI started 2 ranks, not 3"));
  EXPECT_TRUE(open_mpi || two.output.find("It was started by a launcher that speaks PMI (MPICH's).") != std::string::npos) << two.output;
  EXPECT_TRUE(contains(two.output, open_mpi ? " is linked with Open MPI" : " is linked with MPICH Version:"));
}

// A library that stands between the guard and MPI says that there is no thread level but the lowest.
TEST(Session, EndsWhereMpiOffersTooFewThreads) {
  const std::string name = build_folder() + "/tests/few_threads", thread_level = build_folder() + "/tests/mpi_guard/thread_level";
  std::ofstream(name + ".c") << R"(#define _GNU_SOURCE
#include <dlfcn.h>
int PMPI_Init_thread(int* argc, char*** argv, int wanted, int* provided) {
  int error = ((int (*)(int*, char***, int, int*))dlsym(RTLD_NEXT, "PMPI_Init_thread"))(argc, argv, wanted, provided);
  *provided = 0;
  return error;
}
)";
  EXPECT_EQ(run_program("cc -w -shared -fPIC " + name + ".c -o " + name + ".so -ldl").output, "");
  const ProgramRun run = run_program("timeout 60 common/mpi/launch 1 env LD_PRELOAD=" + name + ".so " + thread_level);
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_TRUE(contains(run.output, "rank 0: this MPI offers thread level 0, the program needs 1\n"));
  // What it makes to know its node it gives back.
  const ProgramRun frees = run_program("GUARD_FORBIDS=unfreed timeout 60 common/mpi/launch 2 " + thread_level);
  EXPECT_EQ(frees.status, 0) << frees.output;
}

// The helper thread makes no MPI call: its rank's own thread may be in the middle of one.

TEST(HelperThread, ItsFilesNameNoMpiFunction) {
  for (const char* file : {"alarm", "watchdog", "report", "diagnose", "source_line", "socket", "datatypes"}) {
    const ProgramRun run = run_program("nm -u " + build_folder() + "/common/mpi_guard/" + file + ".o");
    ASSERT_EQ(run.status, 0) << run.output;
    EXPECT_FALSE(contains(run.output, "MPI_")) << file << "\n" << run.output;
  }
}

namespace {

// A library that stands between the guard and MPI, and tells of every call that another thread makes than the first one.
// Twelve numbers or addresses are as many arguments as any function of MPI has.
std::string build_lookout() {
  const std::string name = build_folder() + "/tests/lookout";
  std::ofstream source(name + ".c");
  source << R"(#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static void say(const char* text) { if (write(2, text, strlen(text)) < 0) _exit(1); }
static void look(const char* call) {
  static int looked;
  if (!looked++) say("lookout: here\n");
  if (syscall(SYS_gettid) != getpid()) say("lookout: another thread calls "), say(call), say("\n");
}
typedef long Any(long, long, long, long, long, long, long, long, long, long, long, long);
#define PASS(f) \
  long f(long a, long b, long c, long d, long e, long g, long h, long i, long j, long k, long l, long m) { \
    look(#f); \
    return ((Any*)dlsym(RTLD_NEXT, #f))(a, b, c, d, e, g, h, i, j, k, l, m); \
  }
)";
  const ProgramRun calls =
      run_program("nm -u " + build_folder() + "/lib/mpi_guard.a | grep -o 'PMPI_[A-Za-z_]*' | sort -u | sed 's/.*/PASS(&)/'");
  source << calls.output << std::flush;
  const ProgramRun made = run_program("cc -w -O1 -shared -fPIC " + name + ".c -o " + name + ".so -ldl");
  EXPECT_EQ(made.output, "");
  return name + ".so";
}

}  // namespace

TEST(HelperThread, MakesNoMpiCall) {
  const std::string lookout = build_lookout();
  for (const char* planted : {"recv_cycle", "early_exit", "stuck_in_system_call"}) {
    const ProgramRun run = run_program("GUARD_TIMEOUT=0.5 GUARD_WAIT=plain timeout 60 common/mpi/launch 2 env LD_PRELOAD=" + lookout +
                                       " " + build_folder() + "/tests/mpi_guard/" + planted);
    EXPECT_EQ(run.status, 86) << run.output;
    EXPECT_GE(occurrences(run.output, "lookout: here"), 2) << run.output;
    EXPECT_EQ(occurrences(run.output, "another thread"), 0) << run.output;
  }
}

// Starts a planted program on two nodes that are one machine, under two names: half of its ranks on each.
ProgramRun on_two_nodes(int ranks, const std::string& planted) {
  const std::string launcher = std::getenv("MPIEXEC") ? std::getenv("MPIEXEC") : "mpiexec.hydra", each = ":" + std::to_string(ranks / 2);
  return run_program("EXPECT_RANKS=" + std::to_string(ranks) + " GUARD_TIMEOUT=0.5 timeout 60 " + launcher + " -launcher fork -hosts localhost" +
                     each + ",127.0.0.1" + each + " -n " + std::to_string(ranks) + " " + build_folder() + "/tests/mpi_guard/" + planted);
}
// Why there are no such nodes; "" where there are.
std::string no_two_nodes() {
  const std::string launcher = std::getenv("MPIEXEC") ? std::getenv("MPIEXEC") : "mpiexec.hydra";
  if (launcher.find("-launcher") != std::string::npos) return "skipped: MPIEXEC has hosts already";
  const bool hydra = run_program(launcher + " --version").output.find("HYDRA") != std::string::npos;
  return hydra ? "" : "skipped: MPICH's launcher alone can start processes here under another host's name";
}

TEST(HelperThread, EndsTheJobOnOtherNodesToo) {
  if (const std::string why = no_two_nodes(); !why.empty()) GTEST_SKIP() << why;
  const ProgramRun run = on_two_nodes(4, "recv_cycle");
  EXPECT_EQ(run.status, 86) << run.output;
  for (int rank = 0; rank < 4; rank++)
    EXPECT_EQ(occurrences(run.output, "guard:   rank " + std::to_string(rank) + ": MPI_Recv from"), 1) << run.output;
  for (int rank = 1; rank < 4; rank++)  // in their order, whichever node has answered first
    EXPECT_LT(run.output.find("guard:   rank " + std::to_string(rank - 1)), run.output.find("guard:   rank " + std::to_string(rank))) << run.output;
  EXPECT_TRUE(contains(run.output, "guard: deadlock: rank 0 waits for rank 3, rank 3 waits for rank 2, rank 2 waits for rank 1, rank 1 waits for rank 0"));
  EXPECT_EQ(occurrences(run.output, "guard: ending the job"), 1) << run.output;
}

// What ranks of another node answered to an earlier question is not what they do now.
TEST(HelperThread, AsksOtherNodesAgain) {
  if (const std::string why = no_two_nodes(); !why.empty()) GTEST_SKIP() << why;
  const ProgramRun run = on_two_nodes(4, "slow_in_turn");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(occurrences(run.output, "guard:"), 0) << run.output;
}

// A launcher that does not see that a rank has died, since a shell stands between: then the guard ends the others. (Where the shell that waits
// is on a host of its own, the launcher waits for it.)
ProgramRun behind_a_shell(const std::string& launcher, int seconds) {
  return run_program("timeout 40 " + launcher + " sh -c '" + build_folder() +
                     "/tests/mpi_guard/killed_rank; s=$?; echo ended with $s; [ $s -lt 128 ] || sleep " + std::to_string(seconds) + "; exit $s'");
}
TEST(HelperThread, EndsTheJobThatALauncherLeavesAlone) {
  const ProgramRun run = behind_a_shell("sh common/mpi/launch 4", 90);
  int victim = -1;
  if (const size_t at = run.output.find("the victim is "); at != std::string::npos) std::sscanf(run.output.c_str() + at, "the victim is process %d", &victim);
  const std::regex words("guard: rank 2 \\(process " + std::to_string(victim) +
                         " on [^ )]+\\) has ended without MPI_Finalize; it was (in MPI_\\w+|outside MPI)\n");
  EXPECT_TRUE(std::regex_search(run.output, words)) << run.output;
  EXPECT_TRUE(contains(run.output, "ended with 86\n"));
  const char* const launcher = std::getenv("MPIEXEC");
  if (!launcher || std::string(launcher).find("-launcher") == std::string::npos) {
    EXPECT_NE(run.status, 124) << "it did not end\n" << run.output;
  }
}

// The same where the dead rank was the only one of its node: nobody there sees it. Rank 0's node is the one to which the others talk.
TEST(HelperThread, EndsTheJobWhenAWholeNodeIsDead) {
  if (const std::string why = no_two_nodes(); !why.empty()) GTEST_SKIP() << why;
  const std::string launcher = std::getenv("MPIEXEC") ? std::getenv("MPIEXEC") : "mpiexec.hydra";
  const auto without = [&](const std::string& dead) {
    return behind_a_shell("env KILLED_RANK=" + dead + " " + launcher + " -launcher fork -hosts localhost:1,127.0.0.1:1 -n 2", 12);
  };
  std::future<ProgramRun> beside = std::async(std::launch::async, without, "1");
  for (const std::string dead : {"0", "1"}) {
    const ProgramRun run = dead == "0" ? without(dead) : beside.get();
    EXPECT_TRUE(contains(run.output, ("guard: rank " + dead + " (process").c_str()));
    EXPECT_TRUE(contains(run.output, "ended with 137\n"));
    EXPECT_TRUE(contains(run.output, "ended with 86\n"));
  }
}

TEST(HelperThread, LetsNodesLeaveEarly) {
  if (const std::string why = no_two_nodes(); !why.empty()) GTEST_SKIP() << why;
  const ProgramRun run = on_two_nodes(2, "leaves_early");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(run.output, "");
}

// Rank 1 is the only rank of the second node, where there are two; the second one of the first, where there are four.
TEST(HelperThread, EndsTheJobFromAnyNode) {
  if (const std::string why = no_two_nodes(); !why.empty()) GTEST_SKIP() << why;
  for (int ranks : {2, 4}) {
    const ProgramRun run = on_two_nodes(ranks, "early_exit");
    EXPECT_EQ(run.status, 86) << run.output;
    EXPECT_EQ(occurrences(run.output, "guard: rank 1 leaves the program without MPI_Finalize"), 1) << run.output;
  }
}
