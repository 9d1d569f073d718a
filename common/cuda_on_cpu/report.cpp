// Diagnostics, the error state of the runtime, and the exit status.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include "common/cuda_on_cpu/runtime.h"

namespace cuda_on_cpu {

namespace {

constexpr int exit_status = 66;

int findings = 0;
cudaError_t sticky = cudaSuccess;
thread_local cudaError_t last_error = cudaSuccess;
std::string* unread_launch = nullptr;  // why a launch failed, until the program reads the error
int status_of_exit = 0;

std::string vformat(const char* format, va_list arguments) {
  char line[2000];
  std::vsnprintf(line, sizeof line, format, arguments);
  return line;
}

void print(const std::string& line) {
  std::fflush(stdout);
  std::fprintf(stderr, "cuda_on_cpu: %s\n", line.c_str());
}

std::string refused(cudaError_t error, SourceLine source, const std::string& why) {
  last_error = error;
  std::string line = text(source) + ": " + why + " (" + cudaGetErrorName(error) + ")";
  if (error != cudaErrorNotReady) print(line);  // an answer, and yet what cudaGetLastError tells next
  return line;
}

[[gnu::constructor]] void remember_status() {
#ifdef __GLIBC__
  on_exit([](int status, void*) { status_of_exit = status; }, nullptr);
#endif
}

// Runs after main, after atexit functions and after the destructors of all global objects, so that a buffer freed by
// one of those is no leak.
[[gnu::destructor]] void at_exit() {
  if (unread_launch) finding("%s\n  nobody read this error: test cudaGetLastError() after every launch", unread_launch->c_str());
  if (sticky == cudaSuccess && status_of_exit == 0) {
    check_margins();
    if (size_t left = operations_left())
      finding("%zu operation%s never ran, the oldest from %s: nothing waited for the stream", left, left == 1 ? "" : "s",
              text(oldest_operation_left()).c_str());
    report_leaks();
  }
  if (findings == 0) return;
  std::fflush(nullptr);
  std::fprintf(stderr, "cuda_on_cpu: %d finding%s; exit status %d\n", findings, findings == 1 ? "" : "s", exit_status);
  _exit(exit_status);
}

std::recursive_mutex& mutex() {
  static auto& instance = *new std::recursive_mutex;  // never destroyed: used at exit
  return instance;
}

}  // namespace

Lock::Lock() { mutex().lock(); }
Lock::~Lock() { mutex().unlock(); }

std::string format(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string line = vformat(format, arguments);
  va_end(arguments);
  return line;
}

std::string text(SourceLine source) { return format("%s:%d", source.file ? source.file : "?", source.line); }
std::string text(uint3 index) { return format("(%u,%u,%u)", index.x, index.y, index.z); }

void finding(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print(vformat(format, arguments));
  va_end(arguments);
  ++findings;
}

cudaError_t refuse(cudaError_t error, SourceLine source, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  refused(error, source, vformat(format, arguments));
  va_end(arguments);
  return error;
}

void refuse_launch(cudaError_t error, SourceLine source, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string why = refused(error, source, vformat(format, arguments));
  va_end(arguments);
  if (!unread_launch) unread_launch = new std::string(why);
}

cudaError_t sticky_error() { return sticky; }
void set_sticky_error(cudaError_t error) {
  if (sticky == cudaSuccess) sticky = error;
}

}  // namespace cuda_on_cpu

using namespace cuda_on_cpu;

cudaError_t cudaPeekAtLastError() {
  Lock lock;
  delete unread_launch;
  unread_launch = nullptr;
  return sticky != cudaSuccess ? sticky : last_error;
}
cudaError_t cudaGetLastError() {
  cudaError_t error = cudaPeekAtLastError();
  last_error = cudaSuccess;
  return error;
}

namespace {
struct ErrorText {
  cudaError_t error;
  const char* name;
  const char* sentence;
};
#define ERROR(name, sentence) {name, #name, sentence}
constexpr ErrorText error_texts[] = {
    ERROR(cudaSuccess, "no error"),
    ERROR(cudaErrorInvalidValue, "invalid argument"),
    ERROR(cudaErrorMemoryAllocation, "out of memory"),
    ERROR(cudaErrorInitializationError, "initialization error"),
    ERROR(cudaErrorInvalidConfiguration, "invalid configuration argument"),
    ERROR(cudaErrorInvalidSymbol, "invalid device symbol"),
    ERROR(cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy"),
    ERROR(cudaErrorInvalidDeviceFunction, "invalid device function"),
    ERROR(cudaErrorNoDevice, "no CUDA-capable device is detected"),
    ERROR(cudaErrorInvalidDevice, "invalid device ordinal"),
    ERROR(cudaErrorDeviceUninitialized, "invalid device context"),
    ERROR(cudaErrorMapBufferObjectFailed, "mapping of buffer object failed"),
    ERROR(cudaErrorInvalidResourceHandle, "invalid resource handle"),
    ERROR(cudaErrorNotReady, "device not ready"),
    ERROR(cudaErrorIllegalAddress, "an illegal memory access was encountered"),
    ERROR(cudaErrorAssert, "device-side assert triggered"),
    ERROR(cudaErrorHostMemoryAlreadyRegistered, "part or all of the requested memory range is already mapped"),
    ERROR(cudaErrorHostMemoryNotRegistered, "pointer does not correspond to a registered memory region"),
    ERROR(cudaErrorMisalignedAddress, "misaligned address"),
    ERROR(cudaErrorLaunchFailure, "unspecified launch failure"),
    ERROR(cudaErrorNotSupported, "operation not supported"),
    ERROR(cudaErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing"),
    ERROR(cudaErrorStreamCaptureInvalidated, "operation failed due to a previous error during capture"),
    ERROR(cudaErrorStreamCaptureUnjoined, "capturing stream has unjoined work"),
    ERROR(cudaErrorStreamCaptureImplicit, "operation would make the legacy stream depend on a capturing blocking stream"),
    ERROR(cudaErrorUnknown, "unknown error"),
};
#undef ERROR
ErrorText text_of(cudaError_t error) {
  for (const ErrorText& entry : error_texts)
    if (entry.error == error) return entry;
  return {error, "unrecognized error code", "unrecognized error code"};
}
}  // namespace

const char* cudaGetErrorName(cudaError_t error) { return text_of(error).name; }
const char* cudaGetErrorString(cudaError_t error) { return text_of(error).sentence; }
