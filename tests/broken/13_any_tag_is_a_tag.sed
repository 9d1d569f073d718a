# chapters/13_scaling/messages.cpp 13_scaling_corners_test Mistakes.OfCalls*
s/ || tag == MPI_ANY_TAG)/)/
