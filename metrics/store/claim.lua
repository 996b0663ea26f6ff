#!lua
-- Take a partition over. A partition without a position is cleared of whatever is left of it and begun afresh, in one
-- step: no two workers can begin it twice.
-- What is of another log, or of a format that we do not know, is not ours and stays as it is.
-- The head only rises: a claim that arrives late must not lower the head of a later one. It stays where it is while one
-- worker follows another: what waits meanwhile has figures late and not wrong. It rises where part of a rebuild is left,
-- and where nobody has gone on for long: the store may be an older copy of itself that was put back.
-- A partition of a format before is carried on in this format, where our user may run the commands that this takes.
-- From then on no claim of a format before succeeds.
-- The claim's token is written last. From then on nobody who claimed before commits, recounts or reads cases; and a
-- store that is put back holds another token, or is of a moment at which ours stood where it stands now.
-- KEYS: 1 the position, 2 a key that is never kept: it is there to try our rights on.
-- ARGV: 1 as MessagePack, maps of text: `pattern` of all keys of the partition, `log`, the log's `head`, our `format`,
-- which formats we carry on (`before`), the `token`, the `catalogue` that we count by, and how many seconds are long
-- (`long`); 2.. fields and values of a fresh position.
local claim = cmsgpack.unpack(ARGV[1])
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' or redis.call('HEXISTS', KEYS[1], 'offset') == 0 then
  local cursor = '0'
  repeat
    local page = redis.call('SCAN', cursor, 'MATCH', claim.pattern, 'COUNT', 1000)
    cursor = page[1]
    for _, key in ipairs(page[2]) do redis.call('UNLINK', key) end
  until cursor == '0'
  redis.call('HSET', KEYS[1], unpack(ARGV, 2))
end

local format, head, offset, generation, moved_at, committing = unpack(
  redis.call('HMGET', KEYS[1], 'format', 'head', 'offset', 'generation', 'moved_at', 'committing'))
local is_ours = format == claim.format or claim.before[format or '']
for field, value in pairs(claim.log) do
  is_ours = is_ours and redis.call('HMGET', KEYS[1], field)[1] == value
end
if not is_ours then return redis.call('HGETALL', KEYS[1]) end

if format ~= claim.format then
  redis.call('APPEND', KEYS[2], '')
  redis.call('SETRANGE', KEYS[2], 0, redis.call('GETRANGE', KEYS[2], 0, 4))
  redis.call('UNLINK', KEYS[2])
  redis.call('HSET', KEYS[1], 'format', claim.format)
end
local was_whole = tonumber(offset) > 0 and tonumber(offset) >= tonumber(head or 0) and not committing
local counted_by = string.match(generation or '', '^[^.]*')
local is_to_be_recounted = counted_by ~= claim.catalogue and counted_by ~= 'uncounted'
local has_just_moved = moved_at and tonumber(redis.call('TIME')[1]) - tonumber(moved_at) <= tonumber(claim.long)
local goes_on = was_whole and (is_to_be_recounted or has_just_moved)
if tonumber(claim.head) > tonumber(head or 0) and not goes_on then
  redis.call('HSET', KEYS[1], 'head', claim.head)
end
redis.call('HSET', KEYS[1], 'token', claim.token)
return redis.call('HGETALL', KEYS[1])
