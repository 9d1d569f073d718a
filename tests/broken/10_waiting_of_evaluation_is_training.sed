# chapters/10_hybrid/hybrid_report.cpp 10_hybrid_measuring_test Report.*
s/^  outside_.waiting += .*$/  ;/
