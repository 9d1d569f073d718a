# chapters/07_sharded_optimizer/train.cpp 07_programs_test TrainProgram.PrintsWhat*
s/report.step(loss, batch.size())/report.step(loss, o.batch)/
