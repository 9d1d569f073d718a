// The sum over ranks of vectors that travel as numbers of 16 bits: half of the bytes. What it costs is exactness, and how much depends
// on what the sums are kept in.
#pragma once

#include <mpi.h>

#include <vector>

#include "chapters/11_fewer_bits/sixteen_bits.h"

enum class SumIn { floats, sixteen_bits };

// sum (n) = x0 + x1 + x2 + ..., in this order, of vectors (n) of 16 bits. sixteen_bits: each sum is rounded before the next addition.
void add_sixteen_bits(float* sum, const std::vector<const uint16_t*>& x, size_t n, const SixteenBits& format, SumIn how);

// The three below return the bytes that this rank has sent. Blocks are chapter 05's (blocks.h): rank r owns the r-th.

// mine (size of this rank's block) = the sum over ranks of data (n), in rank order, in floats that are not rounded at the end. Each rank
// sends each block, rounded, to its owner; an owner's own numbers are rounded, too, so that the bits do not depend on who owns what.
size_t reduce_scatter_sixteen_bits(float* mine, const float* data, size_t n, const SixteenBits& format, SumIn how, MPI_Comm comm);

// all (n) = the blocks of all ranks, rounded, on every rank.
size_t allgather_sixteen_bits(float* all, const float* mine, size_t n, const SixteenBits& format, MPI_Comm comm);

// data (n) = the sum over ranks of data, rounded, the same bits on all of them: both, one after the other. With one rank nothing is
// sent, and nothing rounded.
size_t allreduce_sixteen_bits(float* data, size_t n, const SixteenBits& format, SumIn how, MPI_Comm comm);

// What a rank sends for that, in bytes, where a number has so many: its part to each owner, and its own block to all.
double bytes_sent(size_t n, int ranks, int rank, int bytes_of_number);
