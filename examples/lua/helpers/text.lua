-- Texts of events, made safe to print.
--
-- Names, reasons and user agents are written by whoever was logged, an attacker too: a line break would forge a line
-- of the report, an escape sequence would reach the terminal, Markdown would become a link.

local text = {}

-- What turns the direction of writing, or ends a line for some readers.
local invisible = {}
for _, range in ipairs{ { 0x80, 0x9F }, { 0x200B, 0x200F }, { 0x2028, 0x202E }, { 0x2060, 0x2069 }, { 0xFEFF, 0xFEFF } } do
  for code = range[1], range[2] do
    invisible[utf8.char(code)] = "�"
  end
end

--- One line without control characters: each is shown by its picture, as ␊ for a line break.
function text.plain(value)
  local shown = tostring(value):gsub("[\0-\31]", function(c) return utf8.char(0x2400 + c:byte()) end):gsub("\127", "␡")
  return (shown:gsub("[\xC2\xE2\xEF][\x80-\xBF]+", invisible))
end

--- The same for a cell of a Markdown table: nothing in it is markup, HTML or a link.
function text.cell(value)
  return (text.plain(value):gsub("[\\`*_{}%[%]<>#|~&$!@]", "\\%0"):gsub("://", "\\://"):gsub("([wW][wW][wW])%.", "%1\\."))
end

--- A row of a Markdown table.
function text.row(...)
  local cells = table.pack(...)
  for i = 1, cells.n do
    cells[i] = text.cell(cells[i] == nil and "" or cells[i])
  end
  return "| " .. table.concat(cells, " | ") .. " |"
end

return text
