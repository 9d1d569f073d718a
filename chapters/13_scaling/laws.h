// The two laws of scaling, and the numbers that say which part of a program does not scale.
#pragma once

// How much faster p ranks are when a fraction `serial` of the work cannot be divided and the problem stays the same.
// Never above 1 / serial.  G. M. Amdahl: Validity of the Single Processor Approach, AFIPS 1967.
constexpr double amdahl_speedup(double serial, double p) { return 1 / (serial + (1 - serial) / p); }

// The same when the problem grows with p so that the time stays: `serial` is then the fraction of the time on p ranks.
// J. L. Gustafson: Reevaluating Amdahl's Law, CACM 31(5), 1988.
constexpr double gustafson_speedup(double serial, double p) { return serial + (1 - serial) * p; }

// Gustafson's law the other way round: the part of the time that would explain a measured speedup on p > 1 ranks.
constexpr double gustafson_serial(double speedup, double p) { return (p - speedup) / (p - 1); }

// Amdahl's law the other way round: the fraction that would explain a measured speedup on p > 1 ranks. If it stays
// the same while p grows, something in the program is serial; if it grows, the ranks are in each other's way.
// A. H. Karp, H. P. Flatt: Measuring Parallel Processor Performance, CACM 33(5), 1990.
constexpr double karp_flatt(double speedup, double p) { return (1 / speedup - 1 / p) / (1 - 1 / p); }
