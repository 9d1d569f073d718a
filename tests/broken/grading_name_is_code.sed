# Makefile common_grading_test Grading.MakeReadsNothing*
s/(eval override $v := $$(value $v))/(eval override $v := $($v))/
