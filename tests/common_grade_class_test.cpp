// For teachers. `make grade-class`: who is graded, what goes on after a kill, and what the teacher gets; and what autograding
// services start. The grader is a script of this test's: what the real one does with a submission is tested in
// common_grading_test.cpp.
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

int occurrences(const std::string& text, const std::string& words) {
  int count = 0;
  for (size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
  return count;
}

class GradeClass : public testing::Test {
 protected:
  GradeClass() {
    fs::create_directories(class_);
    // Two tasks of 3 points; a submission says in its file `right` how many of them it has right.
    write("grader", R"sh(
echo "$SUBMISSION" >>"$SCRATCH/calls"
[ ! -e "$SUBMISSION/kill" ] || { rm "$SUBMISSION/kill"; kill -9 "$(cat "$SCRATCH/pid")"; }
[ ! -e "$SUBMISSION/trouble" ] || { echo no; exit 2; }
right=$(cat "$SUBMISSION/right")
result() { if [ "$right" -ge "$1" ]; then echo '"score": 3, "output": ""'; else printf '"score": 0, "output": "%s"' "$2"; fi; }
incomplete=; [ ! -e "$SUBMISSION/incomplete" ] || incomplete='"extra_data": {"incomplete": true},'
cat >"$RESULTS/results.json" <<END
{ "score": 0, $incomplete "tests": [
  {"name": "01_first", "max_score": 3, $(result 1 'row 7 of <b>dw</b> is wrong\nand more')},
  {"name": "02_second", "max_score": 3, $(result 2 'not handed in')} ] }
END
[ "$right" -eq 2 ]
)sh");
    set("SCRATCH", scratch_);
    set("GRADER", "sh \"$SCRATCH/grader\"");
    set("CLASS", class_);
    for (const char* variable : {"ROSTER", "GRADEBOOK", "COLUMN", "TASKS", "JOBS"}) unsetenv(variable);
  }
  ~GradeClass() override { fs::remove_all(scratch_); }

  static void set(const char* variable, const std::string& value) { setenv(variable, value.c_str(), 1); }
  std::string write(const fs::path& name, const std::string& text) const {
    fs::create_directories((scratch_ / name).parent_path());
    std::ofstream(scratch_ / name, std::ios::binary) << text;
    return scratch_ / name;
  }
  void hand_in(const std::string& folder, int right) const { write(class_ / folder / "right", std::to_string(right)); }
  ProgramRun grade() const {
    return run_program("B='" + (scratch_ / "build").native() + "' sh -c 'echo $$ >\"$SCRATCH/pid\"; exec \"$0\"' " + build_folder() +
                       "/grade_class");
  }
  // What the class has got.
  fs::path made(const fs::path& file) const {
    for (const auto& entry : fs::directory_iterator(scratch_ / "build/grade-class")) return entry.path() / file;
    return {};
  }
  std::string calls() const { return read(scratch_ / "calls"); }
  std::string filled(const std::string& gradebook) const {
    set("GRADEBOOK", write("gradebook.csv", gradebook));
    const ProgramRun run = grade();
    EXPECT_EQ(run.status, 0) << run.output;
    return read(made("gradebook.csv"));
  }

  const fs::path scratch_ = fs::temp_directory_path() / ("grade_class." + std::to_string(getpid()));
  const fs::path class_ = scratch_ / "the class";
};

TEST_F(GradeClass, NamesAreData) {
  const std::string names[] = {"O'Brien", "eve'; touch PWNED; echo '", "$(touch PWNED)", "`touch PWNED`", "new\nline", "\xff\xfe",
                               "-rf",     "a,b\"c",                    "=1+1",           "<script>",      " ",         "Müller \xe2\x80\xae"};
  for (const std::string& name : names) hand_in(name, 1);
  fs::create_directory_symlink("/etc", class_ / "link");
  write(class_ / "late.zip", "a file");
  const ProgramRun run = grade();
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_FALSE(fs::exists("PWNED") || fs::exists(scratch_ / "PWNED"));
  EXPECT_TRUE(contains(run.output, "ignored link: a link\n"));
  EXPECT_TRUE(contains(run.output, "ignored late.zip: not a folder\n"));
  EXPECT_EQ(occurrences(run.output, "3 of 6 points"), int(std::size(names))) << run.output;
  EXPECT_TRUE(contains(run.output, "new\\x0aline"));
  for (const std::string& name : names) {
    const std::string feedback = read(made("feedback") / name / "feedback.md");
    EXPECT_TRUE(contains(feedback, "# 3 of 6 points\n")) << name << feedback;
    EXPECT_TRUE(contains(feedback, "    not handed in\n")) << name << feedback;
  }
  const std::string grades = read(made("grades.csv"));
  EXPECT_TRUE(grades.starts_with("folder,name,id,points,of,01_first,02_second\n")) << grades;
  EXPECT_TRUE(contains(grades, "'=1+1,,,3,6,3,0\n"));
  EXPECT_TRUE(contains(grades, "\"a,b\"\"c\",,,3,6,3,0\n"));
  const std::string html = read(made("class.html"));
  EXPECT_TRUE(contains(html, "&lt;script&gt;"));
  EXPECT_FALSE(contains(html, "<script>"));
  EXPECT_FALSE(contains(html, "://")) << "needs no network";
}

TEST_F(GradeClass, GoesOnWhereItWasKilled) {
  for (const char* name : {"a", "b", "c", "d"}) hand_in(name, 2);
  write(class_ / "c/kill", "");
  EXPECT_NE(grade().status, 0);
  EXPECT_EQ(occurrences(calls(), "\n"), 3);
  const ProgramRun again = grade();
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_TRUE(contains(again.output, "2 of 4 were graded before\n"));
  EXPECT_EQ(occurrences(calls(), "\n"), 5);
  EXPECT_EQ(occurrences(calls(), "/c\n"), 2);
  EXPECT_EQ(occurrences(read(made("grades.csv")), ",6,6,3,3\n"), 4) << read(made("grades.csv"));
  // Who hands in anew is graded anew, and nobody else.
  write(class_ / "b/right", "0 \n");
  EXPECT_EQ(grade().status, 0);
  EXPECT_EQ(occurrences(calls(), "\n"), 6);
  EXPECT_TRUE(contains(read(made("grades.csv")), "b,,,0,6,0,0\n"));
}

TEST_F(GradeClass, WhoCouldNotBeGradedHasNoPointsAndIsTriedAgain) {
  hand_in("a", 2), hand_in("b", 2), hand_in("c", 2);
  write(class_ / "b/trouble", ""), write(class_ / "c/incomplete", "");
  const ProgramRun run = grade();
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_TRUE(contains(run.output, "the grader ended with status 2"));
  EXPECT_TRUE(contains(run.output, "the grading was interrupted"));
  EXPECT_TRUE(contains(run.output, "2 could not be graded"));
  EXPECT_TRUE(contains(read(made("grades.csv")), "b,,,,,,\nc,,,,,,\n"));
  EXPECT_FALSE(fs::exists(made("feedback/b")));
  fs::remove(class_ / "b/trouble"), fs::remove(class_ / "c/incomplete");
  EXPECT_EQ(grade().status, 0);
  EXPECT_EQ(occurrences(calls(), "/a\n"), 1);
}

TEST_F(GradeClass, TellsTheTeacherWhatIsCommon) {
  hand_in("a", 0), hand_in("b", 0), hand_in("c", 2);
  write(class_ / "b/right", "0");
  EXPECT_EQ(grade().status, 0);
  const std::string html = read(made("class.html"));
  EXPECT_TRUE(contains(html, "<tr><td class=text>01_first</td><td>1</td><td>2</td><td>0</td>"));
  EXPECT_TRUE(contains(html, "<tr><td class=text>02_second</td><td>1</td><td>0</td><td>2</td>"));
  EXPECT_TRUE(contains(html, "<tr><td>2</td><td class=text>01_first</td><td class=text>row 7 of &lt;b&gt;dw&lt;/b&gt; is wrong</td></tr>"));
}

// The forms of exported gradebooks, as the systems' own documentation shows them.
TEST_F(GradeClass, FillsInCanvas) {
  hand_in("doejane_1001_777_submission", 2), hand_in("s0002", 1);
  const std::string before = "\xef\xbb\xbfStudent,ID,SIS User ID,SIS Login ID,Section,Old homework (55),Current Score,Final Grade\r\n"
                             "    Points Possible,,,,,10,(read only),(read only)\r\n"
                             "\"Doe, Jane\",1001,A1,jdoe,\"Group \"\"one\"\"\",9,90,\r\n"
                             "\"Roe, Richard\",1002,s0002,rroe,Two,,,F\r\n"
                             "\"Student, Test\",1003,,abc,Two,,,\r\n";
  EXPECT_EQ(filled(before),
            "\xef\xbb\xbfStudent,ID,SIS User ID,SIS Login ID,Section,Old homework (55),Current Score,Final Grade,Exercises\r\n"
            "    Points Possible,,,,,10,(read only),(read only),6\r\n"
            "\"Doe, Jane\",1001,A1,jdoe,\"Group \"\"one\"\"\",9,90,,6\r\n"
            "\"Roe, Richard\",1002,s0002,rroe,Two,,,F,3\r\n"
            "\"Student, Test\",1003,,abc,Two,,,,\r\n");
  set("COLUMN", "Old homework");
  std::string replaced = before;
  replaced.replace(replaced.find("\",9,90") + 2, 1, "6");
  replaced.replace(replaced.find("Two,,,F"), 7, "Two,3,,F");
  EXPECT_EQ(filled(before), replaced);
}

// All columns that Canvas may write before and behind the tasks (lib/gradebook_exporter.rb), names in two columns, the row that says what is not
// posted by itself, and numbers as it writes them.
TEST_F(GradeClass, FillsInAllThatCanvasExports) {
  hand_in("doejane_1001_777_submission", 2), hand_in("roerichard_LATE_1002_778_submission", 1);
  const std::string head = "LastName,FirstName,ID,SIS User ID,SIS Login ID,Integration ID,Root Account,Section,Notes,Exercises (4711),"
                           "Tasks Current Points,Tasks Final Points,Tasks Current Score,Tasks Unposted Current Score,Tasks Final Score,Tasks Unposted Final Score,"
                           "Current Score,Unposted Current Score,Final Score,Unposted Final Score,Current Grade,Override Score,Override Grade\n"
                           ",,,,,,,,,Manual Posting,,,,,,,,,,,,,\n"
                           "    Points Possible,,,,,,,,,6.00,(read only),(read only),(read only),(read only),(read only),(read only),(read only),(read only),"
                           "(read only),(read only),(read only),,(read only)\n";
  const std::string before = head + "Doe,Jane,1001,UID:77,jdoe,i1,school.example.org,One and Two,late,,,,,,,,,,,,,,\n"
                                    "Roe,Richard,1002,,rroe,,school.example.org,One,,EX,,,,,,,,,,,,,\n"
                                    "Student,Test,1003,,x,,,One,,,,,,,,,,,,,,,\n";
  set("GRADEBOOK", write("gradebook.csv", before));
  const ProgramRun run = grade();
  EXPECT_EQ(read(made("gradebook.csv")), head + "Doe,Jane,1001,UID:77,jdoe,i1,school.example.org,One and Two,late,6,,,,,,,,,,,,,\n"
                                                "Roe,Richard,1002,,rroe,,school.example.org,One,,3,,,,,,,,,,,,,\n"
                                                "Student,Test,1003,,x,,,One,,,,,,,,,,,,,,,\n");
  EXPECT_FALSE(contains(run.output, "points for this column")) << "6.00 points are 6 points:\n" << run.output;
  // A new column has its points, too.
  set("COLUMN", "Other");
  EXPECT_TRUE(contains(filled(before), "(read only),,(read only),6\nDoe,"));
}

TEST_F(GradeClass, FillsInMoodle) {
  hand_in("Jane Doe_5678901_assignsubmission_file", 2), hand_in("Richard Roe_5678902_assignsubmission_file", 1);
  // The worksheet for marking offline.
  EXPECT_EQ(filled("Identifier,\"Full name\",\"Email address\",Status,Grade,\"Maximum grade\",\"Grade can be changed\"\n"
                   "\"Participant 5678901\",\"Jane Doe\",jane@example.org,\"Submitted for grading\",,6.00,Yes\n"
                   "\"Participant 5678903\",\"Max Moe\",max@example.org,\"No submission\",,6.00,Yes\n"
                   "\"Participant 5678902\",\"Richard Roe\",richard@example.org,\"Submitted for grading\",1.00,6.00,Yes\n"),
            "Identifier,\"Full name\",\"Email address\",Status,Grade,\"Maximum grade\",\"Grade can be changed\"\n"
            "\"Participant 5678901\",\"Jane Doe\",jane@example.org,\"Submitted for grading\",6,6.00,Yes\n"
            "\"Participant 5678903\",\"Max Moe\",max@example.org,\"No submission\",,6.00,Yes\n"
            "\"Participant 5678902\",\"Richard Roe\",richard@example.org,\"Submitted for grading\",3,6.00,Yes\n");
  // The grader report, in which people have names and addresses only; with semicolons, as some countries have it.
  set("COLUMN", "Exercises");
  EXPECT_EQ(filled("First name;Last name;ID number;Email address;Assignment: Exercises (Real);Course total (Real)\n"
                   "Jane;Doe;;jane@example.org;-;-\nRichard;Roe;;richard@example.org;-;-\nMax;Moe;;max@example.org;-;-\n"),
            "First name;Last name;ID number;Email address;Assignment: Exercises (Real);Course total (Real)\n"
            "Jane;Doe;;jane@example.org;6;-\nRichard;Roe;;richard@example.org;3;-\nMax;Moe;;max@example.org;-;-\n");
  // Moodle refuses a file with a column that it did not export.
  set("GRADEBOOK", write("gradebook.csv", "First name,Last name,ID number,Institution,Department,Email address,Last downloaded from this course\n"
                                          "Jane,Doe,,,,jane@example.org,1700000000\n"));
  const ProgramRun run = grade();
  EXPECT_TRUE(contains(run.output, "the column Exercises is new, and Moodle takes no new ones: make it there, and export again\n")) << run.output;
  EXPECT_EQ(read(made("gradebook.csv")), "First name,Last name,ID number,Institution,Department,Email address,Last downloaded from this course,Exercises\n"
                                         "Jane,Doe,,,,jane@example.org,1700000000,6\n");
}

TEST_F(GradeClass, TheRosterSaysWhoIsWho) {
  hand_in("team-a", 2), hand_in("s17", 1), hand_in("stranger", 0);
  set("ROSTER", write("roster.csv", "Name,ID,folder,email\n\"Doe, Jane\",s16,team-a,j@example.org\nRichard Roe,s17,,r@example.org\nMax Moe,s18,,\n"));
  set("GRADEBOOK", write("gradebook.csv", "Student,Email\nJane Doe,\nRoe,r@example.org\nMoe,\n"));
  const ProgramRun run = grade();
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "Max Moe: handed in nothing\n"));
  EXPECT_TRUE(contains(run.output, "stranger: is not on the roster\n"));
  EXPECT_TRUE(contains(run.output, "stranger: has no row in the gradebook\n"));
  EXPECT_EQ(read(made("gradebook.csv")), "Student,Email,Exercises\nJane Doe,,6\nRoe,r@example.org,3\nMoe,,\n");
  const std::string grades = read(made("grades.csv"));
  EXPECT_TRUE(contains(grades, "team-a,\"Doe, Jane\",s16,6,6,3,3\n"));
  EXPECT_TRUE(contains(grades, "\n,Max Moe,s18,,,,\n"));
}

TEST_F(GradeClass, NobodyIsChosenWhereTwoFit) {
  hand_in("Jane Doe_101_x", 2), hand_in("Jane Doe_102_x", 1), hand_in("Jane Doe_103_x", 0);
  set("GRADEBOOK", write("gradebook.csv", "Student,ID\nJane Doe,\nJane Doe,102\n"));
  const ProgramRun run = grade();
  EXPECT_EQ(read(made("gradebook.csv")), "Student,ID,Exercises\nJane Doe,,\nJane Doe,102,3\n");
  EXPECT_TRUE(contains(run.output, "gradebook, jane doe: several students could be meant; left as it was\n"));
}

// Somebody who hands in nothing, under a neighbour's name: gets nothing, and takes nothing from the neighbour.
TEST_F(GradeClass, ABorrowedNameBringsAndCostsNothing) {
  hand_in("Jane Doe_101_x", 2);
  set("GRADEBOOK", write("gradebook.csv", "Student,ID\nJane Doe,101\nJane Doe,666\n"));
  const ProgramRun run = grade();
  EXPECT_EQ(read(made("gradebook.csv")), "Student,ID,Exercises\nJane Doe,101,6\nJane Doe,666,\n");
  EXPECT_TRUE(contains(run.output, "gradebook, jane doe: several students could be meant; left as it was\n"));
}

TEST_F(GradeClass, WhatCannotBeUsedIsToldBeforeAnybodyIsGraded) {
  hand_in("a", 2);
  const struct {
    std::string gradebook, words;
  } cases[] = {{"", "is empty"}, {"Name,\"ID\nx", "has a quote that does not end"}, {"\xff\xfeN", "is UTF-16"},
               {"A,B\n1,2\n", "names no column"}, {"Student,Exercises,Exercises (7)\n", "has several columns"}};
  for (const auto& [gradebook, words] : cases) {
    set("GRADEBOOK", write("gradebook.csv", gradebook));
    const ProgramRun run = grade();
    EXPECT_EQ(run.status, 2) << words;
    EXPECT_TRUE(contains(run.output, words)) << words << ":\n" << run.output;
  }
  set("CLASS", scratch_ / "nowhere");
  EXPECT_EQ(grade().status, 2);
  EXPECT_EQ(calls(), "");
}

// --- What autograding services start. make is a script here, which leaves results.json as it is told and ends with status 2, as make does
// for marks that are not full.

class Service : public testing::Test {
 protected:
  Service() {
    fs::create_directories(scratch_ / "bin"), fs::create_directories(scratch_ / "source/course"), fs::create_directories(scratch_ / "common");
    write("bin/make", "#!/bin/sh\nfor a; do case $a in RESULTS=*) RESULTS=${a#RESULTS=} ;; esac; done\nmkdir -p \"$RESULTS\"\n"
                      "[ -z \"$LEAVES\" ] || printf '%s' \"$LEAVES\" >\"$RESULTS/results.json\"\nexit \"$ENDS\"\n");
    write("common/setup.sh", "");
  }
  ~Service() override { fs::remove_all(scratch_); }
  void write(const fs::path& name, const std::string& text) const {
    fs::create_directories((scratch_ / name).parent_path());
    std::ofstream(scratch_ / name) << text;
    fs::permissions(scratch_ / name, fs::perms(0755));
  }
  // Starts a copy of our script, as the service does.
  ProgramRun start(const fs::path& script, const fs::path& at, const std::string& leaves, int ends) const {
    fs::create_directories((scratch_ / at).parent_path());
    fs::copy_file(script, scratch_ / at, fs::copy_options::overwrite_existing);
    setenv("LEAVES", leaves.c_str(), 1);
    return run_program("ENDS=" + std::to_string(ends) + " PATH='" + (scratch_ / "bin").native() + "':\"$PATH\" '" + (scratch_ / at).native() + "'");
  }
  const fs::path scratch_ = fs::temp_directory_path() / ("service." + std::to_string(getpid()));
};

TEST_F(Service, GradescopeTakesMarksBelowFullAndNoGradingThatDidNotEnd) {
  const auto start = [&](const std::string& leaves, int ends) {
    return Service::start("tests/exercises/gradescope/run_autograder", "run_autograder", leaves, ends);
  };
  EXPECT_EQ(start("{\"score\": 3}", 2).status, 0);
  EXPECT_EQ(read(scratch_ / "results/results.json"), "{\"score\": 3}");
  EXPECT_EQ(start("{\"score\": 9}", 0).status, 0);
  EXPECT_EQ(start("{\"extra_data\": {\"incomplete\": true}}", 2).status, 1);
  EXPECT_EQ(start("", 2).status, 1) << "older points must not stay";
}

TEST_F(Service, ClassroomReadsPointsAndAStatus) {
  const auto start = [&](const std::string& leaves, int ends) { return Service::start(".ci/points", ".ci/points", leaves, ends); };
  const std::string results = "{\n  \"score\": 5,\n  \"tests\": [\n    {\"name\": \"a\", \"score\": 2, \"max_score\": 2, \"output\": \"\"},\n"
                              "    {\"name\": \"b\", \"score\": 3, \"max_score\": 13}\n]}\n";
  const ProgramRun below = start(results, 2);
  EXPECT_EQ(below.status, 2);
  EXPECT_TRUE(contains(below.output, "::notice title=Autograding complete::Points 5/15\n"));
  EXPECT_TRUE(contains(below.output, "::{\"totalPoints\":5,\"maxPoints\":15}\n"));
  EXPECT_EQ(start(results, 0).status, 0);
  fs::remove_all(scratch_ / "build");
  EXPECT_EQ(start("", 2).status, 2);
  fs::create_directories(scratch_ / "solutions");
  EXPECT_EQ(start(results, 2).output, "nothing to grade: the solutions are here\n");
}

}  // namespace
