# common/dataset.cpp common_test DatasetTest.ALargeFile*
s/ idx\.data\.reserve(bytes);/ (void)bytes;/
