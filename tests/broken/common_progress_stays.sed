# common/progress.h common_test Progress.*
s/~Progress() { clear(); }/~Progress() = default;/
