// For chapter 11, skip it now: what a Device may be beside a Device.
#pragma once

#include <span>

#include "chapters/01_serial/device.h"
#include "chapters/01_serial/message_format.h"

// A device that stores activations in fewer bits than a float has. What lies in such a buffer are no floats: only operations, copies
// and views of the whole of it know how to read it.
class ActivationStore {
 public:
  virtual ~ActivationStore() = default;
  virtual Buffer<> allocate_activations(size_t n) = 0;  // of Purpose::activations
  // For messages: the first n numbers at p as they are stored; empty where floats lie at p.
  virtual std::span<std::byte> stored_bytes(float* p, size_t n) = 0;
  virtual MessageFormat stored_as() const = 0;  // what they are
};
