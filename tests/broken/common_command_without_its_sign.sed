# common/book/links.lua common_scripts_test ScriptFolder.Links*
s/pandoc.CodeBlock("\$ " .. command)/pandoc.CodeBlock(command)/
