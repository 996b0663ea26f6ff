#!lua
-- Take a partition over. A partition without a position is cleared of whatever is left of it and begun afresh, in one
-- step: no two workers can begin it twice.
-- The head only rises, here and nowhere else: a claim that arrives late must not lower the head of a later one.
-- A partition of a format before is carried on in this format, where our user may run the commands that this takes.
-- From then on no claim of a format before succeeds.
-- The claim's token is written last. From then on nobody who claimed before commits, recounts or reads cases; and a
-- store that is put back holds another token, or is of a moment at which ours stood where it stands now.
-- KEYS: 1 the position, 2 a key that is never kept: it is there to try our rights on.
-- ARGV: 1 pattern of all keys of the partition, 2 the topic's id, 3 the log's end, 4 the formats before (",1,2,"), 5 this
-- format, 6 the token, 7.. fields and values of a fresh position.
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' or redis.call('HEXISTS', KEYS[1], 'offset') == 0 then
  local cursor = '0'
  repeat
    local page = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 1000)
    cursor = page[1]
    for _, key in ipairs(page[2]) do redis.call('UNLINK', key) end
  until cursor == '0'
  redis.call('HSET', KEYS[1], unpack(ARGV, 7))
end
local known = redis.call('HMGET', KEYS[1], 'topic_id', 'head', 'format')
if string.find(ARGV[4], ',' .. (known[3] or '') .. ',', 1, true) then
  redis.call('APPEND', KEYS[2], '')
  redis.call('SETRANGE', KEYS[2], 0, redis.call('GETRANGE', KEYS[2], 0, 4))
  redis.call('UNLINK', KEYS[2])
  redis.call('HSET', KEYS[1], 'format', ARGV[5])
  known[3] = ARGV[5]
end
if known[1] == ARGV[2] and tonumber(ARGV[3]) > tonumber(known[2] or 0) then
  redis.call('HSET', KEYS[1], 'head', ARGV[3])
end
if known[1] == ARGV[2] and known[3] == ARGV[5] then redis.call('HSET', KEYS[1], 'token', ARGV[6]) end
return redis.call('HGETALL', KEYS[1])
