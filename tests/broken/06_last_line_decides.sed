# chapters/06_data_parallel/scaling.cpp 06_data_parallel_tables_test Scaling.TellsWhat*
s/disturbed |= measure("weak"/disturbed = measure("weak"/
