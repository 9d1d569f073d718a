# tests/exercises/handout common_exercises_test *AHandOutHolds*
s/git ls-files -c /git ls-files -co --exclude-standard /
