# common/end_program.h common_shown_test EndProgram.*
s/= std::_Exit;/= std::exit;/
