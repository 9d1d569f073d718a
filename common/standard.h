// What most files read of the standard library: compiled once, and every compilation by g++ begins with it (see the Makefile). No file
// includes it. Each includes what it uses itself: clang++ and x86-64-v2 of tests/machines compile all programs without it.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <vector>
