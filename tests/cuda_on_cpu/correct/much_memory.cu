// More memory, in all and once at one time, than the next piece of address space would hold: what was allocated before keeps its meaning.
#include "tests/cuda_on_cpu/require.h"

// What lies right behind the address space that holds `inside` is not the device's. That space ends with what nobody may touch yet.
void look_behind(const void* inside) {
  FILE* maps = std::fopen("/proc/self/maps", "r");
  char line[500], access[5];
  unsigned long begin, end, at = reinterpret_cast<unsigned long>(inside), behind = 0;
  while (maps && behind == 0 && std::fgets(line, sizeof line, maps))  // in ascending order
    if (std::sscanf(line, "%lx-%lx %4s", &begin, &end, access) == 3 && begin > at && access[0] == '-') behind = end;
  if (maps) std::fclose(maps);
  REQUIRE(behind > at);
  cudaPointerAttributes attributes;
  OK(cudaPointerGetAttributes(&attributes, reinterpret_cast<void*>(behind)));
  REQUIRE(attributes.type == cudaMemoryTypeUnregistered);
  OK(cudaPointerGetAttributes(&attributes, inside));
  REQUIRE(attributes.type == cudaMemoryTypeDevice);
}

int main() {
  float one = 1, back = 0, *first, *later;
  OK(cudaMalloc(&first, sizeof one));
  OK(cudaMemcpy(first, &one, sizeof one, cudaMemcpyHostToDevice));
  look_behind(first);
  for (size_t bytes : {size_t{10} << 20, size_t{130} << 20, size_t{50} << 20}) {
    OK(cudaMalloc(&later, bytes));
    cudaPointerAttributes attributes;
    OK(cudaPointerGetAttributes(&attributes, first));
    REQUIRE(attributes.type == cudaMemoryTypeDevice);
    OK(cudaMemcpy(reinterpret_cast<char*>(later) + bytes - sizeof one, first, sizeof one, cudaMemcpyDeviceToDevice));
    OK(cudaMemcpy(&back, reinterpret_cast<char*>(later) + bytes - sizeof one, sizeof one, cudaMemcpyDeviceToHost));
    REQUIRE(back == 1);
    OK(cudaFree(later));
  }
  OK(cudaFree(first));
}
