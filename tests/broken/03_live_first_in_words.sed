# chapters/03_fast_kernels/live.cpp 03_fast_kernels_live_test LiveRequests.AreThoseOfTheCounter
s/s.integer("first")) \* piece/s.integer("first"))/
