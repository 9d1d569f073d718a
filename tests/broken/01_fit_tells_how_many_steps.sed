# chapters/01_serial/fit_function.cpp 01_serial_tables_test FitFunction.SaysWhat*
s/"step " + std::to_string(step) +/"step " + std::to_string(steps) +/
