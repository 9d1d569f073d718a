# chapters/13_scaling/messages.cpp 13_scaling_test Messages.ToNobody*
s/r.has_ended = other == MPI_PROC_NULL;/r.has_ended = false;/
