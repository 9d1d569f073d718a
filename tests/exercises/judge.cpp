// See judge.h. Links gtest_main's work, too: the judge's main is here.
#include "tests/exercises/judge.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "common/philox.h"
#include "tests/exercises/ending.h"

namespace fs = std::filesystem;

namespace {

std::string environment(const char* name, const std::string& otherwise = "") {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

uint64_t seed() {
  static const uint64_t value = [] {
    const std::string given = environment("JUDGE_SEED");
    return given.empty() ? std::random_device{}() : std::stoull(given);
  }();
  return value;
}

Philox4 next_words(uint32_t stream, uint64_t index) {
  return random_words(seed(), RandomStream::test, stream, index);
}

uint32_t new_stream() {
  static uint32_t stream = 0;
  return ++stream;
}

// "" unless it is a plain file: the student could have left a link or a pipe.
std::string read_file(const fs::path& file, size_t at_most) {
  if (!fs::is_regular_file(fs::symlink_status(file))) return "";
  std::ifstream in(file, std::ios::binary);
  std::string text(std::min(at_most, size_t(fs::file_size(file))), '\0');
  in.read(text.data(), std::streamsize(at_most));
  text.resize(size_t(in.gcount()));
  return text;
}

}  // namespace

Floats random_floats(size_t n, float low, float high) {
  Floats values(n);
  const uint32_t stream = new_stream();
  for (size_t i = 0; i < n; ++i) values[i] = low + (high - low) * uniform(next_words(stream, i)[0]);
  return values;
}

Floats small_integers(size_t n, int low, int high) {
  Floats values(n);
  const uint32_t stream = new_stream();
  for (size_t i = 0; i < n; ++i)
    values[i] = float(low + int(next_words(stream, i)[0] % uint32_t(high - low + 1)));
  return values;
}

std::vector<int> random_labels(size_t n, int classes) {
  const Floats values = small_integers(n, 0, classes - 1);
  return {values.begin(), values.end()};
}

int random_number(int low, int high) { return int(small_integers(1, low, high)[0]); }

bool times_count() { return environment("JUDGE_TIMES") != "no"; }

std::vector<int> task_ranks() {
  std::istringstream in(environment("TASK_RANKS", "1"));
  std::vector<int> all;
  for (int ranks; in >> ranks;) all.push_back(ranks);
  return all;
}

std::string with_ranks(int ranks) {
  return "with " + std::to_string(ranks) + (ranks == 1 ? " rank" : " ranks");
}

// --- A run ---------------------------------------------------------------------------------------------------------------

namespace {

// A folder that is gone when the run has been looked at.
struct Box {
  fs::path path;
  Box() {
    std::string name = fs::temp_directory_path() / "judge.XXXXXX";
    if (!mkdtemp(name.data()))
      throw std::runtime_error("cannot make a folder in " + fs::temp_directory_path().string());
    path = name;
    fs::permissions(path, fs::perms(0755));
    fs::create_directory(path / "in");
  }
  ~Box() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

// Starts `command` and waits for it.  Throws std::runtime_error unless it ends with status 0.
void start(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::cout.flush();
  const pid_t child = fork();
  if (child == 0) {
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error("the sandbox failed: " + command[0]);
}

}  // namespace

Answers Trial::run() { return run_ranks(0)[0]; }

std::vector<Answers> Trial::run_ranks(int ranks) { return run_program(environment("TASK_PROGRAM"), ranks); }

void Trial::run_rival() { run_program(environment("TASK_RIVAL"), 0); }

std::vector<Answers> Trial::run_program(const std::string& program, int ranks) {
  const Box box;
  fs::copy_file(program, box.path / "in/program");
  std::ofstream(box.path / "in/input", std::ios::binary) << input_;
  std::vector<std::string> command = {environment("B", "build") + "/sandbox", "--box", box.path};
  // A rank is a process, its witness and a few threads, and while it waits it uses its core.
  if (ranks > 0)
    command.insert(command.end(),
                   {"--cpu", std::to_string(10 + 20 * ranks), "--processes", std::to_string(16 + 8 * ranks),
                    "--memory", std::to_string(512 * (1 + ranks))});
  // The checker of CUDA programs starts addr2line; all others need one process.
  else if (environment("TASK_CUDA").empty())
    command.insert(command.end(), {"--alone", "1"});
  // CUDA, on a GPU or not, reserves far more addresses than it uses.
  if (!environment("TASK_CUDA").empty())
    command.insert(command.end(), {"--address", "0", "--memory", "4096"});
  for (const std::string name : {"wall", "cpu"})
    if (const std::string value = environment(name == "wall" ? "JUDGE_WALL" : "JUDGE_CPU"); !value.empty())
      command.insert(command.end(), {"--" + name, value});
  command.push_back("--");
  if (ranks > 0) command.insert(command.end(), {"sh", "../course/common/mpi/launch", std::to_string(ranks)});
  command.insert(command.end(), {"../in/program", "../in/input"});
  start(command);

  const std::string report = read_file(box.path / "report", 100),
                    output = read_file(box.path / "output", 1 << 16);
  std::istringstream in(report);
  std::string how;
  double number = 0, milliseconds = 0;
  in >> how >> number >> milliseconds;
  seconds_ = milliseconds / 1000;
  if (!environment("JUDGE_SHOW").empty() && !output.empty())
    std::cout << "your program printed:\n" << output << "\nend of what your program printed" << std::endl;
  if (how != "exit" || number != 0) throw NoAnswer(ending_in_words(report, output));

  if (!environment("TASK_CUDA").empty() && program.find("/exercises/gpu/") == std::string::npos) {
    std::istringstream calls(read_file(box.path / "scratch/cuda_calls", 300));
    static long launched = 0;  // by this judge's runs; where there is no work a function need not launch anything
    Kernels k;
    calls >> k.launches >> k.copies >> k.blocks >> k.threads >> k.global_atomics >> k.shared >> k.reads >> k.reads_beside >> k.writes >>
        k.writes_beside;
    kernels_ = k;
    launched += k.launches;
    if (k.launches < 0 || k.copies < 0 || !calls) throw NoAnswer("your program ended before its calls could be counted");
    if (k.copies > 0) throw NoAnswer("your function copies from the device to the host: the work is to be done by a kernel");
    if (launched == 0) throw NoAnswer("your function launches no kernel: the work is to be done by one");
  }

  std::vector<Answers> all;
  for (int rank = 0; rank < std::max(ranks, 1); ++rank)
    all.emplace_back(read_file(box.path / "scratch" / ("answer." + std::to_string(rank)), size_t{1} << 28));
  return all;
}

template <class T>
std::vector<T> Answers::next(const std::string& name, size_t n) {
  uint64_t bytes = 0, overrun = 0;
  const size_t header = sizeof bytes + sizeof overrun;
  if (file_.size() < position_ + header)
    throw NoAnswer("your program ended before it had an answer: your function must return");
  std::memcpy(&bytes, file_.data() + position_, sizeof bytes);
  std::memcpy(&overrun, file_.data() + position_ + sizeof bytes, sizeof overrun);
  if (bytes != n * sizeof(T) || file_.size() - position_ - header < bytes)
    throw NoAnswer("what came back as " + name + " has another size: something else wrote the answer");
  if (overrun)
    throw NoAnswer(std::string("your function writes ") +
                   (overrun == 1 ? "before the first element of " : "behind the last element of ") + name);
  std::vector<T> values(n);
  std::memcpy(values.data(), file_.data() + position_ + header, bytes);
  position_ += header + bytes;
  return values;
}
template Floats Answers::next(const std::string&, size_t);
template Doubles Answers::next(const std::string&, size_t);
template std::vector<int> Answers::next(const std::string&, size_t);

// --- Verdicts ------------------------------------------------------------------------------------------------------------

bool within(const Floats& actual, const Doubles& expected, double bound) {
  if (actual.size() != expected.size()) return false;
  for (size_t i = 0; i < actual.size(); ++i)
    if (!(std::abs(double(actual[i]) - expected[i]) <= bound)) return false;
  return true;
}

std::string compare_values(const std::string& name, const Floats& actual, const Doubles& expected,
                           double bound, const std::vector<Mistake>& mistakes, size_t columns) {
  if (actual.empty() || actual.size() != expected.size())
    throw std::logic_error("compare_values: sizes of " + name);
  if (within(actual, expected, bound)) return "";
  for (const Mistake& mistake : mistakes)
    if (within(actual, mistake.gives, bound)) return mistake.words;
  size_t i = 0;
  while (std::abs(double(actual[i]) - expected[i]) <= bound) ++i;
  std::ostringstream text;
  text << name << "[";
  if (columns > 0)
    text << i / columns << "][" << i % columns;
  else
    text << i;
  if (std::isnan(actual[i]))
    text << "] is not a number; it should be " << expected[i] << " (was it ever written?)";
  else
    text << "] is " << actual[i] << "; it should be " << expected[i];
  return text.str();
}

int main(int argc, char** argv) {
  umask(022);  // the sandbox may run the program as another user, who must be able to read it
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
