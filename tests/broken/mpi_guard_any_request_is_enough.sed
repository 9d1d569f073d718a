# common/mpi_guard/diagnose.cpp mpi_guard_diagnosis_test Diagnosis.*
s/if (all_\[rank\].any \&\& !needs.empty())/if (!needs.empty())/
