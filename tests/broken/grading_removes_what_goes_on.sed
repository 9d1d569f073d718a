# tests/exercises/grade common_grading_test Results.WhatAKilled*
s/ \&\& ! kill -0 "$(cat "$old\/grading")" 2>\/dev\/null; then/; then/
