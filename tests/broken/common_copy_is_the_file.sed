# common/book/links.lua common_scripts_test ScriptFolder.Links*
s/^  return copy$/  return path/
