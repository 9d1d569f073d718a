# chapters/12_restart/goodput.cpp common_results_test Results.OfRunsThatFail*
s/for (const double minutes : {5.0, 15.0})/for (const double minutes : {5.0, 30.0})/
