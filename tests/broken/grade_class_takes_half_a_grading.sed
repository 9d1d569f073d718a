# tests/exercises/class/results.cpp common_grade_class_test GradeClass.WhoCouldNotBeGradedHasNoPointsAndIsTriedAgain
s/\["incomplete"\].text == "true"/["incomplete"].text == "never"/
