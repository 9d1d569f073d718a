# common/compare.h common_test Compare.*
s|return max_abs <= bound;|return !(max_abs > bound);|
