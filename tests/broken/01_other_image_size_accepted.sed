# common/dataset.cpp 01_programs_test Data.*
s/if (test.height != train.height || test.width != train.width)/if (test.features() != train.features())/
