# common/cuda_on_cpu/include/cuda_on_cpu/runtime_api.h cuda_on_cpu_test Cuda/Correct.IsSilent/symbols
s/copy_from_symbol(to, &symbol, sizeof symbol, bytes, offset, kind, nullptr, true, source)/copy_from_symbol(to, \&symbol, sizeof symbol, bytes, 0 * offset, kind, nullptr, true, source)/
