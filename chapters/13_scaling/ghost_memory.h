// Memory that has addresses and no contents: for networks that are larger than this machine, when only time matters.
//
// Nobody may read or write it, the processor would notice. Simulated messages from or to it move nothing.
#pragma once

#include <cstddef>

// An address range of its own, aligned to 64 bytes. It is never freed: addresses are plenty.
// Throws std::bad_alloc when they are used up, after some dozens of TB.
void* ghost_allocate(size_t bytes);
bool is_ghost(const void* pointer);

// Copies, if both sides have contents.
void copy_unless_ghost(void* to, const void* from, size_t bytes);
