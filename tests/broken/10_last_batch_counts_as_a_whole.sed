# chapters/10_hybrid/train.cpp 10_programs_test Programs.PrintWhat*
s/report.step(loss, batch.size())/report.step(loss, o.batch)/
