// For chapter 11, skip it now: what a Device may be beside a Device.
#pragma once

#include "chapters/01_serial/device.h"
#include "chapters/01_serial/message_format.h"

// A device that stores activations in fewer bits than a float has. What lies in such a buffer are no floats: only operations, copies
// and views of the whole of it know how to read it.
class ActivationStore {
 public:
  virtual ~ActivationStore() = default;
  virtual Buffer<> allocate_activations(size_t n) = 0;  // of Purpose::activations
  virtual bool stores(const float* p) const = 0;        // whether such numbers lie at p, or floats
  virtual MessageFormat stored_as() const = 0;          // what they are

  // For messages: the first n numbers at p as they are stored, in memory that MPI can read and write, and the copies between that and the
  // device. As the device's own functions for floats.
  virtual uint16_t* words_view(float* p, size_t n) = 0;
  virtual void begin_words_out(float* p, size_t n) = 0;
  virtual void end_words_out(float* p, size_t n) = 0;
  virtual void begin_words_in(float* p, size_t n) = 0;
  virtual void end_words_in(float* p, size_t n) = 0;
};

// Of two bytes each, in the place of floats.
inline size_t words_in_floats(size_t n) { return (n + 1) / 2; }

// On a GPU: what is stored, from one place in its memory to another, and added there.
class StoredWordSums {
 public:
  virtual ~StoredWordSums() = default;
  virtual void copy_words(float* to, const float* p, size_t n) = 0;
  // p (n) = ((x0 + x1) + x2) + ... of `count` vectors of words, the next one `step` floats behind the last: added as floats, rounded at the end.
  virtual void add_words(float* p, const float* x, size_t step, int count, size_t n) = 0;
};

// n numbers at p on their way to or from a message: as they are stored, where the device stores fewer bits and that is wanted; else as floats.
class MessageView {
 public:
  MessageView(Device& device, float* p, size_t n, bool as_stored = true) : device_(device), p_(p), n_(n) {
    auto* const store = dynamic_cast<ActivationStore*>(&device);  // null before chapter 11
    if (store && as_stored && store->stores(p)) store_ = store;
  }
  bool stored() const { return store_ != nullptr; }
  uint16_t* words() const { return store_ ? store_->words_view(p_, n_) : nullptr; }
  float* floats() const { return store_ ? nullptr : device_.host_view(p_, n_); }
  void* data() const { return store_ ? static_cast<void*>(words()) : floats(); }
  void begin_out() const { store_ ? store_->begin_words_out(p_, n_) : device_.begin_copy_out(p_, n_); }
  void end_out() const { store_ ? store_->end_words_out(p_, n_) : device_.end_copy_out(p_, n_); }
  void begin_in() const { store_ ? store_->begin_words_in(p_, n_) : device_.begin_copy_in(p_, n_); }
  void end_in() const { store_ ? store_->end_words_in(p_, n_) : device_.end_copy_in(p_, n_); }

 private:
  Device& device_;
  ActivationStore* store_ = nullptr;
  float* p_;
  size_t n_;
};
