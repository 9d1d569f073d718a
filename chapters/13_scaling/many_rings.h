// Sums over all GPUs of some nodes as libraries for GPUs make them, whose times are published. For simulated ranks, one a GPU.
//
// Chapter 05's ring goes through each node once: it comes in by one network card and leaves by one, however many the node has. So
//   rings       each node's GPUs make as many rings as there are cards; ring k has its part of the data and leaves each node by card k;
//   two levels  a GPU adds its part inside the node, exchanges it with its partner in the other node, and gives the sum back inside. The data
//               comes in pieces, so that the three steps of three pieces go on at the same time, through the links and through the cards.
#pragma once

#include "chapters/13_scaling/cluster.h"

// The seconds of a sum of `bytes` on each of all GPUs: `rings` divide the GPUs of a node. What is added is read and written by the GPU.
double seconds_of_rings(const Cluster& cluster, int gpus, int rings, double bytes);
// On two nodes.
double seconds_of_two_levels(const Cluster& cluster, double bytes, int pieces);
