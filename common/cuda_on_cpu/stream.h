// Streams and events from the inside, for stream.cpp and graph.cpp.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>

#include "common/cuda_on_cpu/runtime.h"

using StreamPointer = std::shared_ptr<CUstream_st>;

struct CUgraph_st {
  struct Node {
    std::function<void()> run;
    cuda_on_cpu::SourceLine source;
  };
  std::vector<Node> nodes;  // in the order of capture, which is one that the dependencies allow
  CUstream_st* origin = nullptr;
  bool invalidated = false;
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
};

// How many captured nodes of each stream are known to come before the next one.
using Knowledge = std::map<CUstream_st*, size_t>;

struct CUstream_st {
  struct Dependency {
    StreamPointer stream;
    uint64_t sequence;
  };
  struct Operation {
    uint64_t sequence;
    std::function<void()> run;
    std::vector<Dependency> after;
    cuda_on_cpu::SourceLine source;
    uint64_t asked_for;  // when
  };
  bool blocking = true;  // ordered with the legacy default stream
  uint64_t issued = 0;   // the sequence number of the newest operation
  uint64_t running = 0;  // that of the one that runs, or what it waits for does; 0: none
  std::deque<Operation> queue;

  std::shared_ptr<CUgraph_st> capture;  // null outside a capture
  size_t captured = 0;                  // nodes of this stream in it
  Knowledge knows;
};

struct cuda_on_cpu::Slot {  // of something that several processes know
  std::atomic<int> open;  // how many have imported it
  std::atomic<bool> gone;
  std::atomic<uint64_t> recorded, wanted, done;  // of an event: how often it was recorded; which record is waited for, which has happened
  std::pair<int, uint64_t> known[33];  // what its process knew when it happened last: of which processes, until when
};

struct CUevent_st {
  struct Record {
    StreamPointer stream;
    uint64_t sequence = 0;
    bool done = false;
    double milliseconds = 0;
    std::shared_ptr<CUgraph_st> capture;  // recorded in a capture: no time, only an order
    Knowledge knows;
  };
  std::shared_ptr<Record> last;  // null: never recorded, which counts as done
  bool timing = true, interprocess = false;
  cuda_on_cpu::Slot* slot = nullptr;  // if it is exported or imported
  int owner = 0;                      // the process that it is imported from, or 0
  std::map<uint64_t, std::shared_ptr<Record>> records;  // of an exported one, by number
};

namespace cuda_on_cpu {
StreamPointer find_stream(cudaStream_t stream);  // null: no such stream
const std::map<cudaStream_t, StreamPointer>& all_streams();
bool valid_event(cudaEvent_t event);
bool run_until(const CUevent_st::Record& record);  // false: it has happened, or something that runs now comes first
void forget_shared(CUevent_st& event, SourceLine source);       // ipc.cpp
bool has_happened(Slot& slot, uint64_t number, int owner);      // and asks for it
void wait_for_process(Slot& slot, uint64_t number, int owner);
void happen(Slot& slot, uint64_t number);
void leave_capture(CUgraph_st* graph);
void join_capture(CUstream_st& stream, const CUevent_st::Record& record);
}  // namespace cuda_on_cpu
