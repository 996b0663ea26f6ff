#!lua
-- Write the cases, tallies, position and changes of one partition: together or not at all.
-- KEYS: position, changes, dead letters, authorities, then the cases and tallies that ARGV[1] points at by index.
-- ARGV: 1 what to write, as MessagePack (metrics/store/codec.py, commit_arguments); 2 how many changes are kept; 3 the
-- change that readers follow; then the cases and authorities that ARGV[1] points at (bytes: cmsgpack knows only text).
-- A case that is kept already is added to: its value is the header of five bytes that it has, the header that it is to
-- have, and the new tellings.
-- Redis does not roll a script back: every check and every sum comes before the first write. `committing` is set from the
-- first write to the last: where a script broke off all the same, nothing is added to what it left.
local commit = cmsgpack.unpack(ARGV[1])
local position = redis.call('HMGET', KEYS[1], 'offset', 'generation', 'token', 'committing')
if position[1] ~= commit.expected or position[2] ~= commit.generation or position[3] ~= commit.token then
  return {'moved', position[1] or '', position[2] or ''}
end
if position[4] then return {'moved', 'a commit that broke off', ''} end
local max_string = tonumber(commit.max_string)

-- Raises the error that the command itself would raise, before anything is written. Once a command is enough: the
-- server has compared the keys with our rights. Servers before 7.0 have no such call.
local tried = {}
local function may(command, key, ...)
  if tried[command] then return end
  tried[command] = true
  if redis.acl_check_cmd and not redis.acl_check_cmd(command, key, ...) then
    error({err = 'NOPERM has no permissions to run ' .. command})
  end
end

may('HSET', KEYS[1], 'offset', '0')
may('HDEL', KEYS[1], 'committing')
may('XADD', KEYS[2], 'MAXLEN', '~', '1', '*', 'from', '0')
if #commit.dead > 0 then may('ZADD', KEYS[3], '0', '0') end
if next(commit.authorities) then may('HSET', KEYS[4], 'a', '0') end
for index, expected in ipairs({'hash', 'stream', 'zset', 'hash'}) do
  local kind = redis.call('TYPE', KEYS[index]).ok
  if kind ~= 'none' and kind ~= expected then return {'damaged', KEYS[index], kind} end
end
if #redis.call('XRANGE', KEYS[2], string.format('%.0f', tonumber(commit.position) + 1), '+', 'COUNT', 1) > 0 then
  return {'damaged', KEYS[2], 'a change from after the position'}
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
  local key, room = KEYS[case[1]], max_string - #ARGV[case[2]]
  local kind = redis.call('TYPE', key).ok
  if not case[3] then
    may('SET', key, '')
    if kind ~= 'none' and kind ~= 'string' then return {'damaged', key, kind} end
  else
    may('SETRANGE', key, '0', '')
    may('APPEND', key, '')
    if kind ~= 'string' or redis.call('GETRANGE', key, 0, 4) ~= string.sub(ARGV[case[2]], 1, 5) then
      return {'damaged', key, 'not the case that was told on'}
    end
    -- Its last byte must come before this: STRLEN would be one more right that a user must have.
    if room >= 0 and redis.call('GETRANGE', key, room, room) ~= '' then room = -1 end
  end
  if room < 0 then return {'too_long', key} end
end

local writes = {}
for _, change in ipairs(commit.tallies) do
  local key, fields, deltas = KEYS[change[1]], change[2], change[3]
  may('HSET', key, 'a', '0')
  may('HDEL', key, 'a')
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

redis.call('HSET', KEYS[1], 'committing', commit.position)
for _, case in ipairs(commit.cases) do
  local key, value = KEYS[case[1]], ARGV[case[2]]
  if case[3] then
    redis.call('SETRANGE', key, 0, string.sub(value, 6, 10))
    local added = redis.pcall('APPEND', key, string.sub(value, 11))
    if type(added) == 'table' then -- an error: a header that counts what is not there could not be read again
      redis.call('SETRANGE', key, 0, string.sub(value, 1, 5))
      error(added)
    end
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
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], commit.position .. '-*',
  'from', commit.expected, 'to', commit.position, 'change', ARGV[3])
redis.call('HSET', KEYS[1], 'offset', commit.position, 'dead_in_a_row', commit.dead_in_a_row, 'last', commit.last,
  'moved_at', redis.call('TIME')[1])
redis.call('HDEL', KEYS[1], 'committing')
return {'ok', commit.position, commit.generation}
