-- Words in formulas as text: browsers would set \mathrm{ReLU} as the product of four variables.
function Math(math)
  math.text = math.text:gsub("\\mathrm{", "\\text{"):gsub("\\mathit{", "\\textit{")
  return math
end
