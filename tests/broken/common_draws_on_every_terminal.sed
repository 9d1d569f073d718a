# common/progress.cpp common_shown_test Progress.IsDrawnWhereTheTerminalCanDraw
s/ && !(kind && std::strcmp(kind, "dumb") == 0);/ || kind == nullptr;/
