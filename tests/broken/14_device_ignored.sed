# chapters/14_search/search.cpp 14_search_programs_test SearchProgram.ATrialMayBe*
s|make_device(o.device, mpi|make_device("cpu", mpi|
