-- Strings: building, patterns, formatting, a tokenizer.
local amount = tonumber(arg[1]) or 1

local source = [[
local function gcd(a, b) while b ~= 0 do a, b = b, a % b end return a end -- Euclid
for i = 1, 10 do print(i, gcd(i * 12, 30), "a string", 0x1f, 3.25e2) end
]]

local function tokens(text)
  local kinds, at = {}, 1
  while at <= #text do
    local from, to = text:find("^%s+", at)
    local kind = "space"
    if not from then from, to = text:find("^%-%-[^\n]*", at) kind = "comment" end
    if not from then from, to = text:find("^[%a_][%w_]*", at) kind = "name" end
    if not from then from, to = text:find("^%d[%w%.]*", at) kind = "number" end
    if not from then from, to = text:find('^"[^"]*"', at) kind = "string" end
    if not from then from, to = at, at kind = "symbol" end
    kinds[kind] = (kinds[kind] or 0) + (to - from + 1)
    at = to + 1
  end
  return kinds
end

local totals, length = {}, 0
for round = 1, amount do
  for kind, n in pairs(tokens(source:rep(5))) do totals[kind] = (totals[kind] or 0) + n end
  local parts = {}
  for i = 1, 200 do parts[#parts + 1] = string.format("%d:%5.2f:%s", i, i / round, ("x"):rep(i % 9)) end
  local joined = table.concat(parts, ",")
  length = length + #joined:upper():reverse():gsub("X+", function(xs) return #xs end)
end
local kinds = {}
for kind, n in pairs(totals) do kinds[#kinds + 1] = kind .. "=" .. n end
table.sort(kinds)
print("text", table.concat(kinds, " "), length)
