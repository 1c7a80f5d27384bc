-- Times as whole microseconds since 1970, in UTC: what can be compared, subtracted and divided into days.
--
-- No clock and no zone of the machine takes part, so that a report of last year says tomorrow what it says today.

local times = { second = 1000000, minute = 60000000, hour = 3600000000, day = 86400000000 }

-- Days since 1970-01-01. A year begins in March here, so that a leap day is its last.
local function days(year, month, day)
  if month <= 2 then
    year, month = year - 1, month + 12
  end
  return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
end

--- RFC 3339 with six digits and a Z, as events have it.
function times.text(at)
  return os.date("!%Y-%m-%dT%H:%M:%S", at // times.second) .. (".%06dZ"):format(at % times.second)
end

--- The day of a time, as 2026-11-20.
function times.day_of(at)
  return times.text(at):sub(1, 10)
end

--- 2026-11-20T10:00:00.5Z, or 2026-11-20 for its first moment; nil and what is wrong for anything else.
function times.read(text)
  local date, rest = text:match("^(%d%d%d%d%-%d%d%-%d%d)(.*)$")
  local clock, fraction = "00:00:00", ""
  if rest and rest ~= "" then
    clock, fraction = rest:match("^T(%d%d:%d%d:%d%d)%.?(%d*)Z$")
  end
  if not date or not clock then
    return nil, "write a time as 2026-11-20T10:00:00Z, or a day as 2026-11-20"
  end
  local hour, minute, second = clock:match("(%d+):(%d+):(%d+)")
  local at = days(tonumber(date:sub(1, 4)), tonumber(date:sub(6, 7)), tonumber(date:sub(9, 10))) * times.day
    + tonumber(hour) * times.hour + tonumber(minute) * times.minute + tonumber(second) * times.second
    + tonumber((fraction .. "000000"):sub(1, 6))
  -- The 30th of February comes out as another day.
  if times.text(at):sub(1, 19) ~= date .. "T" .. clock then
    return nil, "there is no such time"
  end
  return at
end

local units = { s = times.second, m = times.minute, h = times.hour, d = times.day, w = 7 * times.day }

--- 90s, 10m, 1h, 30d or 2w in microseconds; nil and what is wrong for anything else.
function times.duration(text)
  local number, unit = text:match("^([1-9]%d?%d?%d?%d?)([smhdw])$")
  if not number then
    return nil, "write a duration as 90s, 10m, 1h, 30d or 2w"
  end
  return tonumber(number) * units[unit]
end

return times
