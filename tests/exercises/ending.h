// How a program ended that did not end well, in the student's words.
#pragma once

#include <string>

// report: the sandbox's line (see sandbox.cpp); output: what the program printed, which may hold anything.
std::string ending_in_words(const std::string& report, const std::string& output);
