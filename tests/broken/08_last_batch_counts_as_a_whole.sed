# chapters/08_layer_splitting/train.cpp 08_layer_splitting_programs_test Train.PrintsWhat*
s/report.step(loss, batch.size())/report.step(loss, o.batch)/
