// Streams and events from the inside, for stream.cpp and graph.cpp.
#pragma once

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
  };
  bool blocking = true;  // ordered with the legacy default stream
  uint64_t issued = 0;   // the sequence number of the newest operation
  std::deque<Operation> queue;

  std::shared_ptr<CUgraph_st> capture;  // null outside a capture
  size_t captured = 0;                  // nodes of this stream in it
  Knowledge knows;
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
  bool timing = true;
};

namespace cuda_on_cpu {
StreamPointer find_stream(cudaStream_t stream);  // null: no such stream
const std::map<cudaStream_t, StreamPointer>& all_streams();
void leave_capture(CUgraph_st* graph);
void join_capture(CUstream_st& stream, const CUevent_st::Record& record);
}  // namespace cuda_on_cpu
