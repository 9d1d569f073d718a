// The limits of one core, measured: what a product or a copy can at most reach here.
#pragma once

#include <cstddef>

// Fused multiply-adds in registers only, in GFLOP/s (two operations each): the best of several short runs.
double measure_fma_peak();

// A copy of `bytes` from one array to another, in GB/s read plus written: the median of several runs.
double measure_copy_bandwidth(size_t bytes);
