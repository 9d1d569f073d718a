// Which GPU belongs to which rank.
#pragma once

// The GPU of the rank that is number `node_rank` on its node: ranks take the node's GPUs in turn; -1 if there is none.
// The rank on the *node* decides, not the rank in the world: with 4 GPUs a node, world rank 5 is number 1 on the second
// node. A launcher that shows each rank only its own GPU (Slurm's --gpus-per-task=1) fits in: then gpus is 1.
constexpr int gpu_of_rank(int node_rank, int gpus) { return gpus > 0 ? node_rank % gpus : -1; }
