// Who talks to whom in a grid of any number of dimensions, and over how many nodes.
//
// Task 10_groups: warm-up, 3 points. Try it: make ex-10_groups

// Ranks lie in a block of shape[0] x shape[1] x ... x shape[dimensions - 1]. The last coordinate counts fastest, as in an
// array of C: with shape 2 x 3 x 4 the rank at (a, b, c) is (a · 3 + b) · 4 + c.
//
// members (shape[dimension]): the ranks that differ from `rank` in this one coordinate only, `rank` itself among them, in
// the order of the coordinate.  Nodes have ranks_per_node ranks each: node 0 the ranks from 0 on, node 1 the next, ...
// Returns on how many nodes the members are.
int group_of(int* members, int rank, int dimension, const int* shape, int dimensions, int ranks_per_node) {
  // --- YOUR CODE (9 lines in ours)
  // How far apart are the numbers of two members that are neighbours? And what is this rank's own coordinate?
  for (int i = 0; i < shape[dimension]; ++i) members[i] = rank;
  return 1;
  // --- END OF YOUR CODE
}
// As generated: 1710118545-1012
