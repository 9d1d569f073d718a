// What common/ shows a user: clocks, progress on a terminal, errors, lines of a source, files that can be written, the name of a machine.
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/addr2line.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/progress.h"
#include "common/timer.h"
#include "common/writable.h"
#include "tests/error_of.h"
#include "tests/program.h"
#include "tests/terminal.h"

namespace {

double clock_of_the_test = 0;

// The clock shows what the test says, from 0 on.
struct OwnClock {
  decltype(clock_seconds) before = clock_seconds;
  OwnClock() { clock_of_the_test = 0, clock_seconds = [] { return clock_of_the_test; }; }
  ~OwnClock() { clock_seconds = before; }
};

TEST(Clock, IsThatOfTheSystemUntilSomebodyChangesIt) {
  const auto now = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
  const double before = now(), here = clock_seconds(), after = now();
  EXPECT_TRUE(before <= here && here <= after) << before << " " << here << " " << after;
}

TEST(Clock, ATimerCountsFromItsBeginning) {
  const OwnClock clock;
  clock_of_the_test = 5;
  Timer timer;
  clock_of_the_test = 7.5;
  EXPECT_EQ(timer.seconds(), 2.5);
  timer.restart();
  clock_of_the_test = 8;
  EXPECT_EQ(timer.seconds(), 0.5);
}

TEST(Progress, IsSilentWhereTheOutputIsNoTerminal) {
  testing::internal::CaptureStdout();
  {
    Progress progress(2, 10, true);
    progress.step("loss 1");
    progress.step("loss 0");
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(Progress, IsDrawnOnATerminalAtMostTenTimesASecond) {
  const OwnClock clock;
  std::vector<std::string> seen;
  {
    Terminal terminal("xterm");
    if (terminal.screen < 0) GTEST_SKIP() << "skipped: this system gives no terminal";
    Progress progress(5, 10), without_rate(3, 0);
    for (double time : {0.0625, 2.0, 2.0625, 2.125, 2.1875}) {
      clock_of_the_test = time;
      progress.step("loss 1");
      seen.push_back(terminal.shown());
    }
    clock_of_the_test = 4;
    without_rate.step("x");
    seen.push_back(terminal.shown());
    for (int twice = 0; twice < 2; ++twice) progress.clear(), seen.push_back(terminal.shown());
    Progress(1, 1, false).step("unwanted");
    seen.push_back(terminal.shown());
  }
  const std::vector<std::string> expected = {
      "\r[====                    ]  20 %  loss 1  160 samples/s  0 s left \033[K",  // 10 in 1/16 s, four times as long to go
      "\r[=========               ]  40 %  loss 1  10 samples/s  3 s left \033[K",
      "",
      "\r[===================     ]  80 %  loss 1  19 samples/s  1 s left \033[K",  // 40 in 2.125 s; 0.53 s to go
      "\r[========================] 100 %  loss 1  23 samples/s  0 s left \033[K",  // the last step, so soon after
      "\r[========                ]  33 %  x  8 s left \033[K",
      "\r\033[K",
      "",
      "",
  };
  EXPECT_EQ(seen, expected);
}

TEST(Progress, IsDrawnWhereTheTerminalCanDraw) {
  for (const char* kind : {"xterm", "dumb"}) {
    std::string seen;
    {
      Terminal terminal(kind);
      if (terminal.screen < 0) GTEST_SKIP() << "skipped: this system gives no terminal";
      Progress(1, 10, true).step("loss 1");
      seen = terminal.shown();
    }
    EXPECT_EQ(seen.find("100 %") != std::string::npos, kind == std::string("xterm")) << seen;
    EXPECT_EQ(seen.ends_with("\033[K\r\033[K"), kind == std::string("xterm")) << "the end of a run takes its line away";
  }
}

TEST(Fail, PrintsWhatWasPrintedBefore) {
  const auto ends = [] {
    std::printf("a line\n");
    EXPECT_EQ(fail(Error("the reason")), 1);
  };
  EXPECT_EQ(written_by(ends), "a line\nerror: the reason\n");
  testing::internal::CaptureStderr();
  fail(Error("the reason"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: the reason\n") << "also where results go to a file";
}

// Neither functions of atexit nor destructors come after it: they might wait for what has failed, or speak.
TEST(EndProgram, EndsWithoutAWord) {
  const auto ends = [] {
    std::atexit([] { std::fputs("atexit\n", stderr); });
    end_program(7);
  };
  EXPECT_EXIT(ends(), testing::ExitedWithCode(7), "^$");
}

[[gnu::noinline]] const void* return_address() { return __builtin_return_address(0); }

// Each address has its line, also where a folder's name has quotes in it.
TEST(Addr2line, FindsLinesWhereverTheProgramLies) {
  const void* here = return_address();
  const int line = __LINE__ - 1;
  Dl_info info{};
  if (dladdr(here, &info) == 0) GTEST_SKIP() << "skipped: a static program does not know where it lies";
  const unsigned long address = static_cast<unsigned long>(static_cast<const char*>(here) - static_cast<const char*>(info.dli_fbase)) - 1;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  if (run_program("command -v addr2line").status != 0) GTEST_SKIP() << "skipped: no addr2line here";
  const std::string folder = testing::TempDir() + "o'clock 'n " + std::to_string(getpid()) + "'";
  std::filesystem::create_directory(folder);
  std::filesystem::create_symlink(program, folder + "/program");
  const std::vector<std::string> lines = addr2line(folder + "/program", {address, address});
  std::filesystem::remove_all(folder);
  ASSERT_EQ(lines.size(), 2u);
  for (const std::string& text : lines) EXPECT_TRUE(text.ends_with("tests/common_shown_test.cpp:" + std::to_string(line))) << text;
}

// A program asks before its work whether it will be able to write: that changes no file, and makes none.
TEST(Writable, IsAskedWithoutATrace) {
  const std::string file = testing::TempDir() + "writable_" + std::to_string(getpid());
  EXPECT_EQ(error_of([&] { require_writable(file); }), "");
  EXPECT_FALSE(std::filesystem::exists(file));
  std::ofstream(file) << "kept";
  EXPECT_EQ(error_of([&] { require_writable(file); }), "");
  EXPECT_EQ(std::filesystem::file_size(file), 4u);
  std::remove(file.c_str());
  EXPECT_EQ(error_of([] { require_writable(""); }), "");
  EXPECT_EQ(error_of([] { require_writable("/no/such/folder/file"); }), "/no/such/folder/file: cannot be written");
  EXPECT_EQ(error_of([] { require_writable("/proc"); }), "/proc: cannot be written");
}

TEST(MachineName, IsThatOfTheSystem) {
  const std::string file = testing::TempDir() + "cpuinfo_" + std::to_string(getpid());
  std::ofstream(file) << "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 97\nmodel name\t: Fast CPU: 8\nflags\t\t:\nmodel\t\t: 98\n";
  EXPECT_EQ(cpuinfo("model", file), "97");
  EXPECT_EQ(cpuinfo("model name", file), "Fast CPU: 8");
  EXPECT_EQ(cpuinfo("flags", file), "");
  EXPECT_EQ(cpuinfo("mod", file), "");
  std::remove(file.c_str());
  EXPECT_EQ(cpuinfo("model", file), "");

  const std::pair<std::pair<int, int>, std::string> generations[] = {
      {{22, 1}, ""},          {{23, 0x2f}, " (Zen 1)"}, {{23, 0x30}, " (Zen 2)"}, {{24, 1}, ""},          {{25, 0xf}, " (Zen 3)"},
      {{25, 0x10}, " (Zen 4)"}, {{25, 0x1f}, " (Zen 4)"}, {{25, 0x20}, " (Zen 3)"}, {{25, 0x5f}, " (Zen 3)"}, {{25, 0x60}, " (Zen 4)"},
      {{26, 1}, " (Zen 5)"},  {{27, 1}, ""}};
  for (const auto& [of, name] : generations) EXPECT_EQ(amd_generation(of.first, of.second), name) << of.first << " " << of.second;
  EXPECT_EQ(machine_name(1, "AMD EPYC", 26, 2), "1 core of an AMD EPYC (Zen 5)");
  EXPECT_EQ(machine_name(2, "Intel Xeon", 6, 2), "2 cores of an Intel Xeon");
  EXPECT_EQ(machine_name(3, "Neoverse", 26, 2), "3 cores of Neoverse");
  EXPECT_EQ(machine_name(4, "", 26, 2), "4 cores of an unknown processor");
  const ProgramRun cores = run_program("env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc");
  EXPECT_TRUE(cores.status != 0 || usable_cores() == std::stoi(cores.output)) << cores.output;
#ifdef __linux__
  cpu_set_t all, one;  // those that this process may run on, not those that there are
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  CPU_ZERO(&one);
  for (int core = CPU_SETSIZE; core-- > 0;)
    if (CPU_COUNT(&one) == 0 && CPU_ISSET(core, &all)) CPU_SET(core, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usable_cores(), 1);
  sched_setaffinity(0, sizeof all, &all);
#endif
  const ProgramRun model = run_program("sed -n 's/^model name[^:]*: //p; s/^model[^a-z:]*: /0 /p; s/^cpu family[^:]*: /0 /p' /proc/cpuinfo | head -n 3");
  const std::string name = machine_name();
  EXPECT_EQ(std::stoi(name), usable_cores());
  int family = 0, number = 0;
  char processor[256] = "";
  if (std::sscanf(model.output.c_str(), "0 %d\n0 %d\n%255[^\n]", &family, &number, processor) == 3) {
    EXPECT_EQ(name, machine_name(usable_cores(), processor, family, number));
  }
}

}  // namespace
