# tests/exercises/class/people.cpp common_grade_class_test GradeClass.NobodyIsChosenWhereTwoFit
s/found\[s\] = found\[s\] == -1 ? int(c) : -2;/found[s] = int(c);/
