// What a machine costs, as a file: `make 10-calibrate` measures and writes it, --machine reads it.
//
//   operations-per-second 9.5e+10    of a rank, while the others of its node compute, too
//   bytes-per-second 2.5e+10         between a rank and its memory, likewise
//   memory 1.6e+10                   bytes that a rank may use, of its device's memory
//   exchange 4096 4e-07 1.5e-10      chapter 05's lines: messages inside a node
//   between exchange 4096 ...        the same from node to node, while all ranks of a node send
//
// What a file does not say is that of typical_machine(); without lines `between`, messages cost the same everywhere. A file of chapter
// 05's benchmark (--fit FILE) is such a file, too.
#pragma once

#include "chapters/10_hybrid/plan.h"

// Throw Error: no such file, a line that is not understood, numbers that are not above 0; it cannot be written.
PlanMachine load_plan_machine(const std::string& file);
void save_plan_machine(const PlanMachine& machine, const std::string& file);
