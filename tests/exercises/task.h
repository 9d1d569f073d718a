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

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

// What the student's function writes: n elements, at first all NaN (integers: the smallest), between two guards, so that the
// judge can tell what was never written, and what was written beside it.
template <class T = float>
class Output {
 public:
  explicit Output(size_t n) : all_(n + 2 * guard, untouched()) {}
  explicit Output(const std::vector<T>& values) : Output(values.size()) {
    for (size_t i = 0; i < values.size(); ++i) data()[i] = values[i];
  }

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
