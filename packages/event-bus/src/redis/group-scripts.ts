import { clockFunctions, logFunctions } from './log-scripts.ts';
import { matchFunctions, ownedFunctions } from './reference-scripts.ts';

/**
 * The steps of a group in Redis, as Lua, each of them atomic. `base` is the first part of these keys:
 *   beats  hash  consumer → heartbeats so far, -1 when it has left
 *   tries  hash  entry → deliveries started
 *   lane   hash  keyed entry → its lane (topic and key)
 *   owner  hash  lane → consumer that handles it; seen (sorted set) has the last time, to forget idle lanes
 *   active hash  lane → the entry that is handed out or ready; wait:<lane> (list) holds those behind it
 *   ready:<consumer> list  entries that this consumer may start
 *   later  sorted set  entries to be tried again, by the server's time when they are due
 *   stats  hash  cursor, redeliveries, dead, lost, used (when a consumer was last connected)
 */
/** Shared by the scripts of a group: KEYS log meta dead; ARGV group, base, consumer, … */
const group = `${clockFunctions}
local log, meta, deadLetters = KEYS[1], KEYS[2], KEYS[3]
local group, base, me = ARGV[1], ARGV[2], ARGV[3]
local function mapOf(fields)
  local map = {}
  for i = 1, #fields, 2 do map[fields[i]] = fields[i + 1] end
  return map
end
local function isMine(id)
  local reply = redis.pcall('XPENDING', log, group, id, id, 1)
  return not reply.err and reply[1] and reply[1][2] == me
end
local function isAlive(consumer)
  local beats = redis.call('HGET', base .. ':beats', consumer)
  return beats and beats ~= '-1'
end
local function assign(id, consumer)
  redis.call('XCLAIM', log, group, consumer, 0, id, 'JUSTID')
  redis.call('RPUSH', base .. ':ready:' .. consumer, id)
end
local function finish(id)
  redis.call('XACK', log, group, id)
  redis.call('HDEL', base .. ':tries', id)
  local lane = redis.call('HGET', base .. ':lane', id)
  if not lane then return end
  redis.call('HDEL', base .. ':lane', id)
  local following = redis.call('LPOP', base .. ':wait:' .. lane)
  if not following then
    redis.call('HDEL', base .. ':active', lane)
    return
  end
  redis.call('HSET', base .. ':active', lane, following)
  local owner = redis.call('HGET', base .. ':owner', lane)
  if not owner or not isAlive(owner) then
    owner = me
    redis.call('HSET', base .. ':owner', lane, me)
  end
  assign(following, owner)
end
local function loseOne(id)
  redis.call('HINCRBY', base .. ':stats', 'lost', 1)
  finish(id)
end
`;

/** … place to start after or 'new', set of groups → 1 when the group was made. */
export const join = `${group}
local start = ARGV[4]
if start == 'new' then start = redis.call('HGET', meta, 'n') or '0' end
local made = redis.pcall('XGROUP', 'CREATE', log, group, start .. '-0', 'MKSTREAM')
local isNew = not made.err
if isNew then
  redis.call('HSET', base .. ':stats', 'cursor', start)
elseif not string.find(made.err, 'BUSYGROUP') then
  return made
end
redis.call('SADD', ARGV[5], group)
redis.call('HSET', base .. ':beats', me, 1)
redis.call('HSET', base .. ':stats', 'used', now())
return isNew and 1 or 0
`;

/**
 * … count, pattern, 'retries' or 'others' → 1 when there may be more, deliveries {id, attempt, fields}, time until the
 * next retry is due or nothing. Half of the count, and at least one, goes to the kind that is named.
 */
export const take = `${group}${matchFunctions}
if not isAlive(me) then return {-1, {}} end
local count = tonumber(ARGV[4])
local matches = matcherOf(ARGV[5])
local out = {}
local function give(id, fields)
  local attempt = redis.call('HINCRBY', base .. ':tries', id, 1)
  if attempt > 1 then redis.call('HINCRBY', base .. ':stats', 'redeliveries', 1) end
  out[#out + 1] = {id, attempt, fields}
end
local function sort(id, fields)
  local entry = mapOf(fields)
  if entry.g and entry.g ~= group or not entry.g and entry.t and not matches(entry.t) then
    redis.call('XACK', log, group, id)
    return
  end
  -- A damaged or foreign entry has no lane. Its consumer finds that it cannot be read.
  if not (entry.k and entry.t) then return give(id, fields) end
  local lane = entry.t .. '\\0' .. entry.k
  redis.call('HSET', base .. ':lane', id, lane)
  redis.call('ZADD', base .. ':seen', now(), lane)
  if redis.call('HEXISTS', base .. ':active', lane) == 1 then
    redis.call('RPUSH', base .. ':wait:' .. lane, id)
    return
  end
  redis.call('HSET', base .. ':active', lane, id)
  local owner = redis.call('HGET', base .. ':owner', lane)
  if owner and owner ~= me and isAlive(owner) then return assign(id, owner) end
  if owner ~= me then redis.call('HSET', base .. ':owner', lane, me) end
  give(id, fields)
end
local more = 0
local cursor = tonumber(redis.call('HGET', base .. ':stats', 'cursor') or '0')
local before = cursor
local function retries(most)
  if #out >= most then return end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. ':later', '-inf', now(), 'LIMIT', 0, most - #out)) do
    redis.call('ZREM', base .. ':later', id)
    local entry = redis.call('XRANGE', log, id, id)[1]
    if entry then
      redis.call('XCLAIM', log, group, me, 0, id, 'JUSTID')
      local lane = redis.call('HGET', base .. ':lane', id)
      if lane then redis.call('HSET', base .. ':owner', lane, me) end
      give(id, entry[2])
    else
      loseOne(id)
    end
  end
end
local function others(most)
  while #out < most do
    local id = redis.call('LPOP', base .. ':ready:' .. me)
    if not id then break end
    local entry = redis.call('XRANGE', log, id, id)[1]
    if entry then give(id, entry[2]) else loseOne(id) end
  end
  for round = 1, 100 do
    if #out >= most then break end
    local reply = redis.call('XREADGROUP', 'GROUP', group, me, 'COUNT', most - #out, 'STREAMS', log, '>')
    if not reply then
      more = 0
      break
    end
    more = 1
    for _, entry in ipairs(reply[1][2]) do
      local place = tonumber(string.match(entry[1], '^%d+'))
      if place > cursor + 1 then redis.call('HINCRBY', base .. ':stats', 'lost', place - cursor - 1) end
      cursor = math.max(cursor, place)
      sort(entry[1], entry[2])
    end
  end
end
local half = math.ceil(count / 2)
if ARGV[6] == 'retries' then
  retries(half)
  others(count)
  retries(count)
else
  others(half)
  retries(count)
  others(count)
end
if cursor ~= before then redis.call('HSET', base .. ':stats', 'cursor', string.format('%d', cursor)) end
local due = redis.call('ZRANGE', base .. ':later', 0, 0, 'WITHSCORES')[2]
return {more, out, due and math.max(0, tonumber(due) - now())}
`;

/** … entries → 1 for each entry that this consumer had. */
export const done = `${group}
local out = {}
for i = 4, #ARGV do
  local mine = isMine(ARGV[i])
  if mine then finish(ARGV[i]) end
  out[#out + 1] = mine and 1 or 0
end
return out
`;

/** … entry, time to wait, 1 when its attempt does not count → 1 when this consumer had the entry. */
export const later = `${group}
local id = ARGV[4]
if not isMine(id) then return 0 end
if ARGV[6] == '1' and redis.call('HINCRBY', base .. ':tries', id, -1) <= 0 then redis.call('HDEL', base .. ':tries', id) end
redis.call('ZADD', base .. ':later', now() + math.ceil(tonumber(ARGV[5])), id)
return 1
`;

/** … entry, reason, maxDead, when, text of the notice or nothing → 1 when this consumer had the entry. */
export const dead = `${logFunctions}${ownedFunctions}${group}
local id = ARGV[4]
if not isMine(id) then return 0 end
local entry = redis.call('XRANGE', log, id, id)[1]
if not entry then
  loseOne(id)
  return 1
end
local row, key = entry[2], fieldOf(entry[2], 'k')
local tries = redis.call('HGET', base .. ':tries', id) or '0'
for _, extra in ipairs({'_group', group, '_id', id, '_attempts', tries, '_reason', ARGV[5]}) do row[#row + 1] = extra end
local letter = redis.call('XADD', deadLetters, 'MAXLEN', ARGV[6], '*', unpack(row))
redis.call('HINCRBY', base .. ':stats', 'dead', 1)
finish(id)
if ARGV[8] ~= '' then
  local text = '{"id":"' .. letter .. '",' .. string.sub(ARGV[8], 2)
  refer(appendKeyed(log, meta, {'v', '1', 't', '$dead-letter', 'at', ARGV[7], 'p', text}, key), '$dead-letter', key)
end
return 1
`;

/**
 * … how long an idle lane keeps its owner → consumers and their heartbeats, or nothing when others took this one over.
 */
export const beat = `${group}
if not isAlive(me) then return false end
redis.call('HINCRBY', base .. ':beats', me, 1)
local time = now()
redis.call('HSET', base .. ':stats', 'used', time)
for _, lane in ipairs(redis.call('ZRANGEBYSCORE', base .. ':seen', '-inf', time - tonumber(ARGV[4]), 'LIMIT', 0, 100)) do
  if redis.call('HEXISTS', base .. ':active', lane) == 1 then
    redis.call('ZADD', base .. ':seen', time, lane)
  else
    redis.call('ZREM', base .. ':seen', lane)
    redis.call('HDEL', base .. ':owner', lane)
  end
end
return redis.call('HGETALL', base .. ':beats')
`;

/**
 * … consumer to take over from, its heartbeats as observed, entries held → 1 when there is more to take over.
 * With the consumer itself: finds deliveries that were handed out but got lost on the way.
 */
export const adopt = `${group}
local from = ARGV[4]
if not isAlive(me) then return 0 end
if from ~= me and redis.call('HGET', base .. ':beats', from) ~= ARGV[5] then return 0 end
local held = {}
for i = 6, #ARGV do held[ARGV[i]] = true end
redis.call('DEL', base .. ':ready:' .. from)
local start, taken = '-', 0
while true do
  local rows = redis.call('XPENDING', log, group, start, '+', 200, from)
  for _, row in ipairs(rows) do
    local id = row[1]
    start = '(' .. id
    if not held[id] then
      taken = taken + 1
      local lane = redis.call('HGET', base .. ':lane', id)
      local first = not lane or redis.call('HGET', base .. ':active', lane) == id
      if redis.call('XRANGE', log, id, id)[1] then
        if first and lane then redis.call('HSET', base .. ':owner', lane, me) end
        if first and not redis.call('ZSCORE', base .. ':later', id) then assign(id, me) else redis.call('XCLAIM', log, group, me, 0, id, 'JUSTID') end
      elseif first then
        loseOne(id)
      end
    end
  end
  if #rows < 200 then break end
  if from ~= me and taken >= 1000 then return 1 end
end
if from ~= me then
  redis.call('HDEL', base .. ':beats', from)
  redis.call('XGROUP', 'DELCONSUMER', log, group, from)
end
return 0
`;

/** … entries whose last delivery does not count → leaves the group. The others take over what is not done. */
export const leave = `${group}
if not isAlive(me) then return 0 end
for i = 4, #ARGV do
  if isMine(ARGV[i]) and redis.call('HINCRBY', base .. ':tries', ARGV[i], -1) <= 0 then
    redis.call('HDEL', base .. ':tries', ARGV[i])
  end
end
if redis.call('XPENDING', log, group, '-', '+', 1, me)[1] then
  redis.call('HSET', base .. ':beats', me, -1)
else
  redis.call('HDEL', base .. ':beats', me)
  redis.call('XGROUP', 'DELCONSUMER', log, group, me)
end
return 1
`;
