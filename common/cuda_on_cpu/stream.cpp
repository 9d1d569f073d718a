// Streams are queues that run as late as CUDA allows: at a synchronisation, and only as much as it waits for. So a
// missing synchronisation, or a missing event between two streams, shows in the results.
#include "common/cuda_on_cpu/stream.h"

#include <algorithm>
#include <ctime>

extern "C" {
unsigned long cuda_on_cpu_waits = 0;  // for tests: waits of the host, by any call, for something that had not run yet
}

namespace cuda_on_cpu {

namespace {

using Operation = CUstream_st::Operation;

constexpr size_t longest_queue = 1024;  // then the oldest operation runs, as a GPU's queue makes the host wait

std::map<cudaStream_t, StreamPointer>& streams() {
  // Null is the legacy default stream. Never destroyed: used at exit.
  static auto& instance = *new std::map<cudaStream_t, StreamPointer>{{nullptr, std::make_shared<CUstream_st>()}};
  return instance;
}

CUstream_st& legacy() { return *streams()[nullptr]; }

void run_until(CUstream_st& stream, uint64_t sequence) {
  while (!stream.queue.empty() && stream.queue.front().sequence <= sequence) {
    Operation operation = std::move(stream.queue.front());
    stream.queue.pop_front();
    stream.running = operation.sequence;
    for (auto& dependency : operation.after) run_until(*dependency.stream, dependency.sequence);
    operation_source = operation.source, operation_asked_for = operation.asked_for;
    if (sticky_error() == cudaSuccess) operation.run();
    stream.running = 0;
  }
}

void run_one(CUstream_st& stream) { if (!stream.queue.empty()) run_until(stream, stream.queue.front().sequence); }

// The legacy default stream waits for all blocking streams, and they wait for it.
std::vector<CUstream_st::Dependency> implicit_dependencies(const CUstream_st& stream) {
  std::vector<CUstream_st::Dependency> after;
  if (&stream != &legacy()) {
    if (stream.blocking && !legacy().queue.empty()) after.push_back({streams()[nullptr], legacy().issued});
    return after;
  }
  for (auto& [handle, other] : streams())
    if (handle && other->blocking && !other->queue.empty()) after.push_back({other, other->issued});
  return after;
}

void enqueue(CUstream_st& stream, SourceLine source, std::function<void()> run, std::vector<CUstream_st::Dependency> after) {
  stream.queue.push_back({++stream.issued, std::move(run), std::move(after), source, nanoseconds_now()});
  if (stream.queue.size() > longest_queue) run_one(stream);
}

bool waits_for_what_runs(const CUstream_st& stream, uint64_t sequence, std::map<const CUstream_st*, uint64_t>&& seen = {}) {
  if (stream.running) return sequence >= stream.running;
  const uint64_t before = std::exchange(seen[&stream], std::max(seen[&stream], sequence));  // what waits is looked at once
  for (const Operation& operation : stream.queue)
    for (const auto& [other, until] : operation.after)
      if (operation.sequence > before && operation.sequence <= sequence && waits_for_what_runs(*other, until, std::move(seen))) return true;
  return false;
}

std::map<cudaEvent_t, std::unique_ptr<CUevent_st>>& events() {
  static auto& instance = *new std::map<cudaEvent_t, std::unique_ptr<CUevent_st>>;
  return instance;
}

}  // namespace

SourceLine operation_source;
uint64_t operation_asked_for;
uint64_t nanoseconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return uint64_t(now.tv_sec) * 1000000000 + uint64_t(now.tv_nsec);
}

bool valid_event(cudaEvent_t event) { return events().count(event); }
bool run_until(const CUevent_st::Record& record) {
  if (!record.stream || record.done || waits_for_what_runs(*record.stream, record.sequence)) return false;
  run_until(*record.stream, record.sequence);
  return true;
}

const std::map<cudaStream_t, StreamPointer>& all_streams() { return streams(); }

StreamPointer find_stream(cudaStream_t stream) {
  auto found = streams().find(stream);
  return found == streams().end() ? nullptr : found->second;
}

bool valid_stream(cudaStream_t stream) { return find_stream(stream) != nullptr; }

cudaError_t submit(cudaStream_t handle, SourceLine source, std::function<void()> run) {
  StreamPointer stream = find_stream(handle);
  if (stream->capture) {
    stream->capture->nodes.push_back({std::move(run), source});
    stream->knows[stream.get()] = ++stream->captured;
    return cudaSuccess;
  }
  if (!handle)
    for (auto& [other_handle, other] : streams())
      if (other->capture && other->blocking)
        return refuse(cudaErrorStreamCaptureImplicit, source, "the default stream is used while another stream captures");
  enqueue(*stream, source, std::move(run), implicit_dependencies(*stream));
  return cudaSuccess;
}

cudaError_t drain_stream(cudaStream_t stream) {
  StreamPointer found = find_stream(stream);
  cuda_on_cpu_waits += !found->queue.empty();
  run_until(*found, found->issued);
  return sticky_error();
}

// Streams are independent of each other, so the order in which they are drained is another freedom that
// CUDA_ON_CPU_ORDER plays with.
cudaError_t drain_all() {
  cuda_on_cpu_waits += operations_left() > 0;
  std::vector<StreamPointer> busy;
  for (auto& [handle, stream] : streams()) busy.push_back(stream);
  while (order() == Order::shuffled && operations_left() > 0) run_one(*busy[shuffle_number(busy.size())]);
  if (order() == Order::descending) std::reverse(busy.begin(), busy.end());
  for (auto& stream : busy) run_until(*stream, stream->issued);
  return sticky_error();
}

size_t operations_left() {
  size_t left = 0;
  for (auto& [handle, stream] : streams()) left += stream->queue.size();
  return left;
}

SourceLine oldest_operation_left() {
  for (auto& [handle, stream] : streams())
    if (!stream->queue.empty()) return stream->queue.front().source;
  return {};
}

}  // namespace cuda_on_cpu

using namespace cuda_on_cpu;

namespace {

#define NEED_STREAM(call, stream)                \
  if (!valid_stream(stream))                     \
    return refuse(cudaErrorInvalidResourceHandle, source, call ": no such stream (was it destroyed?)");
#define NEED_EVENT(call, event)                  \
  if (!valid_event(event))                       \
    return refuse(cudaErrorInvalidResourceHandle, source, call ": no such event (was it destroyed?)");
#define NOT_IN_CAPTURE(call)                     \
  if (cudaError_t error = refuse_in_capture(source, call); error != cudaSuccess) return error;

}  // namespace

cudaError_t cudaDeviceSynchronize(SourceLine source) {
  BEGIN_CALL
  NOT_IN_CAPTURE("cudaDeviceSynchronize")
  return drain_all();
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags, SourceLine source) {
  BEGIN_CALL
  if (!stream || flags > cudaStreamNonBlocking) return refuse(cudaErrorInvalidValue, source, "cudaStreamCreate: bad argument");
  auto created = std::make_shared<CUstream_st>();
  created->blocking = flags == cudaStreamDefault;
  *stream = created.get();
  streams()[*stream] = created;
  return cudaSuccess;
}
cudaError_t cudaStreamCreate(cudaStream_t* stream, SourceLine source) {
  return cudaStreamCreateWithFlags(stream, cudaStreamDefault, source);
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int, SourceLine source) {
  return cudaStreamCreateWithFlags(stream, flags, source);
}
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  *least = *greatest = 0;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream, SourceLine source) {
  BEGIN_CALL
  if (!stream) return refuse(cudaErrorInvalidResourceHandle, source, "cudaStreamDestroy: the default stream stays");
  NEED_STREAM("cudaStreamDestroy", stream)
  cudaError_t error = drain_stream(stream);
  streams().erase(stream);
  return error;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream, SourceLine source) {
  BEGIN_CALL
  NEED_STREAM("cudaStreamSynchronize", stream)
  if (find_stream(stream)->capture) NOT_IN_CAPTURE("cudaStreamSynchronize")
  return drain_stream(stream);
}

// A question makes the answer come nearer, so that a loop around it ends.
cudaError_t cudaStreamQuery(cudaStream_t stream, SourceLine source) {
  BEGIN_CALL
  NEED_STREAM("cudaStreamQuery", stream)
  if (find_stream(stream)->capture) NOT_IN_CAPTURE("cudaStreamQuery")
  run_one(*find_stream(stream));
  if (sticky_error() != cudaSuccess) return sticky_error();
  return find_stream(stream)->queue.empty() ? cudaSuccess : refuse(cudaErrorNotReady, source, "cudaStreamQuery");
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned, SourceLine source) {
  BEGIN_CALL
  NEED_STREAM("cudaStreamWaitEvent", stream)
  NEED_EVENT("cudaStreamWaitEvent", event)
  auto record = event->last;
  if (event->owner) {
    StreamPointer waiting = find_stream(stream);
    if (waiting->capture) return refuse(cudaErrorStreamCaptureUnsupported, source, "cudaStreamWaitEvent: an event of another process");
    auto wait = [slot = event->slot, until = event->slot->recorded.load(), owner = event->owner] { wait_for_process(*slot, until, owner); };
    enqueue(*waiting, source, wait, {});
  } else if (record && record->capture) {
    join_capture(*find_stream(stream), *record);
  } else if (record && !record->done) {
    if (find_stream(stream)->capture)
      return refuse(cudaErrorStreamCaptureUnsupported, source, "cudaStreamWaitEvent: the event is from outside the capture");
    enqueue(*find_stream(stream), source, [] {}, {{record->stream, record->sequence}});
  }
  return cudaSuccess;
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* user_data, SourceLine source) {
  BEGIN_CALL
  NEED_STREAM("cudaLaunchHostFunc", stream)
  return submit(stream, source, [=] { function(user_data); });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags, SourceLine source) {
  BEGIN_CALL
  if (!event) return refuse(cudaErrorInvalidValue, source, "cudaEventCreate: null");
  auto created = std::make_unique<CUevent_st>();
  created->timing = !(flags & cudaEventDisableTiming);
  created->interprocess = flags & cudaEventInterprocess;
  if (created->timing && created->interprocess)
    return refuse(cudaErrorInvalidValue, source, "cudaEventCreate: cudaEventInterprocess needs cudaEventDisableTiming");
  *event = created.get();
  events()[*event] = std::move(created);
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event, SourceLine source) { return cudaEventCreateWithFlags(event, cudaEventDefault, source); }
extern "C" unsigned long cuda_on_cpu_events() { return events().size(); }  // for tests: those that nobody has destroyed
extern "C" unsigned long cuda_on_cpu_streams() { return streams().size(); }

cudaError_t cudaEventDestroy(cudaEvent_t event, SourceLine source) {
  BEGIN_CALL
  NEED_EVENT("cudaEventDestroy", event)
  forget_shared(*event, source);
  events().erase(event);
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle, SourceLine source) {
  BEGIN_CALL
  NEED_EVENT("cudaEventRecord", event)
  NEED_STREAM("cudaEventRecord", handle)
  if (event->owner) return refuse(cudaErrorNotSupported, source, "cudaEventRecord: here only the process that made an event records it");
  StreamPointer stream = find_stream(handle);
  auto record = std::make_shared<CUevent_st::Record>();
  if (stream->capture) {
    record->capture = stream->capture;
    record->knows = stream->knows;
  } else {
    const uint64_t number = event->slot ? ++event->slot->recorded : 0;
    cudaError_t error = submit(handle, source, [record, number, slot = event->slot] {
      record->done = true, record->milliseconds = double(nanoseconds_now()) * 1e-6;
      if (slot) happen(*slot, number);
    });
    if (error != cudaSuccess) return error;
    record->stream = stream;
    record->sequence = stream->issued;
    std::erase_if(event->records, [](auto& known) { return known.second->done; });
    if (number) event->records[number] = record;
  }
  event->last = record;
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event, SourceLine source) {
  BEGIN_CALL
  NEED_EVENT("cudaEventSynchronize", event)
  if (event->last && event->last->capture) NOT_IN_CAPTURE("cudaEventSynchronize")
  if (event->owner && !has_happened(*event->slot, event->slot->recorded, event->owner)) {
    ++cuda_on_cpu_waits;
    wait_for_process(*event->slot, event->slot->recorded, event->owner);
  }
  if (!event->last || !event->last->stream) return sticky_error();
  cuda_on_cpu_waits += !event->last->done;
  run_until(*event->last);
  return sticky_error();
}

cudaError_t cudaEventQuery(cudaEvent_t event, SourceLine source) {
  BEGIN_CALL
  NEED_EVENT("cudaEventQuery", event)
  const bool happened = event->owner ? has_happened(*event->slot, event->slot->recorded, event->owner) : !event->last || event->last->done;
  if (event->owner || happened) return happened ? cudaSuccess : refuse(cudaErrorNotReady, source, "cudaEventQuery");
  if (event->last->capture) NOT_IN_CAPTURE("cudaEventQuery")
  run_one(*event->last->stream);
  if (sticky_error() != cudaSuccess) return sticky_error();
  return event->last->done ? cudaSuccess : refuse(cudaErrorNotReady, source, "cudaEventQuery");
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t stop, SourceLine source) {
  BEGIN_CALL
  NEED_EVENT("cudaEventElapsedTime", start)
  NEED_EVENT("cudaEventElapsedTime", stop)
  if (!start->last || !stop->last || !start->timing || !stop->timing || start->last->capture || stop->last->capture)
    return refuse(cudaErrorInvalidResourceHandle, source, "cudaEventElapsedTime: an event was never recorded, or without time");
  if (!start->last->done || !stop->last->done) return refuse(cudaErrorNotReady, source, "cudaEventElapsedTime");
  *milliseconds = static_cast<float>(stop->last->milliseconds - start->last->milliseconds);
  return cudaSuccess;
}
