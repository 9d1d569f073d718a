# chapters/03_fast_kernels/step_graph.h 03_fast_kernels_test FastTest.AGraph*
s|auto operator<=>(const Arguments&) const = default;|auto operator<=>(const Arguments\& other) const { return slot <=> other.slot; }|
