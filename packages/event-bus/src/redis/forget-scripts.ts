import { logFunctions } from './log-scripts.ts';

/**
 * KEYS log meta dead; ARGV candidate, key → events erased, 1 when the key has more.
 * Erases some events of a key, the newest first, with the deliveries of them, and at last the states of the key.
 */
export const forget = `${logFunctions}
local log, meta, key = KEYS[1], KEYS[2], ARGV[2]
local prefix = string.sub(log, 1, -4)
epochOf(log, meta, ARGV[1])
local n = tonumber(redis.call('HGET', meta, 'n'))
local ids, places, isErased, topics, count = {}, {}, {}, {}, 0
local place = redis.call('HGET', prefix .. 'heads', key)
-- Few enough that other clients wait for some milliseconds only, and that they fit into the arguments of a command.
while place and #ids < 2000 do
  local id = place .. '-0'
  local entry = redis.call('XRANGE', log, id, id)[1]
  if not entry then
    place = nil
    break
  end
  ids[#ids + 1] = id
  places[#places + 1] = place
  isErased[id] = true
  local topic, only = fieldOf(entry[2], 't'), fieldOf(entry[2], 'g')
  if topic then topics[topic] = true end
  if not only then count = count + 1 end
  place = fieldOf(entry[2], 'b')
end
if place then
  redis.call('HSET', prefix .. 'heads', key, place)
else
  redis.call('HDEL', prefix .. 'heads', key)
end
-- The gap in the log will count as lost when the group reads over it: take that off in advance.
local function forgetOrdered(name)
  local base = prefix .. 'g:' .. name
  redis.call('XACK', log, name, unpack(ids))
  redis.call('HDEL', base .. ':tries', unpack(ids))
  redis.call('HDEL', base .. ':lane', unpack(ids))
  redis.call('ZREM', base .. ':later', unpack(ids))
  local cursor, unread = tonumber(redis.call('HGET', base .. ':stats', 'cursor') or '0'), 0
  for i = 1, #places do
    if tonumber(places[i]) > cursor then unread = unread + 1 end
  end
  if unread > 0 then redis.call('HINCRBY', base .. ':stats', 'lost', -unread) end
  for topic in pairs(topics) do
    local lane = topic .. '\\0' .. key
    local waiting = base .. ':wait:' .. lane
    -- The list is in the order of the log, and the newest events are erased first.
    while isErased[redis.call('LINDEX', waiting, -1)] do redis.call('RPOP', waiting) end
    local active = redis.call('HGET', base .. ':active', lane)
    if active and isErased[active] then
      redis.call('HDEL', base .. ':active', lane)
      local owner = redis.call('HGET', base .. ':owner', lane)
      if owner then redis.call('LREM', base .. ':ready:' .. owner, 0, active) end
    end
  end
end
if #ids > 0 then
  local before, first = firstOf(log, meta, n)
  redis.call('XDEL', log, unpack(ids))
  local _, since = firstOf(log, meta, n)
  if since > first then redis.call('HSET', meta, 'erased', string.format('%d:%d', before, since)) end
  for _, name in ipairs(redis.call('SMEMBERS', prefix .. 'groups')) do forgetOrdered(name) end
end
for _, name in ipairs(redis.call('HKEYS', prefix .. 'owned')) do
  local base = prefix .. 'o:' .. name .. ':'
  if #ids > 0 then
    redis.call('HDEL', base .. 'refs', unpack(places))
    redis.call('HDEL', base .. 'tries', unpack(places))
  end
  redis.call('HDEL', base .. 'state', key)
end
return {count, place and 1 or 0}
`;

/**
 * KEYS log meta dead; ARGV key, id of a dead letter to start after → id of the last one checked, or nothing at the end.
 */
export const forgetLetters = `
local last
for _, letter in ipairs(redis.call('XRANGE', KEYS[3], '(' .. ARGV[2], '+', 'COUNT', 50)) do
  last = letter[1]
  for i = 1, #letter[2], 2 do
    if letter[2][i] == 'k' and letter[2][i + 1] == ARGV[1] then redis.call('XDEL', KEYS[3], last) end
  end
end
return last or false
`;
