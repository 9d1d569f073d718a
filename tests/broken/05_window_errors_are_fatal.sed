# chapters/05_collectives/shared_window.cpp 05_collectives_nodes_test SharedWindowTest.ItsErrorsReturn
s/window_, MPI_ERRORS_RETURN/window_, MPI_ERRORS_ARE_FATAL/
