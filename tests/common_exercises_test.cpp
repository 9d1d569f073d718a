// The machinery of the exercises: how a hole is cut into a solution, whose file is overwritten, and what the sandbox stops.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

// A folder for one test.
struct Scratch {
  fs::path path = fs::temp_directory_path() / ("exercises." + std::to_string(getpid()));
  Scratch() { fs::create_directories(path); }
  ~Scratch() { fs::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
};

std::string read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// A hand-out may be of other chapters.
bool has_task() { return fs::exists("exercises/01_serial/leaky_relu.cpp") && fs::exists("tests/exercises/01_serial/leaky_relu_main.cpp"); }

// --- Holes ---------------------------------------------------------------------------------------------------------------

const std::string begin = "  // BEGIN SOLUTION\n", todo = "  // TODO\n", stub = "  // STUB\n",
                  end = "  // END SOLUTION\n";

ProgramRun cut(const std::string& solution) {
  const Scratch scratch;
  return run_program("awk -v head='// the head' -f tests/exercises/stub.awk " +
                     scratch.write("name.cpp", solution));
}

TEST(Holes, TheAnswerIsCountedAndLeftOut) {
  const std::string answer = "  one();\n\n  // a comment\n  two();  // with another\n";
  const ProgramRun run = cut("// Title\nint f() {\n" + begin + answer + todo + "  // the contract\n" + stub +
                             "  // return 0;\n" + end + "}\n");
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output,
            "// Title\n//\n// the head\nint f() {\n  // --- YOUR CODE (2 lines in ours)\n  // the contract\n "
            " return 0;\n"
            "  // --- END OF YOUR CODE\n}\n");
}

TEST(Holes, MistakesInTheMarkersAreNamedWithTheirLine) {
  const struct {
    std::string solution, words;
  } cases[] = {
      {"int a;\n", "no `BEGIN SOLUTION`"},
      {begin + begin + todo + stub + end,
       ":2: `BEGIN SOLUTION` must follow `END SOLUTION`, and here it follows `BEGIN SOLUTION`"},
      {begin + todo + begin + stub + end, ":3: `BEGIN SOLUTION` must follow `END SOLUTION`"},
      {begin + todo + stub, "`STUB` has no end"},
      {begin + "  x();\n", "`BEGIN SOLUTION` has no end"},
      {begin + stub + end, ":2: `STUB` must follow `TODO`, and here it follows `BEGIN SOLUTION`"},
      {begin + todo + end, ":3: `END SOLUTION` must follow `STUB`"},
      {end, ":1: `END SOLUTION` must follow `STUB`"},
      {begin + todo + stub + "  return 0;\n" + end, ":4: a line of the stub must be a comment"},
  };
  for (const auto& [solution, words] : cases) {
    const ProgramRun run = cut(solution);
    EXPECT_NE(run.status, 0) << solution;
    EXPECT_TRUE(contains(run.output, words)) << solution << run.output;
  }
}

// --- Contracts -----------------------------------------------------------------------------------------------------------

ProgramRun contract(const std::string& judge) {
  const Scratch scratch;
  fs::create_directories(scratch.path / "solutions/01_topic");
  scratch.write("solutions/01_topic/name.cpp",
                "// Title. It is no sentence of the contract.\n#include <cmath>\n\n"
                "// Returns x (A. Author et al., page 3) in lists 0, 1, ... n. And y, as\n//\n//   a table. With stops\n//\n"
                "// z may be 0.\nint f() {\n" + begin + "// no sentence.\n" + todo + stub + end + "}\n");
  fs::copy_file("tests/exercises/contracts.awk", scratch.path / "contracts.awk");  // no name of a folder stands in the command
  scratch.write("name_judge.cpp", judge);
  return run_program("cd " + scratch.path.string() + " && LC_ALL=C awk -v table=0 -f contracts.awk solutions/01_topic/name.cpp name_judge.cpp");
}

TEST(Contracts, EverySentenceHasACheckOrAReason) {
  const std::string test = "TEST(name, One) {}\n";
  const struct {
    std::string judge, words;
  } cases[] = {
      {"// covers: Returns x | And y, as a table\n" + test + "// explains (what is given): z may\n// covers: With stops\n" + test,
       "4 passed, 0 failed, 0 skipped"},
      {"// covers: Returns\n// covers: And y | With\n" + test + "// unchecked (why): z may\n", "3 passed, 0 failed, 1 skipped"},
      {"// covers: Returns | And\n" + test + "// explains (why): With\n", "nothing covers: z may be 0."},
      {"// covers: returns\n" + test, "no sentence begins with \"returns\", at One"},
      {"// covers: Returns | | And\n" + test, "no sentence begins with \"| And\""},
      {"// explains (why): no sentence\n", "no sentence begins with \"no sentence\", at (why)"},
      {"// covers: Returns\n", "no test of the task stands below \"covers: Returns\""},
      {"// covers: Returns\nTEST(other, One) {}\n", "stands above a test of another task"},
  };
  for (const auto& [judge, words] : cases) {
    const ProgramRun run = contract(judge);
    EXPECT_TRUE(contains(run.output, words)) << judge;
    EXPECT_EQ(run.status == 0, bool(contains(words, " 0 failed"))) << judge;
  }
}

// --- Names in the object of a file that is handed in, as nm prints them ---------------------------------------------------

std::string refused(const std::string& theirs, const std::string& forbids = "", const std::string& main = "") {
  const std::string ours = "_Z4taskPf U\n_ZN4Task5writeEPKvmm W 0 8\n_ZN5guard7trafficEv T 0 8\nMPI_Send T 0 8\n_ZNSt6vectorIfED1Ev W 0 8\n";
  const Scratch scratch;
  return run_program("awk -v forbids='" + forbids + "' -f tests/exercises/names.awk " + scratch.write("names", ours + main + "handed in\n" + theirs)).output;
}

TEST(Names, OfWhatATaskNeedsPass) {
  EXPECT_EQ(refused("_Z4taskPf T 0 8\n_Z6helperi T 8 8\ncounter B 0 4\n_ZNSt6vectorIfED1Ev W 0 8\nMPI_Send U\nMPI_Allgatherv U\nMPI_Comm_split U\n"
                    "__clang_call_terminate W 0 8\nMPI_Waitall U\nexpf U\nmemcpy U\nprintf U\nstderr U\n_Znwm U\n_ZSt4cout U\nexit U\n__assert_fail U\nDW.ref.__gxx_personality_v0 V 0 8\n"),
            "");
  EXPECT_EQ(refused("_Exit U\ncudaFree U\n_Z10cudaMemsetPvim U\n_ZN11cuda_on_cpu7runningE U\n__tsan_read4 U\nend_program u 0 8\n", "launches"), "");
}

TEST(Names, ThatLeadAroundTheJudgeAreRefused) {
  const struct {
    std::string line, words, forbids;
  } cases[] = {
      {"PMPI_Send U", "PMPI_Send is called: call it without the P", ""},
      {"MPI_Allgatherv_c U", "MPI_Allgatherv_c is called: the judge does not count it", ""},
      {"MPI_Neighbor_allgather U", "the judge does not count it", ""},
      {"MPI_Win_allocate_shared U", "the judge does not count it", ""},
      {"MPI_Send_init U", "the judge does not count it", ""},
      {"MPI_Abort U", "the judge does not count it", ""},
      {"MPI_Comm_split U", "MPI_Comm_split is called: the task wants point-to-point calls", "collectives strangers"},
      {"_Z9log_callsPSt6vectorI4CallSaIS0_EE U", "belongs to the judge", ""},
      {"_ZN5guard7trafficEv U", "belongs to the judge", ""},
      {"cuda_on_cpu_launches U", "belongs to the judge", "launches"},
      {"_ZN11cuda_on_cpu8observerE U", "belongs to the judge", "launches"},
      {"_Z14cudaMallocHostPPvmN11cuda_on_cpu10SourceLineE U", "the work is to be done on the device", "launches"},
      {"fopen U", "fopen is called: a task needs no files", ""},
      {"_ZNSt14basic_ofstreamIcSt11char_traitsIcEEC1EPKcSt13_Ios_Openmode U", "a task needs no files", ""},
      {"dlsym w", "a task needs nothing of the system", ""},
      {"environ U", "a task needs nothing of the system", ""},
      {"_ZNSt6thread15_M_start_threadE U", "a task needs nothing of the system", ""},
      {"bcopy U", "a task needs nothing of the system", "launches"},
      {"_Exit U", "the function is to return", ""},
      {"MPI_Send T 0 8", "may be one of the system's", ""},
      {"usleep W 0 8", "may be one of the system's", ""},
      {"_Z6chosenv i 0 8", "may be one of the system's", ""},
      {"_Znwm T 0 8", "operator new or delete is defined", ""},
      {"_ZN5guard7trafficEv T 0 8", "is defined: that name is taken", ""},
      {"_ZN4Task5writeEPKvmm W 0 8", "is defined: that name is taken", ""},
  };
  for (const auto& [line, words, forbids] : cases) {
    const std::string said = refused(line + "\n", forbids);
    EXPECT_TRUE(said.starts_with("error: ") && contains(said, words)) << line << ": " << said;
  }
  // Where the main watches chapter 05's messages.h, there is no other way for a message.
  for (const std::string call : {"Send", "Ssend", "Isend", "Recv", "Irecv", "Sendrecv", "Sendrecv_replace", "Probe", "Iprobe"}) {
    EXPECT_EQ(refused("MPI_" + call + " U\n"), "");
    EXPECT_TRUE(contains(refused("MPI_" + call + " U\n", "collectives", "_Z9log_callsPSt6vectorI4CallSaIS0_EE T 0 8\n"), "the task wants messages.h")) << call;
  }
}

TEST(Exercises, WhatSomebodyHasWorkedOnIsKept) {
  if (!fs::exists("solutions/01_serial/leaky_relu.cpp")) GTEST_SKIP() << "skipped: no solutions here";
  const Scratch scratch;
  const std::string generate =
      "sh tests/exercises/generate --to " + scratch.path.string() + " 01_serial/leaky_relu";
  const fs::path file = scratch.path / "01_serial/leaky_relu.cpp";
  ASSERT_EQ(run_program(generate).status, 0);
  const std::string fresh = read(file);

  // Untouched, but older than today's solution: the checksum fits, so it is replaced.
  std::ofstream(file) << "// as it was last year\n// As generated: 3195763394-23\n";
  const std::string old = read(file);
  const ProgramRun sum = run_program("sed '$d' " + file.string() + " | cksum | tr ' ' '-'");
  std::ofstream(file) << "// as it was last year\n// As generated: " << sum.output;
  EXPECT_EQ(run_program(generate).output, "");
  EXPECT_EQ(read(file), fresh);

  std::ofstream(file, std::ios::app) << "// mine\n";
  const ProgramRun again = run_program(generate);
  EXPECT_TRUE(contains(again.output, "kept"));
  EXPECT_EQ(read(file), fresh + "// mine\n");
}

// What lies in the folder by chance is not handed out: submissions have names of people, and grades.
TEST(Exercises, AHandOutHoldsWhatIsCommittedOnly) {
  if (run_program("command -v git").status != 0) GTEST_SKIP() << "skipped: no git here";
  const Scratch scratch;
  for (const char* folder : {"tests/exercises", "solutions", "handed_in/student_17/01_serial"}) fs::create_directories(scratch.path / folder);
  for (const char* name : {"handout", "tasks.sh"}) fs::copy(fs::path("tests/exercises") / name, scratch.path / "tests/exercises" / name);
  const std::string git = "cd " + scratch.path.string() + " && git init -q && git add tests && ", list = "sh tests/exercises/handout --list";
  scratch.write("handed_in/student_17/01_serial/leaky_relu.cpp", "// somebody\n");
  scratch.write("grades.csv", "17;19.5\n");
  EXPECT_EQ(run_program(git + list).output, "tests/exercises/handout\ntests/exercises/tasks.sh\n");
}

// A hand-out has no solutions: an exercise that somebody removes comes back as it was handed out.
TEST(Exercises, AHandOutCanStartOver) {
  if (!has_task()) GTEST_SKIP() << "skipped: no tasks of chapter 01 here";
  const Scratch scratch;
  const fs::path tools = scratch.path / "tests/exercises";
  fs::create_directories(tools / "01_serial"), fs::create_directories(tools / "untouched/01_serial");
  for (const char* name : {"generate", "tasks.sh"}) fs::copy(fs::path("tests/exercises") / name, tools / name);
  fs::copy("tests/exercises/01_serial/leaky_relu_main.cpp", tools / "01_serial");
  scratch.write("tests/exercises/untouched/01_serial/leaky_relu.cpp", "// as it was\n");
  const std::string generate = "sh " + (tools / "generate").string();
  EXPECT_EQ(run_program(generate).output, "  wrote    exercises/01_serial/leaky_relu.cpp\n");
  EXPECT_EQ(run_program(generate).output, "");
  const fs::path file = scratch.path / "exercises/01_serial/leaky_relu.cpp";
  EXPECT_EQ(read(file), "// as it was\n");
  std::ofstream(file, std::ios::app) << "// mine\n";
  const ProgramRun again = run_program(generate);
  EXPECT_EQ(again.status, 0);
  EXPECT_TRUE(contains(again.output, "kept"));
  EXPECT_EQ(read(file), "// as it was\n// mine\n");
}

// --- What a student sees -------------------------------------------------------------------------------------------------

// The judge here is a script: it says what GoogleTest says of a program that crashed.
TEST(Verdict, BeginsWithTheCrash) {
  if (!has_task()) GTEST_SKIP() << "skipped: no tasks of chapter 01 here";
  const Scratch scratch;
  const fs::path judge = scratch.path / "tests/exercises/01_serial/judge";
  fs::create_directories(judge.parent_path());
  std::ofstream(judge) << R"(#!/bin/sh
printf '[ RUN      ] leaky_relu.A\nyour program printed:\nof another run\n\nend of what your program printed\n'
printf 'your program printed:\nmine: [1]\n[2]\n\nend of what your program printed\nunknown file: Failure\n'
echo 'C++ exception with description "your program was stopped: it touched" thrown in the test body.'
cat >"${GTEST_OUTPUT#xml:}" <<'END'
<testsuites tests="1"><failure message="unknown file&#x0A;C++ exception with description &quot;your program was stopped: it touched&quot; thrown in the test body." type=""></failure>
END
exit 1
)";
  fs::permissions(judge, fs::perms(0755));
  const ProgramRun run = run_program("B=" + scratch.path.string() + " sh tests/exercises/ex 01_serial/leaky_relu program");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.output,
            "01_leaky_relu: not yet.\n  your program was stopped: it touched\nYour program printed:\n  mine: [1]\n  [2]\n"
            "In exercises/01_serial/leaky_relu.cpp. A hint: make hint-01_leaky_relu\n");
}

// What is known of each task, and the points of those that are done, in a folder with five of them.
TEST(List, SaysWhatIsKnownOfEachTask) {
  const Scratch scratch;
  for (const char* folder : {"tests/exercises/01_a", "tests/exercises/02_b", "exercises/01_a", "exercises/02_b", "build/exercises/results"}) fs::create_directories(scratch.path / folder);
  for (const char* name : {"list", "tasks.sh"}) fs::copy(fs::path("tests/exercises") / name, scratch.path / "tests/exercises" / name);
  const auto make = [&](const std::string& task, const std::string& level, const std::string& points, const std::string& known) {
    scratch.write("tests/exercises/" + task + "_main.cpp", "// Title\n// level: " + level + "\n// points: " + points + "\n");
    const std::string file = scratch.write("exercises/" + task + ".cpp", "// mine\n"), name = task.substr(0, 2) + task.substr(task.find('/')).replace(0, 1, "_");
    const std::string sum = run_program("cksum <" + file).output;
    if (!known.empty()) scratch.write("build/exercises/results/" + name, known.substr(0, known.find('\n') + 1) + sum + known.substr(known.find('\n') + 1));
    return file;
  };
  make("01_a/done", "easy", "3", "passed\n");
  std::ofstream(make("01_a/later", "medium", "5", "passed\n"), std::ios::app) << "// more\n";
  make("01_a/new", "hard", "10", "");
  make("02_b/right", "easy", "2", "passed\n");
  make("02_b/wrong", "easy", "4", "failed\n" + std::string(75, 'w') + "\n");
  const std::string generated = scratch.write("exercises/02_b/stub.cpp", "// as it was\n");
  scratch.write("tests/exercises/02_b/stub_main.cpp", "// level: easy\n// points: 1\n");
  std::ofstream(generated, std::ios::app) << "// As generated: " << run_program("cksum <" + generated + " | tr ' ' '-'").output;
  const auto row = [](const char* mark, const char* name, const char* level, int points, const std::string& state) {
    char text[200];
    std::snprintf(text, sizeof text, "  %s %-32s %-8s %2d  %s\n", mark, name, level, points, state.c_str());
    return std::string(text);
  };
  EXPECT_EQ(run_program("B=build sh " + (scratch.path / "tests/exercises/list").string()).output,
            "01_a                     [######" + std::string(14, '.') + "] 1 of 3\n" + row("*", "01_done", "easy", 3, "done") +
                row(" ", "01_later", "medium", 5, "changed since its last run") + row(" ", "01_new", "hard", 10, "worked on, not run yet") +
                "02_b                     [######" + std::string(14, '.') + "] 1 of 3\n" + row("*", "02_right", "easy", 2, "done") +
                row(" ", "02_stub", "easy", 1, "untouched") + row(" ", "02_wrong", "easy", 4, "not yet: " + std::string(70, 'w') + "...") +
                "all                      [######" + std::string(14, '.') + "] 2 of 6, 5 of 25 points\n"
                "make ex-NN_name runs one; make hint-NN_name asks a question that leads on; make grade runs them all.\n");
}

// Nothing but sh and what every system has; no save is lost, not even one that comes while the exercise runs.
TEST(Watch, RunsAgainAfterEachSaveAndNeedsNothingInstalled) {
  const Scratch scratch;
  const std::string file = scratch.write("leaky_relu.cpp", "0"), tools = scratch.path / "tools";
  fs::create_directories(tools);
  for (const std::string tool : {"sh", "cksum", "sleep", "grep", "cat", "rm", "mv"})
    fs::create_symlink(run_program("command -v " + tool + " | tr -d '\\n'").output, fs::path(tools) / tool);
  // In place of make: run 1 is followed by nothing but a save that takes the file away for a while, run 2 saves while it runs, run 3 ends it.
  scratch.write("make", "#!/bin/sh\n"
                        "echo \"run of $(cat '" + file + "'): $2\"\n"
                        "case $(cat '" + file + "') in\n"
                        "  0) { sleep 0.5; echo 1 >'" + file + ".new'; rm '" + file + "'; sleep 0.5; mv '" + file + ".new' '" + file + "'; } & ;;\n"
                        "  1) echo 2 >'" + file + "' ;;\n"
                        "  2) kill $(cat '" + scratch.path.string() + "/pid') ;;\n"
                        "esac\n");
  fs::permissions(scratch.path / "make", fs::perms(0755));
  const ProgramRun run = run_program("exec env PATH=" + tools + " MAKE=" + (scratch.path / "make").string() + " sh -c 'echo $$ >" +
                                     scratch.path.string() + "/pid; exec sh tests/exercises/watch 01_leaky_relu " + file + "'");
  EXPECT_EQ(run.output, "run of 0: ex-01_leaky_relu\nrun of 1: ex-01_leaky_relu\nrun of 2: ex-01_leaky_relu\n");
}

TEST(Slips, TheNearestNamesAreSuggested) {
  const auto nearest = [](const std::string& word) {
    return run_program("sh tests/exercises/nearest " + word + " grade train test-06 ex-04_two_way_shift ex-04_halo hint-04_halo grade").output;
  };
  EXPECT_EQ(nearest("gard"), "grade\n");
  EXPECT_EQ(nearest("tarin"), "train\n");
  EXPECT_EQ(nearest("test-6"), "test-06\n");
  EXPECT_EQ(nearest("ex-04_two_way"), "ex-04_two_way_shift\n");
  EXPECT_EQ(nearest("ex-4_halo"), "ex-04_halo\n");
  EXPECT_EQ(nearest("something_else_altogether"), "");
}

TEST(Slips, MakeSuggestsVerbsAndTheGraderTasks) {
  if (!has_task()) GTEST_SKIP() << "skipped: no tasks of chapter 01 here";
  const ProgramRun verb = run_program("env -u MAKEFLAGS -u MAKELEVEL make NO_INSTALL=1 ex-01_leaky_rel 2>/dev/null");
  EXPECT_EQ(verb.status, 2);
  EXPECT_TRUE(contains(verb.output, "no rule to make ex-01_leaky_rel; did you mean make ex-01_leaky_relu"));
  const ProgramRun task = run_program("sh -c '. tests/exercises/tasks.sh; chosen_tasks 01_leaky_rel'");
  EXPECT_EQ(task.output, "no task 01_leaky_rel; did you mean 01_leaky_relu?\n");
}

// --- The sandbox, with walls where there are some, and without ---------------------------------------------------------------

struct Sandboxed {
  std::string report, output;
};

#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
const char* const too_many_addresses = "skipped: with a sanitizer: it takes more addresses than a task may have";

class Sandbox : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (sanitized) GTEST_SKIP() << too_many_addresses;
    setenv("SANDBOX_WALLS", GetParam(), 1);
    walls_ = std::string(GetParam()) != "no" && run_program(build_folder() + "/sandbox --says").status == 0;
    if (std::string(GetParam()) != "no" && !walls_) GTEST_SKIP() << "skipped: no namespaces on this system";
  }
  void TearDown() override { unsetenv("SANDBOX_WALLS"); }

  Sandboxed run(const std::string& limits, const std::string& script) {
    fs::permissions(scratch_.path, fs::perms(0755));
    fs::create_directories(scratch_.path / "in");
    const std::string file = scratch_.write("in/script", script);
    const ProgramRun sandbox = run_program(build_folder() + "/sandbox --box " + scratch_.path.string() + " " +
                                           limits + " -- sh ../in/script");
    EXPECT_EQ(sandbox.status, 0) << sandbox.output;
    return {read(scratch_.path / "report"), read(scratch_.path / "output")};
  }
  const Scratch scratch_;
  bool walls_ = false;
};

TEST_P(Sandbox, HandsBackStatusOutputAndFiles) {
  const Sandboxed sandboxed = run("", "echo said; echo made > left; exit 7");
  EXPECT_TRUE(sandboxed.report.starts_with("exit 7 ")) << sandboxed.report;
  EXPECT_EQ(sandboxed.output, "said\n");
  EXPECT_EQ(read(scratch_.path / "scratch/left"), "made\n");
}
TEST_P(Sandbox, EndsALoopWithoutEnd) {
  EXPECT_TRUE(run("--cpu 1", "while :; do :; done").report.starts_with("cpu 1 "));
}
TEST_P(Sandbox, EndsASleeperAndItsChildren) {
  const Sandboxed sandboxed = run("--wall 1", "sleep 1234.5 & sleep 1234.5");
  EXPECT_TRUE(sandboxed.report.starts_with("wall 1 ")) << sandboxed.report;
  EXPECT_EQ(run_program("ps -e -o args= | grep -c '^sleep 1234[.]5'").output, "0\n");
}
TEST_P(Sandbox, EndsWhoHidesInASessionOfHisOwn) {
  EXPECT_TRUE(run("", "setsid sh -c 'setsid sleep 4321.5 & sleep 4321.5' >/dev/null 2>&1 & sleep 0.2")
                  .report.starts_with("exit 0 "));
  EXPECT_EQ(run_program("ps -e -o args= | grep -c '^sleep 4321[.]5'").output, "0\n");
}
// Processes end while the sandbox looks at what they use: that is no reason to lose sight of the others.
TEST_P(Sandbox, WatchesProcessesThatEndAllTheTime) {
  const Sandboxed sandboxed = run("",
                                  "many() { i=0; while [ $i -lt 700 ]; do /bin/true; i=$((i + 1)); done; }; "
                                  "many & many & many & many; wait");
  EXPECT_TRUE(sandboxed.report.starts_with("exit 0 ")) << sandboxed.report << sandboxed.output;
}
TEST_P(Sandbox, LimitsTheSizeOfFiles) {
  EXPECT_TRUE(contains(run("--disk 1", "head -c 4000000 /dev/zero > large && echo whole").output, "File"));
}
TEST_P(Sandbox, LimitsTheSizeOfAllFiles) {
  const Sandboxed sandboxed = run("--disk 4", "for i in 1 2 3 4 5; do head -c 3000000 /dev/zero > large$i || exit 3; done; exit 0");
  EXPECT_FALSE(sandboxed.report.starts_with("exit 0 ")) << sandboxed.report;  // the disk is full, or the limit is met
}
TEST_P(Sandbox, LimitsTheMemoryOfAllProcessesTogether) {
  // tail keeps a line without end in memory.
  const std::string hog = "head -c 60000000 /dev/zero | tail -n 1 | sleep 3 & ";
  EXPECT_TRUE(run("--memory 150", hog + hog + hog + hog + "wait").report.starts_with("memory 150 "));
}
TEST_P(Sandbox, CountsFilesInMemory) {
  if (!walls_ && getuid() != 0) GTEST_SKIP() << "skipped: without walls, and not as another user, nobody knows whose files these are";
  EXPECT_TRUE(run("--memory 50 --disk 200", "head -c 60000000 /dev/zero > /dev/shm/large; sleep 3").report.starts_with("memory 50 "));
}
TEST_P(Sandbox, LeavesNothingBehindInPublicFolders) {
  if (!walls_ && getuid() != 0) GTEST_SKIP() << "skipped: without walls, and not as another user, nobody knows whose files these are";
  const std::string name = "left_behind." + std::to_string(getpid());
  const Sandboxed sandboxed =
      run("", "for folder in /tmp /var/tmp /dev/shm; do mkdir $folder/" + name + " && echo x > $folder/" + name + "/x; done; echo done");
  EXPECT_TRUE(contains(sandboxed.output, "done"));
  for (const std::string folder : {"/tmp/", "/var/tmp/", "/dev/shm/"}) EXPECT_FALSE(fs::exists(folder + name)) << folder;
}
// A file with holes is larger than what it holds: whoever copies many of them fills a disk.
TEST_P(Sandbox, HandsBackNoMoreThanItsLimit) {
  run("--disk 2", "for i in 1 2 3 4 5 6; do dd if=/dev/zero of=hole$i bs=1 count=1 seek=1900000; done; exit 0");
  long blocks = 0;
  for (const auto& entry : fs::directory_iterator(scratch_.path / "scratch")) {
    struct stat status;
    if (lstat(entry.path().c_str(), &status) == 0) blocks += status.st_blocks;
  }
  EXPECT_LE(blocks * 512, 2 << 20);
}
// A name costs memory of the kernel, also that of an empty file.
TEST_P(Sandbox, LimitsTheNumberOfFiles) {
  const Sandboxed sandboxed = run("", "i=0; while [ $i -lt 4500 ]; do : >f$i || exit 3; i=$((i + 1)); done; exit 0");
  EXPECT_FALSE(sandboxed.report.starts_with("exit 0 ")) << sandboxed.report;
}
// Names of 100 letters, 60 times: longer than a name may be. And what nobody may look into.
TEST_P(Sandbox, RemovesWhatIsDeepOrClosed) {
  if (!walls_ && getuid() != 0) GTEST_SKIP() << "skipped: without walls, and not as another user, nobody knows whose files these are";
  const std::string name = std::string(90, 'd') + std::to_string(getpid()), top = "/var/tmp/" + name;
  // Without walls it is ended on the way down: files that deep cannot be counted.
  run("", "name=" + name + "; mkdir closed && echo x >closed/x; chmod 0 closed; echo x >plain\n"
          "for place in /var/tmp .; do\n"
          "(cd $place && i=0; while [ $i -lt 60 ]; do mkdir $name && cd -P $name || exit; i=$((i + 1)); done; echo x >x)\n"
          "done; chmod 0 .");
  EXPECT_FALSE(fs::exists(scratch_.path / "scratch" / name));
  EXPECT_FALSE(fs::exists(scratch_.path / "scratch/closed"));
  EXPECT_FALSE(fs::exists(top));
  EXPECT_EQ(read(scratch_.path / "scratch/plain"), "x\n");
}
TEST_P(Sandbox, WhatCannotBeCountedIsTooMuch) {
  if (walls_) GTEST_SKIP() << "skipped: behind walls the file system counts";
  EXPECT_TRUE(run("", "for i in 1 2 3 4 5 6 7 8 9; do mkdir -p a/b/c/d/e/ && cd a/b/c/d/e || exit; done; head -c 1000 /dev/zero >x")
                  .report.starts_with("disk "));
}
TEST_P(Sandbox, TheBoxIsNobodyElses) {
  if (walls_ || getuid() != 0) GTEST_SKIP() << "skipped: behind walls nobody else is seen, and as this user everybody is the same";
  EXPECT_TRUE(run("", "ls -ld ..").output.starts_with("drwxr-x--- ")) << "another user who runs beside this one could read its program";
}
TEST_P(Sandbox, LeavesNoCores) {
  if (!fs::exists("/proc/self/limits")) GTEST_SKIP() << "skipped: no /proc/self/limits on this system";
  // 1, not 0: programs that collect cores need not heed 0.
  EXPECT_EQ(run("", "sed -n 's/^Max core file size *//p' /proc/self/limits | tr -s ' '").output, "1 1 bytes \n");
}
TEST_P(Sandbox, TheKernelCountsWhatHasNoName) {
  if (getuid() != 0 || !contains(run_program(build_folder() + "/sandbox --says").output, "(a control group)"))
    GTEST_SKIP() << "skipped: no control group can be had here";
  const Sandboxed sandboxed = run("--memory 60 --disk 200", "exec 3>/dev/shm/x; rm /dev/shm/x; head -c 150000000 /dev/zero >&3; sleep 2");
  EXPECT_TRUE(sandboxed.report.starts_with("memory 60 ")) << sandboxed.report << sandboxed.output;
  const ProgramRun groups = run_program("find /sys/fs/cgroup -name 'sandbox.*' | while read -r g; do [ -e /proc/${g##*.} ] || echo $g; done");
  EXPECT_EQ(groups.output, "") << "groups of sandboxes that have ended stay";
}
// Processor time of a child that nobody waits for.
TEST_P(Sandbox, CountsTheTimeOfOrphans) {
  if (getuid() != 0 || !contains(run_program(build_folder() + "/sandbox --says").output, "(a control group)"))
    GTEST_SKIP() << "skipped: no control group can be had here";
  const Sandboxed sandboxed = run("--cpu 30", "trap '' CHLD; sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done; echo over >over' & until [ -e over ]; do sleep 0.05; done");
  std::istringstream report(sandboxed.report);
  std::string how, number;
  long milliseconds = 0;
  report >> how >> number >> milliseconds;
  EXPECT_EQ(how + " " + number, "exit 0");
  EXPECT_GT(milliseconds, 20) << sandboxed.report;
}
TEST(SandboxSays, WhatRemainsOpen) {
  if (sanitized) GTEST_SKIP() << too_many_addresses;
  setenv("SANDBOX_CGROUPS", "no", 1);
  for (const std::string walls : {"yes", "no"}) {
    setenv("SANDBOX_WALLS", walls.c_str(), 1);
    const std::string said = run_program(build_folder() + "/sandbox --says").output;
    EXPECT_TRUE(contains(said, "; no control group can be had here: memory in sockets"));
    if (said.starts_with("no walls")) {
      EXPECT_TRUE(contains(said, "and in deleted files is not counted\n"));
      EXPECT_EQ(contains(said, "solutions too"), fs::exists("solutions"));
    }
  }
  unsetenv("SANDBOX_CGROUPS");
  unsetenv("SANDBOX_WALLS");
}

TEST_P(Sandbox, StartsNoOtherProcessWhereThatIsForbidden) {
  const Sandboxed sandboxed = run("--alone 1", "echo first; (echo second)");
  EXPECT_TRUE(sandboxed.output.starts_with("first\n")) << sandboxed.output;
  EXPECT_FALSE(contains(sandboxed.output, "second"));
}

// A program of our own for each call: `name` fails, or the program dies of it.
TEST_P(Sandbox, ForbidsCallsThatLeadOutOfTheLimits) {
  if (run_program(build_folder() + "/sandbox --says").output.find("no seccomp") != std::string::npos)
    GTEST_SKIP() << "skipped: no seccomp on this system";
  std::ofstream(scratch_.path / "calls.c") << R"(
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#define TRY(call) { errno = 0; const long result = call; printf("%s: %s\n", #call, result >= 0 ? "WORKS" : errno == ENOSYS ? "ENOSYS" : "refused"); }
int main(int count, char** arguments) {
  if (shmget(atoi(arguments[count - 1]), 4096, IPC_CREAT | 0600) < 0) printf("no segment\n");
  TRY(syscall(SYS_memfd_create, "x", 0))
  TRY(syscall(SYS_unshare, CLONE_NEWUSER))
  TRY(syscall(SYS_clone, CLONE_NEWUSER | 17, 0, 0, 0, 0))
  struct clone_args request = {.exit_signal = 17};
  TRY(syscall(SYS_clone3, &request, sizeof request))
  TRY(syscall(SYS_keyctl, 0, -3, 1, 0, 0))
  TRY(syscall(SYS_ptrace, 16, getppid(), 0, 0))
  TRY(syscall(SYS_msgget, 0, 01600))
  TRY(syscall(SYS_io_uring_setup, 1, (void*)0))
  int value = 7, copy = 0;
  struct iovec from = {&value, sizeof value}, to = {&copy, sizeof copy};
  printf("process_vm_readv: %s\n", process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 4 && copy == 7 ? "WORKS" : "refused");
  if (vfork() == 0) _exit(0);
  printf("a child: %s\n", wait(0) > 0 ? "WORKS" : "refused");
#ifdef __x86_64__
  fflush(stdout);
  int number = 20; // getpid, as a 32-bit program calls it
  __asm__ volatile("int $0x80" : "+a"(number) : : "memory");
  printf("the other architecture: WORKS\n");
#endif
})";
  const std::string program = scratch_.path / "calls";
  if (run_program("command -v cc").status != 0) GTEST_SKIP() << "skipped: no C compiler called cc";
  const ProgramRun compiler = run_program("cc -o " + program + " " + program + ".c");
  ASSERT_EQ(compiler.status, 0) << compiler.output;
  fs::create_directories(scratch_.path / "in");
  fs::copy_file(program, scratch_.path / "in/calls", fs::copy_options::overwrite_existing);
  const Sandboxed sandboxed = run("", "../in/calls " + std::to_string(getpid()));
  EXPECT_EQ(sandboxed.output.substr(0, sandboxed.output.find("Bad system call")),
            "syscall(SYS_memfd_create, \"x\", 0): refused\n"
            "syscall(SYS_unshare, CLONE_NEWUSER): refused\n"
            "syscall(SYS_clone, CLONE_NEWUSER | 17, 0, 0, 0, 0): refused\n"
            "syscall(SYS_clone3, &request, sizeof request): ENOSYS\n"
            "syscall(SYS_keyctl, 0, -3, 1, 0, 0): refused\n"
            "syscall(SYS_ptrace, 16, getppid(), 0, 0): refused\n"
            "syscall(SYS_msgget, 0, 01600): refused\n"
            "syscall(SYS_io_uring_setup, 1, (void*)0): refused\n"
            "process_vm_readv: WORKS\n"
            "a child: WORKS\n");
  if (!walls_ && getuid() != 0) return;
  EXPECT_EQ(run_program("grep -c '^ *" + std::to_string(getpid()) + " ' /proc/sysvipc/shm").output, "0\n") << "a segment was left behind";
}
TEST_P(Sandbox, KeepsTheEnvironmentSmall) {
  setenv("A_SECRET_OF_THE_TEACHER", "secret", 1);
  EXPECT_FALSE(contains(run("", "env").output, "SECRET"));
}
TEST_P(Sandbox, ShowsNothingOfTheRepositoryButItsOpenParts) {
  if (!walls_) GTEST_SKIP() << "skipped: without walls everything that the user may read is seen";
  const Sandboxed sandboxed =
      run("", "ls ../course/common/error.h; ls -d \"" + fs::current_path().string() +
                  "/Makefile\" ../course/tests /home /root 2>/dev/null; echo x > ../in/y || touch "
                  "../course/common/y /usr/y; ls /proc | grep -c '^[0-9]'");
  EXPECT_TRUE(sandboxed.output.starts_with("../course/common/error.h\n")) << sandboxed.output;
  EXPECT_FALSE(contains(sandboxed.output, "/root\n"));
  EXPECT_FALSE(contains(sandboxed.output, "Makefile"));
  EXPECT_FALSE(fs::exists("common/y") || fs::exists("/usr/y") || fs::exists(scratch_.path / "in/y"));
}

// Walls that cannot be built (here: for want of the folder that they would show) are no reason to start nothing and to call that an end.
TEST(SandboxInSomeContainers, StartsTheCommandWithoutWalls) {
  if (sanitized) GTEST_SKIP() << too_many_addresses;
  const Scratch scratch;
  const ProgramRun sandbox = run_program(build_folder() + "/sandbox --box " + scratch.path.string() + " -- sh -c 'echo said; exit 7'");
  EXPECT_EQ(sandbox.status, 0) << sandbox.output;
  EXPECT_EQ(read(scratch.path / "output"), "said\n");
  EXPECT_TRUE(read(scratch.path / "report").starts_with("exit 7 ")) << read(scratch.path / "report");
}

INSTANTIATE_TEST_SUITE_P(Walls, Sandbox, testing::Values("yes", "no"), [](const auto& info) {
  return std::string(info.param) == "no" ? "Without" : "With";
});

}  // namespace
