# chapters/10_hybrid/hybrid_report.cpp 10_programs_test Programs.WriteATimeline
s/^  trace_begin(o.trace);//
