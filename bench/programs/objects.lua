-- Objects, inheritance and closures: accounts, shapes, queues.
local amount = tonumber(arg[1]) or 1

local Shape = {}
Shape.__index = Shape
function Shape.new(a) return setmetatable({ a = a }, Shape) end
function Shape:area() return self.a * self.a end
function Shape:grow(by) self.a = self.a + by return self end

local Circle = setmetatable({}, { __index = Shape })
Circle.__index = Circle
function Circle.new(r) return setmetatable({ a = r }, Circle) end
function Circle:area() return math.pi * self.a * self.a end

local Queue = {}
Queue.__index = Queue
function Queue.new() return setmetatable({ first = 1, last = 0 }, Queue) end
function Queue:push(x) self.last = self.last + 1 self[self.last] = x end
function Queue:pop()
  local x = self[self.first]
  self[self.first] = nil
  self.first = self.first + 1
  return x
end

local function counter()
  local n = 0
  return function(by) n = n + by return n end
end

local total, count = 0, counter()
for round = 1, amount do
  local queue = Queue.new()
  for i = 1, 2000 do queue:push(i % 3 == 0 and Circle.new(i % 10) or Shape.new(i % 7)) end
  for _ = 1, 2000 do
    local shape = queue:pop():grow(1)
    total = total + shape:area()
    count(round)
  end
end
print(string.format("objects %.6f %d", total, count(0)))
