# tests/exercises/class/grade_class.cpp common_grade_class_test GradeClass.GoesOnWhereItWasKilled
s/if (!take_results(students\[s\], paths, prints\[s\])) left.push_back(s);/take_results(students[s], paths, prints[s]), left.push_back(s);/
