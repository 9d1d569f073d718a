// For chapter 11, skip it now: messages of numbers of 16 bits, and the collectives that they are used in.
#pragma once

#include <cstdint>

#include "chapters/01_serial/message_format.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/nodes.h"

// As Pending of messages.h.
class PendingWords {
 public:
  PendingWords() = default;
  PendingWords(const PendingWords&) = delete;
  PendingWords& operator=(const PendingWords&) = delete;
  ~PendingWords() { wait(); }
  void send(const uint16_t* data, size_t n, int to, MPI_Comm comm, int tag = collective_tag);
  void receive(uint16_t* data, size_t n, int from, MPI_Comm comm, int tag = collective_tag);
  void wait();
  bool progress();

 private:
  std::vector<MPI_Request> requests_;
};

// What this rank has sent so far through it.
size_t words_sent();

// As the functions of these names in collectives.h and two_level_halves.h.
void begin_allgather_direct(uint16_t* all, const uint16_t* mine, size_t n, MPI_Comm comm, PendingWords& messages);
struct TwoLevelWords {
  PendingWords between, inside;
};
void begin_allgather_two_level(uint16_t* all, const uint16_t* mine, size_t n, const Nodes& nodes, MPI_Comm comm, TwoLevelWords& gather);
void end_allgather_two_level(uint16_t* all, size_t n, const Nodes& nodes, MPI_Comm comm, TwoLevelWords& gather);

// As the function of this name in two_level_halves.h, but a node's sum travels as `between` has it, and is rounded for its own node, too:
// so the bits do not depend on which rank owns a block. Inside a node floats travel; on one node nothing is rounded.
void reduce_scatter_two_level(float* mine, const float* data, size_t n, const Nodes& nodes, MPI_Comm comm, const MessageFormat& between,
                              float* memory = nullptr);
