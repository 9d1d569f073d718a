// What -fsanitize=alignment,bounds calls: an address that is no multiple of its type's alignment, and an index outside
// of an array whose size the compiler knows, also of a thread's local arrays. Ours instead of the compiler's library.
#include "common/cuda_on_cpu/check/shadow.h"

namespace {

struct CompilerLine {
  const char* file;
  uint32_t line, column;
};

void report(cudaError_t error, const std::string& what, CompilerLine place) {
  using namespace cuda_on_cpu;
  SourceLine source{place.file, static_cast<int>(place.line)};
  if (current_kernel()) stop_kernel(error, what.c_str(), source);
  finding("%s: %s", text(source).c_str(), what.c_str());
}

struct TypeMismatch {
  CompilerLine place;
  const void* type;
  unsigned char log_alignment, kind;
};
struct OutOfBounds {
  CompilerLine place;
  const void *array_type, *index_type;
};

void out_of_bounds(const OutOfBounds& data, size_t index) {
  report(cudaErrorIllegalAddress, cuda_on_cpu::format("out of bounds: index %ld of an array", static_cast<long>(index)), data.place);
}
void type_mismatch(const TypeMismatch& data, size_t address) {
  size_t alignment = size_t{1} << data.log_alignment;
  if (address % alignment == 0) return;
  report(cudaErrorMisalignedAddress,
         cuda_on_cpu::format("misaligned address %#zx: this type needs a multiple of %zu", address, alignment), data.place);
}

}  // namespace

extern "C" {
void __ubsan_handle_out_of_bounds(OutOfBounds* data, size_t index) { out_of_bounds(*data, index); }
void __ubsan_handle_out_of_bounds_abort(OutOfBounds* data, size_t index) { out_of_bounds(*data, index); }
void __ubsan_handle_type_mismatch_v1(TypeMismatch* data, size_t address) { type_mismatch(*data, address); }
void __ubsan_handle_type_mismatch_v1_abort(TypeMismatch* data, size_t address) { type_mismatch(*data, address); }
}
