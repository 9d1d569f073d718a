// Which class does the network take a sample for, where the classes are spread over ranks?
//
// Each rank offers its own largest output with its class; MPI's MAXLOC takes the largest of all.
#pragma once

#include <vector>

#include "chapters/09_tensor_parallel/tensor_parallel.h"
#include "common/dataset.h"

// The class that each row of mlp.output(slot) is taken for, (rows): the largest output, the lowest class among
// equals, as in the serial program. The same on every rank.  Collective over the ranks of `tensor`.
std::vector<int> guess_classes(TensorParallel& tensor, int slot = 0);

// How many of the samples [rows.first, rows.last) the network classifies correctly, the same on every rank.
// Collective, and every rank looks at the same samples.
size_t count_correct_split(TensorParallel& tensor, const Dataset& data, Range rows);
