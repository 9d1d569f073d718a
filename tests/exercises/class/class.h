// A class: a folder of submissions, what each got, and who they are.
#pragma once

#include <string>
#include <vector>

struct TaskResult {
  std::string name, message;  // NN_name; why it has no points
  double points = 0, full = 0;
};

struct Student {
  std::string folder;                 // the name of the submission, bytes as they are; empty: nothing was handed in
  std::string name, id, login, mail;  // from the roster, or empty
  bool graded = false;
  std::string trouble;  // why it was not graded
  std::string remarks;  // of the grader, on the submission as a whole
  double points = 0, full = 0, seconds = 0;
  std::vector<TaskResult> tasks;

  // How people call the student, printable.
  std::string shown() const;
};

// Bytes that are no printable UTF-8 become \xNN.
std::string printable(const std::string& bytes);

// Reads results.json into a student.  Throws std::runtime_error where it is not what the grader writes when it has
// done all tasks.
void read_results(Student& student, const std::string& json);

// --- Who is who (people.cpp) -------------------------------------------------------------------------------------------

// Roster: a CSV file with a header, of whose columns any of folder, name, id, login, email (or username) are used. Students get what it
// says about them; those who handed in nothing are added. Returns notes for the teacher.
std::vector<std::string> use_roster(std::vector<Student>& students, const std::string& text);

// The gradebook with the points in one column: that of the title `column` ("" for the usual one) is filled in, or added at the end.
// Everything else stays as it was, byte for byte.
std::string fill_gradebook(const std::string& text, const std::string& column, double full, const std::vector<Student>& students,
                           std::vector<std::string>& notes);

// --- Reports (reports.cpp) ---------------------------------------------------------------------------------------------

std::string grades_csv(const std::vector<Student>& students);
std::string class_html(const std::string& title, const std::vector<Student>& students);
std::string feedback_md(const Student& student);
std::string number(double value);  // 12, 2.5
