// What is handed in is data: which files the grader takes, what it says of the others, and what it writes when.
// What handed-in code may do once it runs: common_exercises_test.cpp, tests/exercises/hostile/.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

class Grading : public testing::Test {
 protected:
  Grading() { fs::create_directories(handed_in_); }
  ~Grading() override { fs::remove_all(scratch_); }

  void hand_in(const fs::path& name, const std::string& text) const {
    fs::create_directories((handed_in_ / name).parent_path());
    std::ofstream(handed_in_ / name, std::ios::binary) << text;
  }
  // What the grader says of the folder, with the names of four tasks' files.
  ProgramRun collect(const std::string& folder) const {
    fs::remove_all(taken_);
    return run_program(build_folder() + "/collect " + quoted(folder) + " " + quoted(taken_) +
                       " 01_serial/weight_decay.cpp 01_serial/leaky_relu.cpp 02_cuda/label_histogram.cu 04_point_to_point/halo.cpp");
  }
  ProgramRun collect() const { return collect(handed_in_); }
  std::string taken(const std::string& name) const { return read(taken_ / name); }

  const fs::path scratch_ = fs::temp_directory_path() / ("grading." + std::to_string(getpid()));
  const fs::path handed_in_ = scratch_ / "handed in", taken_ = scratch_ / "taken";
};

TEST_F(Grading, TakesAFileFromEachPlaceWhereItMayLie) {
  hand_in("weight_decay.cpp", "flat\n");
  hand_in("deep/course/exercises/01_serial/leaky_relu.cpp", "deep\n");
  hand_in("exercises/04_point_to_point/halo.cpp", "in exercises\n");
  hand_in("04_point_to_point/halo.cpp", "by its folder\n");
  hand_in("exercises/02_cuda/label_histogram.cu", "\xef\xbb\xbfkernel \\\r\n more\r\n");  // from another system
  const ProgramRun run = collect();
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output, "ignored: exercises/04_point_to_point/halo.cpp: 04_point_to_point/halo.cpp was taken\n");
  EXPECT_EQ(taken("01_serial/weight_decay.cpp"), "flat\n");
  EXPECT_EQ(taken("01_serial/leaky_relu.cpp"), "deep\n");
  EXPECT_EQ(taken("02_cuda/label_histogram.cu"), "kernel \\\n more\n");
  EXPECT_EQ(taken("04_point_to_point/halo.cpp"), "by its folder\n");
}

TEST_F(Grading, FollowsNoLink) {
  const fs::path secret = scratch_ / "secret";
  fs::create_directories(secret / "01_serial");
  std::ofstream(secret / "01_serial/weight_decay.cpp") << "the answer\n";
  fs::create_directories(handed_in_ / "exercises");
  fs::create_directory_symlink(secret / "01_serial", handed_in_ / "01_serial");
  fs::create_directory_symlink(secret / "01_serial", handed_in_ / "exercises/01_serial");
  fs::create_symlink(secret / "01_serial/weight_decay.cpp", handed_in_ / "weight_decay.cpp");
  const ProgramRun run = collect();
  EXPECT_FALSE(fs::exists(taken_ / "01_serial/weight_decay.cpp"));
  for (const std::string name : {"01_serial", "exercises/01_serial", "weight_decay.cpp"})
    EXPECT_TRUE(contains(run.output, "ignored: " + name + ": is a link, and links are not followed\n"));

  fs::create_directory_symlink(secret, scratch_ / "link");
  for (const std::string end : {"", "/", "//"}) {
    const ProgramRun whole = collect((scratch_ / "link").string() + end);
    EXPECT_EQ(whole.status, 2);
    EXPECT_TRUE(contains(whole.output, "is a link: name the folder itself"));
    EXPECT_FALSE(fs::exists(taken_ / "01_serial/weight_decay.cpp"));
  }
  EXPECT_EQ(collect(secret).status, 0);
  EXPECT_EQ(taken("01_serial/weight_decay.cpp"), "the answer\n");

  fs::remove(handed_in_ / "weight_decay.cpp");
  fs::create_hard_link(secret / "01_serial/weight_decay.cpp", handed_in_ / "weight_decay.cpp");
  collect();
  EXPECT_FALSE(fs::exists(taken_ / "01_serial/weight_decay.cpp"));
  EXPECT_TRUE(contains(taken("01_serial/weight_decay.cpp.problem"), "is a hard link"));
}

// A reader of lines takes the second line of the folder's name for the path of a file, and follows the link in it.
TEST_F(Grading, ANameWithANewLineIsOneName) {
  const fs::path other = scratch_ / "other";
  fs::create_directories(other);
  std::ofstream(other / "weight_decay.cpp") << "somebody else's\n";
  fs::create_directories(handed_in_ / "exercises");
  fs::create_directory_symlink(other, handed_in_ / "exercises/01_serial");
  hand_in("x\n" + handed_in_.string() + "/exercises/01_serial/weight_decay.cpp", "nothing\n");
  collect();
  EXPECT_NE(taken("01_serial/weight_decay.cpp"), "somebody else's\n");
}

TEST_F(Grading, SaysWhatItDidNotTakeAndWhatWasMeant) {
  for (const std::string name : {"weight_decay (1).cpp", "Halo.cpp", "label_histogram.cpp", "leaky_relu.cpp.txt", "lab.zip",
                                 "mine.cpp", "notes.md", "02_cuda/weight_decay.cpp", "leaky-rellu.cpp"})
    hand_in(name, "x\n");
  EXPECT_EQ(collect().output,
            "ignored: Halo.cpp: not a name I know; did you mean halo.cpp?\n"
            "ignored: lab.zip: is an archive: unpack it\n"
            "ignored: label_histogram.cpp: not a name I know; did you mean label_histogram.cu?\n"
            "ignored: leaky-rellu.cpp: not a name I know; did you mean leaky_relu.cpp?\n"
            "ignored: leaky_relu.cpp.txt: not a name I know; did you mean leaky_relu.cpp?\n"
            "ignored: mine.cpp: not a name I know\n"
            "ignored: weight_decay (1).cpp: not a name I know; did you mean weight_decay.cpp?\n"
            "ignored: 02_cuda/weight_decay.cpp: lies in the wrong folder; should it be 01_serial/weight_decay.cpp?\n");
}

TEST_F(Grading, NamesAreShownAsTheyCanBeShown) {
  hand_in("halo\x1b[2J\n\\ (1).cpp", "x\n");
  hand_in("halo \xc3\xa4 \xe2\x80\xae.cpp", "x\n");  // a letter; a change of the writing's direction
  const std::string said = collect().output;
  EXPECT_TRUE(contains(said, "ignored: halo\\x1b[2J\\x0a\\x5c (1).cpp: not"));
  EXPECT_TRUE(contains(said, "ignored: halo \xc3\xa4 \\xe2\\x80\\xae.cpp: not"));
}

TEST_F(Grading, TextFromOtherSystemsIsMadePlainOrNamed) {
  hand_in("halo.cpp", "\xef\xbb\xbfint a;\r\n#define B \\\r\n 1\r\n");
  hand_in("leaky_relu.cpp", "int a;\rint b;\r");
  hand_in("weight_decay.cpp", std::string("\xff\xfei\0n\0t\0", 8));
  hand_in("label_histogram.cu", std::string("int a;\nint\0 b;\n", 15));
  collect();
  EXPECT_EQ(taken("04_point_to_point/halo.cpp"), "int a;\n#define B \\\n 1\n");
  EXPECT_EQ(taken("01_serial/leaky_relu.cpp"), "int a;\nint b;\n");
  EXPECT_EQ(taken("01_serial/weight_decay.cpp.problem"),
            "weight_decay.cpp is UTF-16 text, which no compiler reads: save it as UTF-8\n");
  EXPECT_EQ(taken("02_cuda/label_histogram.cu.problem"),
            "label_histogram.cu has a NUL byte in line 2: it is not plain text (UTF-16?); save it as UTF-8\n");
  EXPECT_FALSE(fs::exists(taken_ / "01_serial/weight_decay.cpp") || fs::exists(taken_ / "02_cuda/label_histogram.cu"));
}

TEST_F(Grading, WhatIsReadIsBounded) {
  hand_in("halo.cpp", std::string(200 << 10, '/'));
  hand_in("leaky_relu.cpp", std::string((200 << 10) + 1, '/'));
  ASSERT_EQ(run_program("mkfifo " + quoted(handed_in_ / "weight_decay.cpp")).status, 0);
  const ProgramRun run = collect();
  EXPECT_EQ(taken("04_point_to_point/halo.cpp").size(), size_t(200 << 10));
  EXPECT_EQ(taken("01_serial/leaky_relu.cpp.problem"), "leaky_relu.cpp is larger than 200 KiB\n");
  EXPECT_EQ(run.output, "ignored: weight_decay.cpp: is no plain file\n");
}

// Each submission has a folder of results of its own, whatever its name, and none outside of $B/grade.
TEST_F(Grading, ResultsAreKeyedByTheWholePath) {
  const auto key = [&](const fs::path& folder) {
    fs::create_directories(folder);
    std::string text = run_program(build_folder() + "/collect --key " + quoted(folder)).output;
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-%/\n"), std::string::npos)
        << text;
    return text;
  };
  const std::string first = key(handed_in_ / "anna/submission");
  EXPECT_EQ(key(handed_in_ / "anna/../anna/submission/"), first);
  EXPECT_NE(key(handed_in_ / "bert/submission"), first);
  EXPECT_NE(key(handed_in_ / "anna%2Fsubmission"), first);
  EXPECT_NE(key(handed_in_ / "a b"), key(handed_in_ / "a%20b"));
  EXPECT_FALSE(contains(key(handed_in_ / "results.json"), ".json"));
  EXPECT_EQ(key("tests"), "tests\n");
  for (std::istringstream parts(key(handed_in_ / std::string(255, '\''))); !parts.eof();) {
    std::string part;
    std::getline(parts, part, '/');
    EXPECT_LE(part.size(), 210u);
  }
}

TEST_F(Grading, MakeReadsNothingInANameAndNoShellSeesIt) {
  const std::string name = "$(shell touch PWNED)'; touch PWNED; echo 'cash$money";
  std::ofstream(scratch_ / "show.mk") << "show_it: ; +@echo 'recipe:'; printenv SUBMISSION\n";
  const ProgramRun run = run_program("MAKEFLAGS= MAKELEVEL= make -n -f Makefile -f " + quoted(scratch_ / "show.mk") +
                                     " grade show_it SUBMISSION=" + quoted(name));
  EXPECT_FALSE(fs::remove("PWNED"));
  const size_t shown = run.output.find("recipe:\n" + name + "\n");
  ASSERT_NE(shown, std::string::npos) << run.output;
  EXPECT_FALSE(contains(run.output.substr(0, shown), "PWNED")) << "a command contains the name: " << run.output;
}

// --- The script, with a sandbox that is none ---------------------------------------------------------------------------------

class Results : public Grading {
 protected:
  void SetUp() override {
    if (!fs::exists("tests/exercises/01_serial/weight_decay_main.cpp")) GTEST_SKIP() << "skipped: no tasks of chapter 01 here";
  }
  Results() {
    fs::create_directories(b_ / "exercises");
    fs::create_symlink(fs::absolute(build_folder() + "/collect"), b_ / "collect");
    std::ofstream(b_ / "exercises/tasks") << "\n";
    sandbox("exit 1");
  }
  void sandbox(const std::string& script) const {
    std::ofstream(b_ / "sandbox") << "#!/bin/sh\n[ \"$1\" = --says ] && exit 0\n" << script << "\n";
    fs::permissions(b_ / "sandbox", fs::perms(0755));
  }
  ProgramRun grade(const std::string& tasks) const {
    return run_program("B=" + quoted(b_) + " RESULTS=" + quoted(results_) + " SUBMISSION=" + quoted(handed_in_) + " TASKS=" +
                       quoted(tasks) + " TASK_FLAGS= TASK_LIBS= sh tests/exercises/grade");
  }
  const fs::path b_ = scratch_ / "b", results_ = scratch_ / "results";
};

TEST_F(Results, AnInterruptedGradingLeavesNoOlderPoints) {
  fs::create_directories(results_);
  std::ofstream(results_ / "results.json") << "{\"score\": 99}\n";
  std::ofstream(results_ / "junit.xml") << "old\n";
  sandbox("kill -9 $PPID");
  hand_in("leaky_relu.cpp", "int x;\n");
  EXPECT_NE(grade("01_leaky_relu 01_weight_decay").status, 0);
  const std::string none = read(results_ / "results.json");
  EXPECT_TRUE(contains(none, "\"score\": 0,\n  \"output\": \"incomplete: 0 of 2 tasks\""));

  fs::remove(handed_in_ / "leaky_relu.cpp");
  hand_in("weight_decay.cpp", "int x;\n");
  EXPECT_NE(grade("01_leaky_relu 01_weight_decay").status, 0);
  const std::string left = read(results_ / "results.json");
  EXPECT_TRUE(contains(left, "\"output\": \"incomplete: 1 of 2 tasks\""));
  EXPECT_TRUE(contains(left, "\"extra_data\": {\"incomplete\": true}"));
  EXPECT_TRUE(contains(left, "\"01_leaky_relu\", \"score\": 0"));
  EXPECT_FALSE(fs::exists(results_ / "junit.xml"));

  sandbox("exit 1");
  EXPECT_EQ(grade("01_leaky_relu 01_weight_decay").status, 1);
  const std::string whole = read(results_ / "results.json");
  EXPECT_FALSE(contains(whole, "incomplete"));
  EXPECT_TRUE(contains(whole, "\"01_weight_decay\", \"score\": 0"));
  EXPECT_TRUE(contains(read(results_ / "junit.xml"), "failures=\"2\""));
}

// A grading that was killed cleans nothing; the next one does, and leaves alone what belongs to one that goes on, and a link.
TEST_F(Results, WhatAKilledGradingLeftIsRemovedByTheNext) {
  const fs::path temporary = scratch_ / "temporary", goes_on = temporary / "tmp.on", link = temporary / "tmp.link", no_grading = temporary / "tmp.mine";
  fs::create_directories(goes_on), fs::create_directories(no_grading), fs::create_directories(scratch_ / "elsewhere");
  std::ofstream(goes_on / "grading") << getpid() << "\n";
  std::ofstream(scratch_ / "elsewhere/grading") << "999999999\n";
  fs::create_directory_symlink(scratch_ / "elsewhere", link);
  const auto there = [&] { return std::distance(fs::directory_iterator(temporary), fs::directory_iterator()); };
  setenv("TMPDIR", temporary.c_str(), 1);
  sandbox("kill -9 $PPID");
  hand_in("leaky_relu.cpp", "int x;\n");
  EXPECT_NE(grade("01_leaky_relu").status, 0);
  EXPECT_EQ(there(), 4);
  sandbox("exit 1");
  EXPECT_EQ(grade("01_leaky_relu").status, 1);
  unsetenv("TMPDIR");
  EXPECT_EQ(there(), 3);
  EXPECT_TRUE(fs::exists(goes_on / "grading") && fs::exists(no_grading) && fs::exists(scratch_ / "elsewhere/grading"));
}

TEST_F(Results, WhatWasIgnoredIsSaidToTheStudentToo) {
  hand_in("weight_decay (1).cpp", "int x;\n");
  const std::string line = "ignored: weight_decay (1).cpp: not a name I know; did you mean weight_decay.cpp?";
  const ProgramRun run = grade("01_weight_decay");
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(contains(run.output, line + "\n"));
  EXPECT_TRUE(contains(read(results_ / "results.json"), "\"output\": \"" + line + "\""));
}

TEST_F(Results, ASlipInTasksIsNotFullMarks) {
  for (const std::string tasks : {"01_weight_deca", "01_leaky_relu 01_weight_deca"}) {
    const ProgramRun run = grade(tasks);
    EXPECT_EQ(run.status, 2) << run.output;
    EXPECT_TRUE(contains(run.output, "no task 01_weight_deca; did you mean 01_weight_decay?\n"));
  }
}

TEST_F(Results, ASubmissionHasItsTime) {
  hand_in("weight_decay.cpp", "int x;\n");
  setenv("GRADE_SECONDS", "0", 1);
  const ProgramRun run = grade("01_weight_decay");
  unsetenv("GRADE_SECONDS");
  EXPECT_TRUE(contains(run.output, "0 / 3   not graded: the submission took more than 0 s"));
}

TEST_F(Results, WithoutAPlaceToWorkNothingIsGraded) {
  hand_in("weight_decay.cpp", "int x;\n");
  std::ofstream(results_) << "a file where a folder should be\n";
  EXPECT_EQ(grade("01_weight_decay").status, 2);
  fs::remove(results_);
  setenv("TMPDIR", "/proc", 1);  // where nothing can be made
  EXPECT_EQ(grade("01_weight_decay").status, 2);
  unsetenv("TMPDIR");
  EXPECT_FALSE(fs::exists(results_));

  const ProgramRun without = run_program("unshare -m sh -c 'mount -t tmpfs -o noexec none /mnt && echo mounted'");
  if (without.output != "mounted\n") GTEST_SKIP() << "skipped: not allowed to mount a folder where no program may run";
  const ProgramRun run = run_program("unshare -m sh -c 'mount -t tmpfs -o noexec none /mnt && TMPDIR=/mnt TASKS=01 SUBMISSION=tests RESULTS=" +
                                     results_.string() + " sh tests/exercises/grade'");
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(contains(run.output, "no program may run in /mnt"));
  EXPECT_FALSE(fs::exists(results_));
}

}  // namespace
