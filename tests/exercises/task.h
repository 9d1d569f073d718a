// For the small main of a task: reads what the judge gives, calls the student's function, writes what that made of it.
//
//   int main(int argc, char** argv) {
//     Task task(argc, argv);
//     const int rows = task.number(), out = task.number();
//     const std::vector<float> dy = task.values(rows * out);
//     Output db(out);
//     bias_gradient(db, dy.data(), rows, out);
//     task.answer(db);
//   }
//
// It knows nothing of what is right. Each rank of an MPI program reads all of the input and writes its own answers.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

// The last words of a program that did something to an input that it may not; the judge repeats them.
inline void say_of_input(const char* what, size_t size) {
  char text[120];
  const int n = std::snprintf(text, sizeof text, "task: your function %s an input, one that has %zu element%s\n", what, size, size == 1 ? "" : "s");
  if (write(STDERR_FILENO, text, size_t(n)) != n) _exit(1);
}

// Where inputs lie, for the handler of faults: each from the start of its memory on, with a page before and one behind it.
struct PlaceOfInput {
  const char *map, *data, *end;
  size_t size;
  PlaceOfInput* next;

  static PlaceOfInput*& first() {
    static PlaceOfInput* first = nullptr;
    return first;
  }
  // The fault comes again when the handler has returned, and ends the program.
  static void fault(int signal, siginfo_t* info, void*) {
    const char* address = static_cast<const char*>(info->si_addr);
    for (const PlaceOfInput* input = first(); input; input = input->next) {
      if (address >= input->data && address < input->end) say_of_input("changes", input->size);
      else if (address >= input->end && address < input->end + 4096) say_of_input("reads or writes behind the last element of", input->size);
      else if (address >= input->map && address < input->data) say_of_input("reads or writes before the first element of", input->size);
    }
    std::signal(signal, SIG_DFL);
  }
};

// What the student's function reads: n elements that end where memory ends, so that reading behind the last one stops the
// program; before the first lie NaNs (integers: -1), and then no memory either. Writing to any of them stops the program, too, unless
// the text says that it may be changed: then `writable` gives the address.
template <class T>
class Input {
 public:
  explicit Input(const std::vector<T>& values) : size_(values.size()) {
    const size_t page = size_t(sysconf(_SC_PAGESIZE)), inside = (size_ * sizeof(T) + page) / page * page;
    mapped_ = inside + 2 * page;
    map_ = static_cast<char*>(mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (map_ == MAP_FAILED || mprotect(map_ + page, inside, PROT_READ | PROT_WRITE) != 0) std::abort();
    std::memset(map_ + page, 0xff, inside);
    data_ = reinterpret_cast<T*>(map_ + page + inside) - size_;
    std::copy(values.begin(), values.end(), data_);
    if (mprotect(map_ + page, inside, PROT_READ) != 0) std::abort();
    place_ = {map_, reinterpret_cast<char*>(data_), map_ + page + inside, size_, PlaceOfInput::first()};
    PlaceOfInput::first() = &place_;
    struct sigaction action {};
    action.sa_sigaction = PlaceOfInput::fault;
    action.sa_flags = SA_SIGINFO;
    for (const int signal : {SIGSEGV, SIGBUS}) sigaction(signal, &action, nullptr);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input() {
    for (PlaceOfInput** place = &PlaceOfInput::first(); *place; place = &(*place)->next)
      if (*place == &place_) {
        *place = place_.next;
        break;
      }
    munmap(map_, mapped_);
  }

  const T* data() const { return data_; }
  T* writable() {
    const size_t page = size_t(sysconf(_SC_PAGESIZE));
    if (mprotect(map_ + page, mapped_ - 2 * page, PROT_READ | PROT_WRITE) != 0) std::abort();
    return data_;
  }
  size_t size() const { return size_; }
  const T& operator[](size_t i) const { return data_[i]; }
  operator std::vector<T>() const { return {data_, data_ + size_}; }

 private:
  size_t size_, mapped_ = 0;
  char* map_ = nullptr;
  T* data_ = nullptr;
  PlaceOfInput place_{};
};

// What the student's function writes: n elements, at first all NaN (integers: the smallest), between two guards, so that the
// judge can tell what was never written, and what was written beside it.
template <class T = float>
class Output {
 public:
  explicit Output(size_t n) : all_(n + 2 * guard, untouched()) {}
  explicit Output(const std::vector<T>& values) : Output(values.size()) {
    for (size_t i = 0; i < values.size(); ++i) data()[i] = values[i];
  }
  explicit Output(const Input<T>& values) : Output(std::vector<T>(values)) {}

  T* data() { return all_.data() + guard; }
  operator T*() { return data(); }
  const T* data() const { return all_.data() + guard; }
  size_t size() const { return all_.size() - 2 * guard; }

  // 0: the guards are whole; 1: something was written before the first element; 2: after the last.
  uint64_t overrun() const {
    for (size_t i = 0; i < guard; ++i) {
      if (!is_untouched(all_[guard - 1 - i])) return 1;
      if (!is_untouched(all_[guard + size() + i])) return 2;
    }
    return 0;
  }

 private:
  static constexpr size_t guard = 64;
  static T untouched() {
    return std::numeric_limits<T>::has_quiet_NaN ? std::numeric_limits<T>::quiet_NaN()
                                                 : std::numeric_limits<T>::min();
  }
  static bool is_untouched(T value) { return value != value || value == untouched(); }
  std::vector<T> all_;
};

class Task {
 public:
  // argv[1]: the judge's file.
  Task(int argc, char** argv, int rank = 0)
      : input_(std::fopen(argc > 1 ? argv[1] : "", "rb")), answers_("answer." + std::to_string(rank)) {
    if (!input_) end("no input: this program is started by `make ex-...`");
  }

  int number() { return int(values<int64_t>(1)[0]); }
  float real() { return values<float>(1)[0]; }

  // The next array that the judge gave; it has n elements.
  template <class T = float>
  std::vector<T> values(size_t n) {
    uint64_t bytes = 0;
    std::vector<T> all(n);
    if (std::fread(&bytes, sizeof bytes, 1, input_) != 1 || bytes != n * sizeof(T) ||
        std::fread(all.data(), 1, bytes, input_) != bytes)
      end("the judge gave something else than is read here");
    return all;
  }

  // The same, with guards.
  template <class T = float>
  Input<T> input(size_t n) {
    return Input<T>(values<T>(n));
  }

  template <class T>
  void answer(const Output<T>& output) {
    write(output.data(), output.size() * sizeof(T), output.overrun());
  }
  template <class T>
  void answer(const std::vector<T>& values) {
    write(values.data(), values.size() * sizeof(T), 0);
  }
  void answer(double value) { write(&value, sizeof value, 0); }

 private:
  [[noreturn]] static void end(const char* text) {
    std::fprintf(stderr, "%s\n", text);
    std::exit(2);
  }
  void write(const void* data, uint64_t bytes, uint64_t overrun) {
    FILE* file = std::fopen(answers_.c_str(), "ab");
    if (!file) end("cannot write the answer");
    std::fwrite(&bytes, sizeof bytes, 1, file);
    std::fwrite(&overrun, sizeof overrun, 1, file);
    if (bytes > 0) std::fwrite(data, 1, bytes, file);  // an empty vector has no address
    if (std::fclose(file) != 0) end("cannot write the answer");
  }

  FILE* input_;
  std::string answers_;
};
