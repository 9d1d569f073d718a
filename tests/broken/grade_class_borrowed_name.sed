# tests/exercises/class/people.cpp common_grade_class_test GradeClass.ABorrowedNameBringsAndCostsNothing
s/(certain\[s\] ? times_certain : times)/times/
