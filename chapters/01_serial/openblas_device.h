// For the benchmark only: the CPU device with its products computed by OpenBLAS, where that is installed. All the rest is
// the same code. OpenBLAS is looked up at run time and never a dependency.
#pragma once

#include <memory>
#include <string>

#include "chapters/01_serial/cpu_device.h"

class OpenBlasDevice : public CpuDevice {
 public:
  // Null if the library is not installed.  One thread is used.
  static std::unique_ptr<OpenBlasDevice> open();
  std::string name() const override { return "cpu with OpenBLAS"; }
  // The processor whose kernels the library has chosen, in its own words.
  const std::string& core() const { return core_; }
  void matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) override;

 private:
  using Sgemm = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                         const float* a, int a_step, const float* b, int b_step, float beta, float* c,
                         int c_step);
  OpenBlasDevice(Sgemm sgemm, const char* core) : sgemm_(sgemm), core_(core) {}
  Sgemm sgemm_;
  std::string core_;
};
