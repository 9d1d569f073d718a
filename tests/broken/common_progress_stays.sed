# common/progress.h common_shown_test Progress.*
s/~Progress() { clear(); }/~Progress() = default;/
