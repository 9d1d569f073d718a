#include "chapters/03_fast_kernels/step_graph.h"

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/03_fast_kernels/fast_cuda_device.h"

StepGraph::StepGraph(Device& device) {
  if (const auto* cuda = dynamic_cast<const FastCudaDevice*>(&device)) stream_ = cuda->stream();
}

StepGraph::~StepGraph() {
  for (const auto& graph : graphs_) CUDA_CHECK(cudaGraphExecDestroy(graph.second));
}

namespace {

cudaGraphExec_t record(cudaStream_t stream, const std::function<void()>& operations) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  operations();
  CUDA_CHECK(cudaStreamEndCapture(stream, &graph));
  CUDA_CHECK(cudaGraphInstantiate(&executable, graph, 0));
  CUDA_CHECK(cudaGraphDestroy(graph));
  return executable;
}

}  // namespace

void StepGraph::run(const Arguments& arguments, const std::function<void()>& operations) {
  if (!stream_) return operations();
  auto found = graphs_.find(arguments);
  if (found == graphs_.end()) found = graphs_.emplace(arguments, record(stream_, operations)).first;
  CUDA_CHECK(cudaGraphLaunch(found->second, stream_));
}
