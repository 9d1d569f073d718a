// For the mains of MPI tasks whose text says how often, or how much, a rank may send: what the student's function hands to MPI.
//
//   Traffic traffic;
//   function(...);
//   traffic.stop();
//   ...
//   traffic.answer(task);
#pragma once

#include "common/mpi_guard/leftovers.h"
#include "tests/exercises/task.h"

class Traffic {
 public:
  void stop() {
    const guard::Traffic now = guard::traffic();
    collectives = double(now.collectives - before_.collectives);
    messages = double(now.messages - before_.messages);
    bytes = double(now.bytes - before_.bytes);
  }
  void answer(Task& task) const {
    for (const double number : {collectives, messages, bytes}) task.answer(number);
  }
  double collectives = 0, messages = 0, bytes = 0;

 private:
  guard::Traffic before_ = guard::traffic();
};
