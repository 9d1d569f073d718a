# chapters/12_restart/npy.cpp 12_programs_test Programs.CheckpointsAreExported*
s/'fortran_order': False/'fortran_order': True/
