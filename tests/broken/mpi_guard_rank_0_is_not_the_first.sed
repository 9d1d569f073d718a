# common/mpi_guard/diagnose.cpp mpi_guard_diagnosis_test Diagnosis.AMessageThatSeems*
s/if (found < 0) found = needed.ranks\[0\];/if (found < 1) found = needed.ranks[0];/
