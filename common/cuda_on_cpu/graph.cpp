// Stream capture: between Begin and End the work of a stream, and of streams that join it through events, is written
// down instead of queued. A launch of the graph is one operation that runs what was written down.
#include "common/cuda_on_cpu/stream.h"

extern "C" unsigned long cuda_on_cpu_graphs;

struct CUgraphExec_st {
  std::vector<CUgraph_st::Node> nodes;
};

namespace cuda_on_cpu {

namespace {

// Graphs belong to the program; it holds plain pointers to them.
template <class T> std::map<T*, std::shared_ptr<T>>& owned() {
  static auto& instance = *new std::map<T*, std::shared_ptr<T>>;
  return instance;
}

// All work of the streams that joined must be known to the origin before the capture may end.
bool joined(const CUstream_st& origin, const CUgraph_st* graph) {
  for (auto& [handle, stream] : all_streams()) {
    if (stream->capture.get() != graph || stream->captured == 0) continue;
    auto known = origin.knows.find(stream.get());
    if (known == origin.knows.end() || known->second != stream->captured) return false;
  }
  return true;
}

}  // namespace

void leave_capture(CUgraph_st* graph) {
  for (auto& [handle, stream] : all_streams()) {
    if (stream->capture.get() != graph) continue;
    stream->capture = nullptr;
    stream->captured = 0;
    stream->knows.clear();
  }
}

void join_capture(CUstream_st& stream, const CUevent_st::Record& record) {
  stream.capture = record.capture;
  for (auto [other, count] : record.knows) stream.knows[other] = std::max(stream.knows[other], count);
}

// A call that waits cannot be written down: it ends every capture that is under way.
cudaError_t refuse_in_capture(SourceLine source, const char* call) {
  bool any = false;
  for (auto& [handle, stream] : all_streams()) {
    if (!stream->capture || stream->capture->mode == cudaStreamCaptureModeRelaxed) continue;
    stream->capture->invalidated = any = true;
  }
  if (!any) return cudaSuccess;
  return refuse(cudaErrorStreamCaptureUnsupported, source, "%s: not allowed while a stream captures; the capture is invalid now", call);
}

}  // namespace cuda_on_cpu

using namespace cuda_on_cpu;

extern "C" unsigned long cuda_on_cpu_graphs_kept() { return owned<CUgraph_st>().size() + owned<CUgraphExec_st>().size(); }
cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode, SourceLine source) {
  BEGIN_CALL
  StreamPointer stream = find_stream(handle);
  if (!stream) return refuse(cudaErrorInvalidResourceHandle, source, "cudaStreamBeginCapture: no such stream");
  if (!handle) return refuse(cudaErrorStreamCaptureUnsupported, source, "cudaStreamBeginCapture: the default stream cannot capture");
  if (stream->capture) return refuse(cudaErrorInvalidValue, source, "cudaStreamBeginCapture: the stream captures already");
  stream->capture = std::make_shared<CUgraph_st>();
  stream->capture->origin = stream.get();
  stream->capture->mode = mode;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* graph, SourceLine source) {
  BEGIN_CALL
  *graph = nullptr;
  StreamPointer stream = find_stream(handle);
  if (!stream || !stream->capture || stream->capture->origin != stream.get())
    return refuse(cudaErrorInvalidValue, source, "cudaStreamEndCapture: this stream did not begin a capture");
  auto captured = stream->capture;
  bool complete = joined(*stream, captured.get());
  leave_capture(captured.get());
  if (captured->invalidated)
    return refuse(cudaErrorStreamCaptureInvalidated, source, "cudaStreamEndCapture: an earlier call made the capture invalid");
  if (!complete)
    return refuse(cudaErrorStreamCaptureUnjoined, source,
                  "cudaStreamEndCapture: another stream joined the capture and its work was not waited for");
  owned<CUgraph_st>()[captured.get()] = captured;
  *graph = captured.get();
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
  BEGIN_CALL
  StreamPointer stream = find_stream(handle);
  if (!stream) return cudaErrorInvalidResourceHandle;
  *status = !stream->capture               ? cudaStreamCaptureStatusNone
            : stream->capture->invalidated ? cudaStreamCaptureStatusInvalidated
                                           : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long, SourceLine source) {
  BEGIN_CALL
  if (!owned<CUgraph_st>().count(graph)) return refuse(cudaErrorInvalidValue, source, "cudaGraphInstantiate: no such graph");
  auto created = std::make_shared<CUgraphExec_st>(CUgraphExec_st{graph->nodes});
  owned<CUgraphExec_st>()[created.get()] = created;
  *executable = created.get();
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream, SourceLine source) {
  BEGIN_CALL
  auto found = owned<CUgraphExec_st>().find(executable);
  if (found == owned<CUgraphExec_st>().end()) return refuse(cudaErrorInvalidValue, source, "cudaGraphLaunch: no such graph");
  if (!valid_stream(stream)) return refuse(cudaErrorInvalidResourceHandle, source, "cudaGraphLaunch: no such stream");
  ++cuda_on_cpu_graphs;
  return submit(stream, source, [nodes = found->second] {
    for (const CUgraph_st::Node& node : nodes->nodes)
      if (sticky_error() == cudaSuccess) node.run();
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph, SourceLine source) {
  BEGIN_CALL
  if (!owned<CUgraph_st>().erase(graph)) return refuse(cudaErrorInvalidValue, source, "cudaGraphDestroy: no such graph");
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable, SourceLine source) {
  BEGIN_CALL
  if (!owned<CUgraphExec_st>().erase(executable)) return refuse(cudaErrorInvalidValue, source, "cudaGraphExecDestroy: no such graph");
  return cudaSuccess;
}
