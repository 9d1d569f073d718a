// What CUDA has and this runtime has not. Each name is declared here only so that using it is a compile
// error that says so, instead of "was not declared" or, worse, something that runs and means less.
#pragma once

namespace cuda_on_cpu {
template <class...> inline constexpr bool never = false;
}

#define CUDA_ON_CPU_MISSING(name, why)                                                              \
  template <class... Arguments> int name(Arguments&&...) {                                          \
    static_assert(::cuda_on_cpu::never<Arguments...>, #name " is not part of cuda_on_cpu: " why);   \
    return 0;                                                                                       \
  }

CUDA_ON_CPU_MISSING(cudaMallocManaged, "no managed memory; use cudaMalloc and cudaMemcpy")
CUDA_ON_CPU_MISSING(cudaMallocPitch, "use cudaMalloc and compute the pitch yourself")
CUDA_ON_CPU_MISSING(cudaMalloc3D, "use cudaMalloc")
CUDA_ON_CPU_MISSING(cudaMemcpy3D, "use cudaMemcpy2D per slice")
CUDA_ON_CPU_MISSING(cudaMemPrefetchAsync, "no managed memory")
CUDA_ON_CPU_MISSING(cudaMemAdvise, "no managed memory")
CUDA_ON_CPU_MISSING(cudaHostGetDevicePointer, "pinned memory has the same address on the device")
CUDA_ON_CPU_MISSING(cudaLaunchKernel, "launch with <<<grid, block>>>")
CUDA_ON_CPU_MISSING(cudaLaunchKernelEx, "launch with <<<grid, block>>>")
CUDA_ON_CPU_MISSING(cudaLaunchCooperativeKernel, "no cooperative launch: blocks run one after another")
CUDA_ON_CPU_MISSING(cudaStreamAddCallback, "use cudaLaunchHostFunc")
CUDA_ON_CPU_MISSING(cudaGraphExecUpdate, "instantiate the graph again")
CUDA_ON_CPU_MISSING(cudaGraphAddKernelNode, "graphs come from stream capture only")
CUDA_ON_CPU_MISSING(cudaGraphAddMemcpyNode, "graphs come from stream capture only")
CUDA_ON_CPU_MISSING(cudaMallocArray, "no textures and surfaces")
CUDA_ON_CPU_MISSING(cudaCreateTextureObject, "no textures")
CUDA_ON_CPU_MISSING(cudaCreateSurfaceObject, "no surfaces")
CUDA_ON_CPU_MISSING(cudaMemcpyPeer, "there is one device")
CUDA_ON_CPU_MISSING(cudaMemcpyPeerAsync, "there is one device")
CUDA_ON_CPU_MISSING(cudaFuncGetAttributes, "there are no registers to count")
CUDA_ON_CPU_MISSING(tex1Dfetch, "no textures")
CUDA_ON_CPU_MISSING(tex1D, "no textures")
CUDA_ON_CPU_MISSING(tex2D, "no textures")
CUDA_ON_CPU_MISSING(tex3D, "no textures")
CUDA_ON_CPU_MISSING(surf2Dread, "no surfaces")
CUDA_ON_CPU_MISSING(surf2Dwrite, "no surfaces")
CUDA_ON_CPU_MISSING(__shfl, "use __shfl_sync with a mask")
CUDA_ON_CPU_MISSING(__shfl_down, "use __shfl_down_sync with a mask")
CUDA_ON_CPU_MISSING(__shfl_up, "use __shfl_up_sync with a mask")
CUDA_ON_CPU_MISSING(__shfl_xor, "use __shfl_xor_sync with a mask")
CUDA_ON_CPU_MISSING(__ballot, "use __ballot_sync with a mask")
CUDA_ON_CPU_MISSING(__any, "use __any_sync with a mask")
CUDA_ON_CPU_MISSING(__all, "use __all_sync with a mask")
#undef CUDA_ON_CPU_MISSING

template <class T, int dimensions = 1, int mode = 0> struct texture {
  static_assert(::cuda_on_cpu::never<T>, "texture is not part of cuda_on_cpu: no textures");
};

#define __managed__ _Pragma("GCC error \"__managed__ is not part of cuda_on_cpu: no managed memory\"")
#define __cluster_dims__(...) _Pragma("GCC error \"__cluster_dims__ is not part of cuda_on_cpu: no block clusters\"")
#define __shared__ _Pragma("GCC error \"__shared__ outside of a translated .cu or .cuh file\"")
