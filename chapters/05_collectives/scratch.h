// Working memory of a collective, not initialised.
//
// It is kept and used again: fresh memory from the system costs a page fault for every 4 KiB at its first use, which for
// a long vector takes longer than the message that arrives in it, and malloc gives long vectors back to the system.
#pragma once

#include <cstddef>
#include <memory>

class Scratch {
 public:
  Scratch() = default;
  explicit Scratch(size_t n);  // n floats, until this object ends
  ~Scratch();
  Scratch(Scratch&& other) = default;
  Scratch& operator=(Scratch&& other);
  float* get() const { return memory_.get(); }
  explicit operator bool() const { return memory_ != nullptr; }

 private:
  std::unique_ptr<float[]> memory_;
  size_t capacity_ = 0;
};

inline Scratch scratch(size_t n) { return Scratch(n); }

// Gives this thread's idle working memory back: as much as its longest collective needed so far.
void free_scratch();
