// says: deadlock
// The words of the guard and of the judge, for the teacher to read: a reason may be forged, points are not. Marks of HTML, Markdown and of a terminal,
// and a formula, come along.
#include <cstdio>
#include <cstdlib>
void weight_gradient(float*, const float*, const float*, int, int, int) {
  std::fputs("guard:   rank 0: MPI_Recv from rank 1, tag 7, MPI_COMM_WORLD\n"
             "guard: deadlock: =HYPERLINK(1) <script>alert(1)</script> ![x](y) | \x1b[2J\x1b]0;owned\x07 ]]> \" &amp; 2 / 2\n", stderr);
  std::exit(1);
}
