#include "chapters/01_serial/openblas_device.h"

#include <dlfcn.h>

std::unique_ptr<OpenBlasDevice> OpenBlasDevice::open() {
  for (const char* file : {"libopenblas.so.0", "libopenblas.so", "libopenblas.dylib"}) {
    void* library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) continue;
    const auto sgemm = reinterpret_cast<Sgemm>(dlsym(library, "cblas_sgemm"));
    const auto set_threads = reinterpret_cast<void (*)(int)>(dlsym(library, "openblas_set_num_threads"));
    const auto core_name = reinterpret_cast<char* (*)()>(dlsym(library, "openblas_get_corename"));
    if (!sgemm || !set_threads) continue;
    set_threads(1);
    return std::unique_ptr<OpenBlasDevice>(new OpenBlasDevice(sgemm, core_name ? core_name() : "an unknown processor"));
  }
  return nullptr;
}

void OpenBlasDevice::matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) {
  constexpr int row_major_order = 101, plain = 111, transposed = 112;
  const bool a_transposed = a.column_step != 1, b_transposed = b.column_step != 1;
  sgemm_(row_major_order, a_transposed ? transposed : plain, b_transposed ? transposed : plain, m, n, k, 1.0f,
         a.data, int(a_transposed ? a.column_step : a.row_step), b.data,
         int(b_transposed ? b.column_step : b.row_step), finish.write == Write::accumulate ? 1.0f : 0.0f, c,
         n);
  if (finish.bias) add_bias(c, finish.bias, finish.activation, m, n);
}
