-- What a mapping needs: to reach into a source's event, and to shape what it finds.
--
-- A mapping is a file that returns { format = "…", map = function(e, line) … end }. `daybook import` calls map() for
-- each line, with the decoded object and the line's exact text, and gets back a table with the names of an event
-- (docs/event_format.md) and two more:
--
--   tenant   the organization's key; without one the line is refused
--   key      the source's own unique key of the event, from which its id is made, so that importing twice writes once;
--            without one, the line itself is the key
--
-- The line is kept, digit for digit, as the event's metadata: a mapping names only what people search for.
-- It refuses a line with error("reason", 0).
--
-- In `e`, null is nil, arrays begin at 1, and a number that Lua cannot hold exactly is a value whose tostring() is
-- its text. Nothing here, and nothing in a mapping, needs a file, a clock or the network.
--
-- What each function does is in library/daybook.lua, which editors read and docs/lua_reference.md is made of.

local type, select, tostring = type, select, tostring

---@type daybook.mapping
local m = {}

function m.get(e, ...)
  local first, second = ...
  local count = select("#", ...)
  -- A text has methods, which would be found instead of a field. Nearly every way has one or two steps.
  if count > 0 then
    if type(e) ~= "table" then
      return nil
    end
    e = e[first]
  end
  if count > 1 then
    if type(e) ~= "table" then
      return nil
    end
    e = e[second]
  end
  for i = 3, count do
    if type(e) ~= "table" then
      return nil
    end
    e = e[select(i, ...)]
  end
  return e
end

function m.text(value)
  local kind = type(value)
  if kind == "string" then -- nearly always: the rest is slower
    return value ~= "" and value or nil
  end
  if value == nil or kind == "table" then
    return nil
  end
  local text = tostring(value)
  if math.type(value) == "float" then
    -- tostring() stops at 14 digits, in the middle of a time with microseconds; 17 always suffice.
    for digits = 15, 17 do
      if tonumber(text) == value then
        break
      end
      text = ("%." .. digits .. "g"):format(value)
    end
  end
  return text
end

function m.first(...)
  local one, two = ...
  local text = m.text(one) or m.text(two) -- nearly always it is one of them
  for i = 3, text and 0 or select("#", ...) do
    text = text or m.text((select(i, ...)))
  end
  return text
end

function m.utc(time)
  local text = m.text(time) or error("no time", 0)
  if text:byte(-1) == 0x5A or text:find("z$") or text:find("[+-]%d%d:%d%d$") then
    return text
  end
  return text .. "Z"
end

function m.epoch(time, digits)
  local text = m.text(time) or error("no time", 0)
  local whole, fraction = text:match("^(%d+)%.?(%d*)$")
  if not whole then
    error("no time: " .. text, 0)
  end
  -- On the text, so that no digit is rounded away.
  whole = ("0"):rep((digits or 0) + 1 - #whole) .. whole
  local split = #whole - (digits or 0)
  local seconds = math.tointeger(tonumber(whole:sub(1, split)))
  if not seconds or seconds > 253402300799 then
    error("no time: " .. text, 0)
  end
  fraction = whole:sub(split + 1) .. fraction

  -- The civil date, counted in years that begin in March, so that a leap day is a year's last day.
  local day = seconds // 86400 + 719468
  local era = day // 146097
  local of_era = day % 146097
  local year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year + year // 4 - year // 100)
  local month = (5 * of_year + 2) // 153
  local of_month = of_year - (153 * month + 2) // 5 + 1
  month = month < 10 and month + 3 or month - 9
  year = year + 400 * era + (month <= 2 and 1 or 0)
  local second = seconds % 86400
  return ("%04d-%02d-%02dT%02d:%02d:%02d.%sZ"):format(year, month, of_month, second // 3600, second // 60 % 60,
    second % 60, fraction == "" and "0" or fraction)
end

function m.actor(kind, id, name)
  return { type = m.text(kind) or "unknown", id = m.text(id) or "unknown", name = m.text(name) }
end

function m.targets(kind, id, name)
  kind, id = m.text(kind), m.text(id)
  if kind or id then
    return { { type = kind, id = id, name = m.text(name) } }
  end
  return nil
end

function m.key(...)
  local parts = {}
  for i = 1, select("#", ...) do
    parts[i] = m.text((select(i, ...)))
    if not parts[i] then
      return nil
    end
  end
  return table.concat(parts, "/")
end

return m
