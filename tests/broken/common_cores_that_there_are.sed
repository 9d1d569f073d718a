# common/machine.h common_shown_test MachineName.*
s/sizeof set, &set) == 0) return/sizeof set, \&set) != 0) return/
