# chapters/01_serial/layout.cpp 01_serial_test Layout.EverySplit*
s|w.global_element(r, c))|size_t(r) * size_t(w.columns) + size_t(c))|
