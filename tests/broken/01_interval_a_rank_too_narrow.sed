# common/statistics.h common_test Statistics.*
s|return {values\[r - 1\], values\[values.size() - r\]};|return {values[r], values[values.size() - 1 - r]};|
