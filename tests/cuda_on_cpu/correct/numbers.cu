// Errors have the numbers, names and texts of CUDA, attributes their numbers there, and the values of the device that the CPU pretends to be.
#include <cstring>

#include "tests/cuda_on_cpu/require.h"

struct Error {
  int number;
  const char *name, *text;
};
const Error errors[] = {
    {0, "cudaSuccess", "no error"},
    {1, "cudaErrorInvalidValue", "invalid argument"},
    {2, "cudaErrorMemoryAllocation", "out of memory"},
    {3, "cudaErrorInitializationError", "initialization error"},
    {9, "cudaErrorInvalidConfiguration", "invalid configuration argument"},
    {13, "cudaErrorInvalidSymbol", "invalid device symbol"},
    {21, "cudaErrorInvalidMemcpyDirection", "invalid copy direction for memcpy"},
    {98, "cudaErrorInvalidDeviceFunction", "invalid device function"},
    {100, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    {101, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {201, "cudaErrorDeviceUninitialized", "invalid device context"},
    {205, "cudaErrorMapBufferObjectFailed", "mapping of buffer object failed"},
    {400, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {600, "cudaErrorNotReady", "device not ready"},
    {700, "cudaErrorIllegalAddress", "an illegal memory access was encountered"},
    {710, "cudaErrorAssert", "device-side assert triggered"},
    {712, "cudaErrorHostMemoryAlreadyRegistered", "part or all of the requested memory range is already mapped"},
    {713, "cudaErrorHostMemoryNotRegistered", "pointer does not correspond to a registered memory region"},
    {716, "cudaErrorMisalignedAddress", "misaligned address"},
    {719, "cudaErrorLaunchFailure", "unspecified launch failure"},
    {801, "cudaErrorNotSupported", "operation not supported"},
    {900, "cudaErrorStreamCaptureUnsupported", "operation not permitted when stream is capturing"},
    {901, "cudaErrorStreamCaptureInvalidated", "operation failed due to a previous error during capture"},
    {904, "cudaErrorStreamCaptureUnjoined", "capturing stream has unjoined work"},
    {906, "cudaErrorStreamCaptureImplicit", "operation would make the legacy stream depend on a capturing blocking stream"},
    {999, "cudaErrorUnknown", "unknown error"},
    {998, "unrecognized error code", "unrecognized error code"},
};

// By number: the most threads of a block (1), of its sides (2 to 4), the most blocks of a grid (5 to 7), ...
const int attributes[][2] = {{1, 1024}, {2, 1024}, {3, 1024}, {4, 64},   {5, 2147483647}, {6, 65535}, {7, 65535}, {8, 48 * 1024}, {9, 65536},
                             {10, 32},  {12, 65536}, {16, 1}, {18, 1},   {19, 1},         {31, 0},    {39, 2048}, {40, 0},        {41, 1},
                             {75, 8},   {76, 0},   {81, 164 * 1024}, {83, 0}, {95, 0},    {97, 163 * 1024}};

int main() {
  for (const Error& error : errors) {
    REQUIRE(!std::strcmp(cudaGetErrorName(cudaError_t(error.number)), error.name));
    REQUIRE(!std::strcmp(cudaGetErrorString(cudaError_t(error.number)), error.text));
  }
  for (const auto& [attribute, expected] : attributes) {
    int value = -1;
    OK(cudaDeviceGetAttribute(&value, cudaDeviceAttr(attribute), 0));
    REQUIRE(value == expected);
  }
  int value = -1;
  REQUIRE(cudaDeviceGetAttribute(&value, cudaDeviceAttr(11), 0) == cudaErrorInvalidValue);
  REQUIRE(value == -1);
  REQUIRE(cudaGetLastError() == cudaErrorInvalidValue);
  return 0;
}
