-- Exercises the interpreter: closures, tables, strings, floats, coroutines,
-- errors (setjmp/longjmp), sorting and the garbage collector.
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print("fib(27)", fib(27))

local sieve, count = {}, 0
for i = 2, 200000 do
  if not sieve[i] then
    count = count + 1
    for j = i * i, 200000, i do sieve[j] = true end
  end
end
print("primes below 200000", count)

local seed = 42
local function random() seed = (seed * 1103515245 + 12345) % 2147483648; return seed end
local t = {}
for i = 1, 50000 do t[i] = random() end
table.sort(t)
print("sorted", t[1], t[25000], t[50000])
table.sort(t, function(a, b) return a % 1000 < b % 1000 or (a % 1000 == b % 1000 and a < b) end)
print("by comparison", t[1], t[25000], t[50000])

local words = {}
for w in (("the quick brown fox jumps over the lazy dog "):rep(500)):gmatch("%a+") do
  words[w] = (words[w] or 0) + 1
end
local keys = {}
for k in pairs(words) do keys[#keys + 1] = k end
table.sort(keys)
for _, k in ipairs(keys) do io.write(k, "=", words[k], " ") end
print()

local producer = coroutine.wrap(function() for i = 1, 100000 do coroutine.yield(i * i) end end)
local sum = 0
for _ = 1, 100000 do sum = sum + producer() end
print("coroutines", sum)

local failures = 0
for i = 1, 10000 do
  local ok, err = pcall(function() if i % 3 == 0 then error({ code = i }) end return i end)
  if not ok then failures = failures + err.code % 7 end
end
print("errors", failures)

local x = 0.0
for i = 1, 300000 do x = x + math.sin(i) * math.sqrt(i) / (1 + math.exp(-i / 1000)) end
print(string.format("floats %.10f", x))
print(string.format("%5.2f|%-8s|%08d|%x|%q", math.pi, "left", 42, 255, "quoted\n"))

local parts = {}
for i = 1, 20000 do parts[#parts + 1] = tostring(i) end
local joined = table.concat(parts, ",")
print("string", #joined, joined:sub(1, 20), joined:find("19999", 1, true))
collectgarbage()
print("memory is sane", collectgarbage("count") < 100000)
