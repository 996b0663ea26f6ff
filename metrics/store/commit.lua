#!lua
-- Write the cases, tallies, position and changes of one partition: together or not at all.
-- KEYS: position, changes, dead letters, authorities, then the cases and tallies that ARGV[1] points at by index.
-- ARGV: 1 what to write, as MessagePack (metrics/store/codec.py, commit_arguments); 2 how many changes are kept; 3 the
-- change that readers follow; then the cases and authorities that ARGV[1] points at (bytes: cmsgpack knows only text).
-- A case that is kept already is added to: its value is the header of five bytes that it has, the header that it is to
-- have, and the new tellings.
-- Redis does not roll a script back: every check and every sum comes before the first write.
local commit = cmsgpack.unpack(ARGV[1])
local position = redis.call('HMGET', KEYS[1], 'offset', 'generation', 'token')
if position[1] ~= commit.expected or position[2] ~= commit.generation or position[3] ~= commit.token then
  return {'moved', position[1] or '', position[2] or ''}
end

for index, expected in ipairs({'hash', 'stream', 'zset', 'hash'}) do
  local kind = redis.call('TYPE', KEYS[index]).ok
  if kind ~= 'none' and kind ~= expected then return {'damaged', KEYS[index], kind} end
end

local function chunks(list)
  local from = 1
  return function()
    if from > #list then return nil end
    local to = math.min(from + 3999, #list)
    local first = from
    from = to + 1
    return first, to
  end
end

for _, case in ipairs(commit.cases) do
  if case[3] then
    local key = KEYS[case[1]]
    local kind = redis.call('TYPE', key).ok
    if kind ~= 'string' or redis.call('GETRANGE', key, 0, 4) ~= string.sub(ARGV[case[2]], 1, 5) then
      return {'damaged', key, 'not the case that was told on'}
    end
  end
end

local writes = {}
for _, change in ipairs(commit.tallies) do
  local key, fields, deltas = KEYS[change[1]], change[2], change[3]
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'none' and kind ~= 'hash' then return {'damaged', key, kind} end
  local set, gone = {}, {}
  for first, last in chunks(fields) do
    local values = redis.call('HMGET', key, unpack(fields, first, last))
    for i = first, last do
      local value = values[i - first + 1]
      local old = value and tonumber(value) or 0
      if not old then return {'damaged', key, 'not a number'} end
      local new = old + deltas[i]
      if new == 0 then
        gone[#gone + 1] = fields[i]
      else
        set[#set + 1] = fields[i]
        set[#set + 1] = string.format('%.0f', new)
      end
    end
  end
  writes[#writes + 1] = {key, set, gone}
end

-- This write comes first: it alone may still be refused, for an id that does not rise.
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], commit.position .. '-*',
  'from', commit.expected, 'to', commit.position, 'change', ARGV[3])
for _, case in ipairs(commit.cases) do
  local key, value = KEYS[case[1]], ARGV[case[2]]
  if case[3] then
    redis.call('SETRANGE', key, 0, string.sub(value, 6, 10))
    redis.call('APPEND', key, string.sub(value, 11))
  else
    redis.call('SET', key, value)
  end
end
for _, write in ipairs(writes) do
  for first, last in chunks(write[2]) do redis.call('HSET', write[1], unpack(write[2], first, last)) end
  for first, last in chunks(write[3]) do redis.call('HDEL', write[1], unpack(write[3], first, last)) end
end
for _, dead in ipairs(commit.dead) do redis.call('ZADD', KEYS[3], dead[1], dead[2]) end
for name, index in pairs(commit.authorities) do redis.call('HSET', KEYS[4], name, ARGV[index]) end
redis.call('HSET', KEYS[1], 'offset', commit.position, 'dead_in_a_row', commit.dead_in_a_row)
return {'ok', commit.position, commit.generation}
