#include "chapters/05_collectives/scratch.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace {

struct Buffer {
  std::unique_ptr<float[]> memory;
  size_t capacity;
};

// Idle buffers, the shortest first.
thread_local std::vector<Buffer> idle;

}  // namespace

// The shortest idle buffer that is long enough. If there is none, the longest one makes way for a longer one: a buffer
// is never kept beside one that replaces it.
Scratch::Scratch(size_t n) : capacity_(n) {
  auto found = std::ranges::lower_bound(idle, n, {}, &Buffer::capacity);
  if (found != idle.end()) {
    memory_ = std::move(found->memory);
    capacity_ = found->capacity;
    idle.erase(found);
    return;
  }
  if (!idle.empty()) idle.pop_back();
  memory_ = std::make_unique_for_overwrite<float[]>(n);
}

Scratch::~Scratch() {
  if (!memory_) return;
  idle.insert(std::ranges::lower_bound(idle, capacity_, {}, &Buffer::capacity),
              {std::move(memory_), capacity_});
}

Scratch& Scratch::operator=(Scratch&& other) {
  std::swap(memory_, other.memory_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

void free_scratch() { idle.clear(); }
