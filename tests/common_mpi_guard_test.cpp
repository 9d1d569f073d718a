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
    const std::string command = "OMPI_MCA_orte_execute_quiet=0 GUARD_TIMEOUT=0.2 GUARD_WAIT=" + wait + " timeout 120 common/mpi/launch " +
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

// Ten milliseconds of two ranks, 1,100 units wide: places, colours, words and shares by hand. Then two of the ten.
TEST(Trace, TimelineDrawsEachEventInItsPlace) {
  const std::string file = testing::TempDir() + "drawn_" + std::to_string(getpid()) + ".json";
  const auto event = [](const char* name, const char* kind, int row, int rank, int begin, int length, const char* arguments) {
    return "{\"name\":\"" + std::string(name) + "\",\"cat\":\"" + kind + "\",\"ph\":\"X\",\"pid\":" + std::to_string(row) + ",\"tid\":" + std::to_string(rank) +
           ",\"ts\":" + std::to_string(begin) + ".000,\"dur\":" + std::to_string(length) + ".000,\"args\":{" + arguments + "}},\n";
  };
  std::ofstream(file) << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
                      << R"({"name":"thread_name","ph":"M","pid":0,"tid":1,"args":{"name":"rank 1 on a<b&c"}},)" << "\n"
                      << event("forward 3", "compute", 0, 0, 1000, 4000, "") << event("backward 3", "compute", 0, 0, 5000, 1000, "")
                      << event("MPI_Send", "send", 0, 0, 6000, 5000, R"("communicator":"w","bytes":40,"peer":1,"tag":8)")
                      << event("MPI_Recv", "receive", 0, 1, 2000, 7000, R"("communicator":"w","bytes":80,"peer":-2,"tag":8)")
                      << event("step 12", "compute", 0, 1, 10000, 250, "") << event("MPI_Win_lock", "other", 0, 1, 10500, 1, "")
                      << event("MPI_Win_unlock", "other", 0, 1, 10501, 1, "") << event("copy", "stream", 1, 1, 0, 90000, "") << "]}\n";
  const auto expect = [](const ProgramRun& picture, const std::vector<std::string>& all) {
    ASSERT_EQ(picture.status, 0) << picture.output;
    for (const std::string& words : all) EXPECT_EQ(occurrences(picture.output, words), 1) << words << "\n" << picture.output;
  };
  const ProgramRun all = run_program("common/mpi_guard/timeline " + file);
  expect(all, {R"(>2 ranks, 10.000 ms</text>)", R"(<text x="846.0" y="158" font-size="12" fill="#666" text-anchor="middle">7</text>)", ">10 ms</text>",
               ">rank 0<title></title></text>", ">rank 1<title>rank 1 on a&lt;b&amp;c</title></text>", R"(y="80.0" font-size="14")", R"(y="122.0" font-size="14")",
               R"(<title>forward 3, 4.000 ms, at 0.000 ms</title><rect x="76.00" y="58" width="440.00" height="34" fill="#2f7f6f")", ">forward 3</text>",
               R"(<title>backward 3, 1.000 ms, at 4.000 ms</title><rect x="516.00" y="58" width="110.00" height="34" fill="#7fbf7b")", ">backward 3</text>",
               R"(<title>MPI_Send, 5.000 ms, at 5.000 ms, rank 1, 40 bytes</title><rect x="626.00" y="63" width="550.00" height="24" fill="#3b6fb6")", ">Send</text>",
               R"(<title>MPI_Recv, 7.000 ms, at 1.000 ms, any rank, 80 bytes</title><rect x="186.00" y="105" width="770.00" height="24" fill="#d9623b")",
               R"(<title>step 12, 0.250 ms, at 9.000 ms</title><rect x="1066.00" y="100" width="27.50" height="34" fill="#c79a3a")", ">12</text>",
               R"(<rect x="1121.00" y="105" width="0.40" height="24" fill="#9a9a9a")", "MPI_Win_", ">forward 20 %</text>", ">backward 5 %</text>", ">send 25 %</text>",
               ">receive 35 %</text>", ">step 1 %</text>", ">other MPI calls 0 %</text>"});
  EXPECT_EQ(occurrences(all.output, "copy"), 0);
  const ProgramRun part = run_program("common/mpi_guard/timeline " + file + " 5 7");
  expect(part, {">2 ranks, 2.000 ms</text>", R"(x="1176.0" y="158" font-size="12" fill="#666" text-anchor="middle">7)",
                R"(<rect x="76.00" y="63" width="1100.00" height="24" fill="#3b6fb6")", R"(<rect x="76.00" y="105" width="1100.00" height="24" fill="#d9623b")", ">forward 20 %</text>"});
  EXPECT_EQ(occurrences(part.output, "step 12") + occurrences(part.output, "forward 3"), 0) << part.output;
  std::ofstream(file) << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n]}\n";
  EXPECT_EQ(run_program("common/mpi_guard/timeline " + file).status, 1) << "without an event";
  std::filesystem::remove(file);
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
      {"SLURM_PROCID=0 ", "It was started inside Slurm (try srun --mpi=pmi2)."},
      {"OMPI_COMM_WORLD_SIZE=4 SLURM_PROCID=0 ", "It was started by Open MPI's launcher."}};
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
  const ProgramRun one = run_program("sh common/mpi/launch 2 env EXPECT_RANKS=1 " + program), two = run_program("sh common/mpi/launch 2 env EXPECT_RANKS=3 " + program);
  EXPECT_NE(one.status, 0);
  EXPECT_TRUE(contains(one.output, "MPI started 2 ranks, not 1"));
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
    const ProgramRun run = run_program("GUARD_TIMEOUT=0.2 GUARD_WAIT=plain timeout 60 common/mpi/launch 2 env LD_PRELOAD=" + lookout +
                                       " " + build_folder() + "/tests/mpi_guard/" + planted);
    EXPECT_EQ(run.status, 86) << run.output;
    EXPECT_GE(occurrences(run.output, "lookout: here"), 2) << run.output;
    EXPECT_EQ(occurrences(run.output, "another thread"), 0) << run.output;
  }
}

// Starts a planted program on nodes that are one machine, under several names: as many of its ranks on each.
ProgramRun on_nodes(int nodes, int ranks, const std::string& planted, const std::string& environment = "") {
  const std::string launcher = std::getenv("MPIEXEC") ? std::getenv("MPIEXEC") : "mpiexec.hydra", each = ":" + std::to_string(ranks / nodes);
  return run_program("EXPECT_RANKS=" + std::to_string(ranks) + " GUARD_TIMEOUT=0.2 " + environment + " timeout 60 " + launcher + " -launcher fork -hosts localhost" +
                     each + ",127.0.0.1" + each + (nodes > 2 ? ",127.0.0.2" + each : "") + " -n " + std::to_string(ranks) + " " + build_folder() +
                     "/tests/mpi_guard/" + planted);
}
ProgramRun on_two_nodes(int ranks, const std::string& planted) { return on_nodes(2, ranks, planted); }
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

// Who comes without the password is sent away, and once all have come nobody is waited for. A node that does not come is missed, and its job goes on.
TEST(HelperThread, LetsInTheOtherNodesAlone) {
  if (const std::string why = no_two_nodes(); !why.empty()) GTEST_SKIP() << why;
  const auto waited = [](int times) { return "rank 0 has waited at its door " + std::to_string(times) + " times\n"; };
  for (int nodes : {2, 3}) {
    const ProgramRun run = on_nodes(nodes, nodes, "meets_nodes");
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_EQ(run.output, waited(2 * (nodes - 1)));
  }
  const ProgramRun run = on_nodes(3, 3, "meets_nodes", "NO_WAY=2");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, waited(3)));
  EXPECT_EQ(occurrences(run.output, "guard: "), 1) << run.output;
  EXPECT_TRUE(contains(run.output, "guard: 1 of 2 other nodes could not reach this one over TCP: the watchdog is off\n"));
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
