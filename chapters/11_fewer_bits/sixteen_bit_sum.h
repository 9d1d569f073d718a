// The sum over ranks of vectors that travel as numbers of 16 bits: half of the bytes. What it costs is exactness, and how much depends
// on what the sums are kept in.
#pragma once

#include <mpi.h>

#include <vector>

#include "chapters/11_fewer_bits/sixteen_bits.h"

enum class SumIn { floats, sixteen_bits };

// sum (n) = x0 + x1 + x2 + ..., in this order, of vectors (n) of 16 bits. sixteen_bits: each sum is rounded before the next addition.
void add_sixteen_bits(float* sum, const std::vector<const uint16_t*>& x, size_t n, const SixteenBits& format, SumIn how);

// data (n) = the sum over ranks of data, the same bits on all of them. Chapter 05's way in rank order: each rank sends each block,
// rounded, to its owner; the owner adds and sends the sum, rounded, to all. Also an owner's own numbers are rounded, so that
// the bits do not depend on who owns what. With one rank nothing is sent, and nothing rounded.
// Returns the bytes that this rank has sent.
size_t allreduce_sixteen_bits(float* data, size_t n, const SixteenBits& format, SumIn how, MPI_Comm comm);

// What a rank sends for that, in bytes, where a number has so many: its part to each owner, and its own block to all.
double bytes_sent(size_t n, int ranks, int rank, int bytes_of_number);
