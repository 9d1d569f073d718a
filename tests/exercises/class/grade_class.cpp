// Grades every folder of a class:  grade_class     (make grade-class CLASS=folder; see exercises/README.md)
//
// What it is told comes in the environment, since names may hold any byte: CLASS, ROSTER, GRADEBOOK, COLUMN; TASKS and the like are the
// grader's. GRADER (default: tests/exercises/grade) is a command that grades the folder SUBMISSION and writes RESULTS/results.json; status 0 or
// 1 if it did.
//
// Everything goes to $B/grade-class/NAME-HASHES, where the hashes are of the name and of the whole path of CLASS:
//   students/KEY/    results.json, what the grader printed, and `done`: what was handed in when it was graded
//   feedback/FOLDER/feedback.md, grades.csv, class.html, gradebook.csv, seed
// A student with a `done` that fits is not graded again. So after a kill, the next call goes on where this one was.
// Status 0 when all are graded, whatever their points; 1 when somebody is not; 2 when nothing could be done.
#include <dirent.h>
#include <fcntl.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>

#include "tests/exercises/class/class.h"

namespace fs = std::filesystem;

namespace {

std::string environment(const char* name, const std::string& otherwise = "") {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(printable(file.native()) + ": cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A reader finds the old file or the new one, never a half.
void write_file(const fs::path& file, const std::string& text) {
  const fs::path part = file.native() + ".part";
  std::ofstream out(part, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::runtime_error(printable(part.native()) + ": cannot be written");
  fs::rename(part, file);
}

// FNV-1a.
uint64_t hash_of(const std::string& bytes, uint64_t hash = 14695981039346656037u) {
  for (unsigned char c : bytes) hash = (hash ^ c) * 1099511628211u;
  return hash;
}

std::string hexadecimal(uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

// A name for a folder of ours: two names never share one, and it holds nothing that anybody could misread.
std::string key_of(const std::string& name) {
  std::string key;
  for (char c : name) key += std::isalnum(static_cast<unsigned char>(c)) || c == '-' ? std::string(1, c) : std::string("_");
  return key.substr(0, 60) + "-" + hexadecimal(hash_of(name));
}

// What is handed in, by names, sizes and times. Links are not followed. A folder with more entries than anybody needs is cut.
uint64_t fingerprint(const fs::path& folder) {
  std::vector<std::string> lines;
  std::vector<fs::path> open = {folder};
  for (size_t i = 0; i < open.size() && lines.size() < 20000; ++i) {
    DIR* directory = opendir(open[i].c_str());
    if (!directory) continue;
    while (const dirent* entry = readdir(directory)) {
      const std::string name = entry->d_name;
      struct stat status;
      if (name == "." || name == ".." || fstatat(dirfd(directory), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(status.st_mode)) open.push_back(open[i] / name);
      lines.push_back((open[i] / name).native() + '\0' + std::to_string(status.st_size) + " " + std::to_string(status.st_mtime) + " " +
                      std::to_string(status.st_mode));
    }
    closedir(directory);
  }
  std::sort(lines.begin(), lines.end());
  uint64_t hash = hash_of(environment("TASKS"));
  for (const std::string& line : lines) hash = hash_of(line, hash);
  return hash;
}

// Starts the grader for one student, in a process of its own.
pid_t start(const fs::path& submission, const fs::path& to, const std::string& seed) {
  std::cout.flush();
  const pid_t child = fork();
  if (child != 0) return child;
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // nobody goes on grading when we were killed
#endif
  setenv("SUBMISSION", submission.c_str(), 1);
  setenv("RESULTS", to.c_str(), 1);
  setenv("JUDGE_SEED", seed.c_str(), 1);
  const int output = open((to / "output").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const int nothing = open("/dev/null", O_RDONLY);
  if (output < 0 || nothing < 0) _exit(126);
  dup2(nothing, 0), dup2(output, 1), dup2(output, 2);
  const std::string grader = environment("GRADER", "sh tests/exercises/grade");
  execl("/bin/sh", "sh", "-c", grader.c_str(), static_cast<char*>(nullptr));
  _exit(126);
}

struct Paths {
  fs::path folder, all;  // the class; where everything of it goes
  fs::path of(const Student& student) const { return all / "students" / key_of(student.folder); }
};

// The students are the folders in the class, by name. What else lies there is told.
std::vector<Student> students_in(const fs::path& folder) {
  std::vector<Student> students;
  DIR* directory = opendir(folder.c_str());
  if (!directory) throw std::runtime_error(printable(folder.native()) + " is not a folder");
  while (const dirent* entry = readdir(directory)) {
    Student student;
    student.folder = entry->d_name;
    struct stat status;
    if (student.folder == "." || student.folder == ".." || fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISDIR(status.st_mode)) students.push_back(student);
    else std::cout << "ignored " << printable(student.folder) << (S_ISLNK(status.st_mode) ? ": a link" : ": not a folder") << "\n";
  }
  closedir(directory);
  std::sort(students.begin(), students.end(), [](const Student& a, const Student& b) { return a.folder < b.folder; });
  return students;
}

// True if the student was graded on what is handed in today; the student then has the results.
bool take_results(Student& student, const Paths& paths, uint64_t print) {
  try {
    std::istringstream done(read_file(paths.of(student) / "done"));
    std::string for_print;
    if (!(done >> for_print >> student.seconds) || for_print != hexadecimal(print)) return false;
    read_results(student, read_file(paths.of(student) / "results.json"));
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

std::string time_left(double seconds) {
  const long minutes = long(seconds / 60 + 0.5);
  return minutes < 1 ? "less than a minute" : "about " + std::to_string(minutes) + " minute" + (minutes == 1 ? "" : "s");
}

class Progress {
 public:
  Progress(size_t all, size_t done) : all_(all), done_(done), before_(done) {}
  void tell(const Student& student) {
    ++done_;
    const double each = seconds() / double(done_ - before_);
    std::cout << "[" << done_ << " of " << all_ << "] "
              << (student.graded ? number(student.points) + " of " + number(student.full) + " points" : student.trouble) << "  "
              << printable(student.folder);
    if (done_ < all_) std::cout << "  (" << time_left(each * double(all_ - done_)) << " left)";
    std::cout << std::endl;
  }

 private:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }
  size_t all_, done_, before_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

void finish(Student& student, const Paths& paths, uint64_t print, int status, double seconds) {
  const fs::path to = paths.of(student);
  try {
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
      throw std::runtime_error("the grader ended with " + (WIFEXITED(status) ? "status " + std::to_string(WEXITSTATUS(status)) : "signal " + std::to_string(WTERMSIG(status))) +
                               ": see " + (to / "output").native());
    read_results(student, read_file(to / "results.json"));
    student.seconds = seconds;
    write_file(to / "done", hexadecimal(print) + " " + number(seconds) + "\n");
  } catch (const std::exception& error) {
    student.graded = false;
    student.trouble = error.what();
  }
}

// Grades who is not graded yet, as many at a time as there are jobs.
void grade(std::vector<Student>& students, const Paths& paths, size_t jobs) {
  std::string class_seed = std::to_string(std::random_device{}());
  if (fs::exists(paths.all / "seed")) class_seed = read_file(paths.all / "seed");
  else write_file(paths.all / "seed", class_seed);

  std::vector<size_t> left;
  std::vector<uint64_t> prints;
  for (size_t s = 0; s < students.size(); ++s) {
    prints.push_back(fingerprint(paths.folder / students[s].folder));
    if (!take_results(students[s], paths, prints[s])) left.push_back(s);
  }
  if (left.size() < students.size()) std::cout << students.size() - left.size() << " of " << students.size() << " were graded before\n";
  Progress progress(students.size(), students.size() - left.size());
  struct Run {
    size_t student;
    std::chrono::steady_clock::time_point begin;
  };
  std::map<pid_t, Run> running;
  for (size_t next = 0; next < left.size() || !running.empty();) {
    while (next < left.size() && running.size() < jobs) {
      const Student& student = students[left[next]];
      fs::remove_all(paths.of(student));
      fs::create_directories(paths.of(student));
      // Other inputs for each student, the same ones whenever this student is graded again.
      const std::string seed = std::to_string(uint32_t(hash_of(class_seed + student.folder)));
      const pid_t child = start(paths.folder / student.folder, paths.of(student), seed);
      if (child < 0) throw std::runtime_error(std::string("cannot start a process: ") + std::strerror(errno));
      running[child] = {left[next++], std::chrono::steady_clock::now()};
    }
    int status = 0;
    const pid_t ended = waitpid(-1, &status, 0);
    const auto found = running.find(ended);
    if (found == running.end()) continue;
    const auto [s, begin] = found->second;
    running.erase(found);
    finish(students[s], paths, prints[s], status, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    progress.tell(students[s]);
  }
}

// Who is who, and the gradebook as it will be, or nothing. What a file says that nobody can use is an error, told before anybody is graded.
std::string people(std::vector<Student>& students, std::vector<std::string>& notes) {
  const auto with = [](const char* variable, const auto& use) {
    const std::string file = environment(variable);
    if (file.empty()) return;
    try {
      use(read_file(file));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(std::string(variable) + "=" + printable(file) + ": " + error.what());
    }
  };
  std::string gradebook;
  with("ROSTER", [&](const std::string& text) { notes = use_roster(students, text); });
  double full = 0;
  for (const Student& student : students) full = std::max(full, student.full);
  with("GRADEBOOK", [&](const std::string& text) { gradebook = fill_gradebook(text, environment("COLUMN"), full, students, notes); });
  return gradebook;
}

void report(std::vector<Student>& students, const Paths& paths) {
  std::vector<std::string> notes;
  const std::string gradebook = people(students, notes);
  fs::remove_all(paths.all / "feedback");
  for (const Student& student : students) {
    if (!student.graded) continue;
    const fs::path folder = paths.all / "feedback" / student.folder;  // named as the submission: learning systems take them back so
    fs::create_directories(folder);
    write_file(folder / "feedback.md", feedback_md(student));
  }
  write_file(paths.all / "grades.csv", grades_csv(students));
  write_file(paths.all / "class.html", class_html(paths.folder.filename().native(), students));
  if (!gradebook.empty()) write_file(paths.all / "gradebook.csv", gradebook);
  for (const std::string& note : notes) std::cout << note << "\n";
  std::cout << printable(paths.all.native()) << ": class.html, grades.csv, feedback/" << (gradebook.empty() ? "" : ", gradebook.csv") << std::endl;
}

}  // namespace

int main() {
  try {
    const std::string given = environment("CLASS");
    if (given.empty()) throw std::runtime_error("which class? make grade-class CLASS=folder");
    Paths paths;
    paths.folder = fs::canonical(given);
    paths.all = fs::absolute(fs::path(environment("B", "build")) / "grade-class" / key_of(paths.folder.filename().native()));
    paths.all += "-" + hexadecimal(hash_of(paths.folder.native())).substr(8);
    fs::create_directories(paths.all);
    // Two at work on one class would grade everybody twice.
    const int lock = open((paths.all / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) throw std::runtime_error("this class is being graded already");
    std::vector<Student> students = students_in(paths.folder);
    if (students.empty()) throw std::runtime_error(printable(given) + " has no folders");
    {
      std::vector<Student> trial = students;
      std::vector<std::string> notes;
      people(trial, notes);
    }
    grade(students, paths, std::max(1, std::atoi(environment("JOBS", "1").c_str())));
    report(students, paths);
    size_t troubled = 0;
    for (const Student& student : students) troubled += !student.graded && !student.folder.empty();
    if (troubled > 0) std::cout << troubled << " could not be graded; the same command tries again" << std::endl;
    return troubled > 0 ? 1 : 0;
  } catch (const std::exception& error) {
    std::cout << "error: " << error.what() << std::endl;
    return 2;
  }
}
