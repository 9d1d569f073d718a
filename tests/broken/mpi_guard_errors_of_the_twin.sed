# common/mpi_guard/errors.cpp mpi_guard_test PoliteErrors.ClassAndFunction*
s/if (error != kind) {/if (error == kind) {/
