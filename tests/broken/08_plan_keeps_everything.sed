# chapters/08_layer_splitting/pipeline_report.cpp 08_layer_splitting_measuring_test Report.Tells*
s/times_by_operations(sizes, chunks, schedule.keep_every)/times_by_operations(sizes, chunks)/
