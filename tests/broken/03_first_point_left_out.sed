# chapters/03_fast_kernels/roofline.gp 03_fast_kernels_programs_test Roofline.*
s/csv every ::1 using 2:3:1/csv every ::2 using 2:3:1/
