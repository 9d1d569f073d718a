// A search through a graph level by level, with flags and a loop on the host until nothing changes.
#include <cstdio>
#include <cstring>
struct Node { int start, length; };
__global__ void bfs(Node* Va, int* Ea, bool* Fa, bool* Xa, int* Ca, int* done, int level, int n) {
  int id = threadIdx.x + blockIdx.x * blockDim.x;
  if (id >= n || !Fa[id] || Xa[id]) return;
  Fa[id] = false, Xa[id] = true;
  for (int i = Va[id].start; i < Va[id].start + Va[id].length; i++) {
    int nid = Ea[i];
    if (atomicCAS(&Ca[nid], -1, level + 1) == -1) Fa[nid + n] = true, atomicExch(done, 0);
  }
}
int main() {
  const int n = 60;
  Node node[n];
  int edges[2 * n], cost[n], expected[n], *Ea, *Ca, done, *d_done, level = 0;
  bool frontier[2 * n] = {}, visited[n] = {}, *Fa, *Xa;
  for (int i = 0; i < n; ++i) {
    node[i] = {2 * i, 2}, edges[2 * i] = (2 * i + 1) % n, edges[2 * i + 1] = (i + 7) % n;
    cost[i] = expected[i] = i ? -1 : 0;
  }
  for (int level = 0; level < n; ++level)
    for (int i = 0; i < n; ++i)
      for (int e = 0; e < 2; ++e)
        if (expected[i] == level && expected[edges[2 * i + e]] < 0) expected[edges[2 * i + e]] = level + 1;
  frontier[0] = true;
  Node* Va;
  cudaMalloc(&Va, sizeof node), cudaMalloc(&Ea, sizeof edges), cudaMalloc(&Fa, sizeof frontier), cudaMalloc(&Xa, sizeof visited);
  cudaMalloc(&Ca, sizeof cost), cudaMalloc(&d_done, sizeof done);
  cudaMemcpy(Va, node, sizeof node, cudaMemcpyHostToDevice);
  cudaMemcpy(Ea, edges, sizeof edges, cudaMemcpyHostToDevice);
  cudaMemcpy(Xa, visited, sizeof visited, cudaMemcpyHostToDevice);
  cudaMemcpy(Ca, cost, sizeof cost, cudaMemcpyHostToDevice);
  do {
    cudaMemcpy(Fa, frontier, sizeof frontier, cudaMemcpyHostToDevice);
    done = 1;
    cudaMemcpy(d_done, &done, sizeof done, cudaMemcpyHostToDevice);
    bfs<<<1, n>>>(Va, Ea, Fa, Xa, Ca, d_done, level++, n);
    cudaMemcpy(&done, d_done, sizeof done, cudaMemcpyDeviceToHost);
    cudaMemcpy(frontier, Fa + n, n, cudaMemcpyDeviceToHost);
    cudaMemset(Fa + n, 0, n);
  } while (!done);
  cudaMemcpy(cost, Ca, sizeof cost, cudaMemcpyDeviceToHost);
  cudaFree(Va), cudaFree(Ea), cudaFree(Fa), cudaFree(Xa), cudaFree(Ca), cudaFree(d_done);
  return memcmp(cost, expected, sizeof cost) ? 1 : 0;
}
