# chapters/09_tensor_parallel/tensor_report.cpp 09_tensor_parallel_costs_test Report.TellsWho*
s/> all\[busiest \* sum.size()\]) busiest = rank/> all[0]) busiest = rank/
