// Loads and stores of four numbers at once.
#include <cstdio>
__global__ void copy4(const int* in, int* out, int n) {
  int idx = blockIdx.x * blockDim.x + threadIdx.x;
  for (int i = idx; i < n / 4; i += blockDim.x * gridDim.x) {
    int4 v = reinterpret_cast<const int4*>(in)[i];
    v.x += 1, v.w -= 1;
    reinterpret_cast<int4*>(out)[i] = v;
  }
  if (idx == n / 4 && n % 4) for (int i = n / 4 * 4; i < n; ++i) out[i] = in[i];
}
__global__ void lengths(const float3* v, float* length, float2* flat) {
  float3 p = v[threadIdx.x];
  length[threadIdx.x] = norm3df(p.x, p.y, p.z);
  flat[threadIdx.x] = make_float2(p.x, p.y + p.z);
}
int main() {
  const int n = 103;
  int h[n], r[n], *in, *out;
  for (int i = 0; i < n; ++i) h[i] = i;
  cudaMalloc(&in, sizeof h), cudaMalloc(&out, sizeof h);
  cudaMemcpy(in, h, sizeof h, cudaMemcpyHostToDevice);
  copy4<<<1, 32>>>(in, out, n);
  cudaMemcpy(r, out, sizeof r, cudaMemcpyDeviceToHost);
  float3 v[32], *dv;
  float l[32], *dl;
  float2 f[32], *df;
  for (int i = 0; i < 32; ++i) v[i] = make_float3(2.0f * i, 3.0f * i, 6.0f * i);
  cudaMalloc(&dv, sizeof v), cudaMalloc(&dl, sizeof l), cudaMalloc(&df, sizeof f);
  cudaMemcpy(dv, v, sizeof v, cudaMemcpyHostToDevice);
  lengths<<<1, 32>>>(dv, dl, df);
  cudaMemcpy(l, dl, sizeof l, cudaMemcpyDeviceToHost);
  cudaMemcpy(f, df, sizeof f, cudaMemcpyDeviceToHost);
  cudaFree(in), cudaFree(out), cudaFree(dv), cudaFree(dl), cudaFree(df);
  for (int i = 0; i < 32; ++i)
    if (fabsf(l[i] - 7 * i) > 1e-4f || f[i].y != 9 * i) return printf("%d: %g\n", i, l[i]), 1;
  for (int i = 0; i < 100; ++i)
    if (r[i] != h[i] + (i % 4 == 0) - (i % 4 == 3)) return printf("%d: %d\n", i, r[i]), 1;
  return r[102] == 102 ? 0 : 1;
}
