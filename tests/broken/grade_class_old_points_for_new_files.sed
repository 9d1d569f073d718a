# tests/exercises/class/grade_class.cpp common_grade_class_test GradeClass.GoesOnWhereItWasKilled
s/ || for_print != hexadecimal(print)) return false;/ || print == 1) return false;/
