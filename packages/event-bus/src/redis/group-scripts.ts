import { clockFunctions, cutFunctions, letterFunctions, logFunctions, startFunctions } from './log-scripts.ts';
import { matchFunctions, ownedFunctions } from './reference-scripts.ts';

/**
 * The steps of a group in Redis, as Lua, each of them atomic. `base` is the first part of these keys:
 *   beats  hash  consumer → heartbeats so far, -1 when it has left
 *   tries  hash  entry that is not done → deliveries started, 0 when it was given back
 *   lane   hash  keyed entry → its lane (topic and key)
 *   owner  hash  lane → consumer that handles it; seen (sorted set) has the last time, to forget idle lanes
 *   active hash  lane → the entry that is handed out or ready; wait:<lane> (list) holds those behind it
 *   ready:<consumer> list  entries that this consumer may start
 *   later  sorted set  entries to be tried again, by the server's time when they are due
 *   stats  hash  cursor, redeliveries, dead, lost, reported, used (when a consumer was last connected), and `gone`, see
 *                `remake`
 */
/** Shared by the scripts of a group: KEYS log meta dead; ARGV group, base, consumer, … */
const group = `${clockFunctions}${startFunctions}
local log, meta = KEYS[1], KEYS[2]
local group, base, me = ARGV[1], ARGV[2], ARGV[3]
local function mapOf(fields)
  local map = {}
  for i = 1, #fields, 2 do map[fields[i]] = fields[i + 1] end
  return map
end
local function isAlive(consumer)
  local beats = redis.call('HGET', base .. ':beats', consumer)
  return beats and beats ~= '-1'
end
-- Redis has lost the group (it lies in the log), but not what was read: reads again from the first entry that is not
-- done. \`take\` passes over the others. \`gone\` says how many entries are lost, until a consumer reports it.
local function remake(start)
  local open, first, lost = {}, tonumber(redis.call('HGET', base .. ':stats', 'cursor') or start), 0
  redis.call('HSET', base .. ':stats', 'cursor', string.format('%d', first))
  for _, part in ipairs({':tries', ':lane'}) do
    for _, id in ipairs(redis.call('HKEYS', base .. part)) do open[id] = true end
  end
  for id in pairs(open) do
    if redis.call('XRANGE', log, id, id)[1] then
      redis.call('HSETNX', base .. ':tries', id, 0)
      first = math.min(first, tonumber(string.match(id, '^%d+')) - 1)
    else
      redis.call('HDEL', base .. ':tries', id)
      lost = lost + 1
    end
  end
  for _, lane in ipairs(redis.call('HKEYS', base .. ':active')) do redis.call('UNLINK', base .. ':wait:' .. lane) end
  for _, consumer in ipairs(redis.call('HKEYS', base .. ':beats')) do redis.call('UNLINK', base .. ':ready:' .. consumer) end
  redis.call('UNLINK', base .. ':lane', base .. ':active', base .. ':later')
  redis.call('XGROUP', 'CREATE', log, group, string.format('%d-0', first), 'MKSTREAM')
  redis.call('HINCRBY', base .. ':stats', 'lost', lost)
  redis.call('HINCRBY', base .. ':stats', 'gone', lost)
end
-- Also what was handed out before the group was made again, until it is read again.
local function isMine(id)
  local reply = redis.pcall('XPENDING', log, group, id, id, 1)
  if reply.err then remake(0) end
  if reply.err or not reply[1] then return isAlive(me) and redis.call('HEXISTS', base .. ':tries', id) == 1 end
  return reply[1][2] == me
end
local function uncount(id)
  if redis.call('HINCRBY', base .. ':tries', id, -1) < 0 then redis.call('HSET', base .. ':tries', id, 0) end
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

/**
 * … place to start after, `new`, or epoch and place that a consumer knows, set of groups → 1 when the group was made.
 */
export const join = `${group}
local start = startOf(meta, ARGV[4])
local isNew = redis.pcall('XPENDING', log, group).err
if isNew and redis.call('HEXISTS', base .. ':stats', 'cursor') == 1 then
  remake(0)
elseif isNew then
  redis.call('XGROUP', 'CREATE', log, group, start .. '-0', 'MKSTREAM')
  redis.call('HSET', base .. ':stats', 'cursor', start)
end
redis.call('SADD', ARGV[5], group)
redis.call('HSET', base .. ':beats', me, 1)
redis.call('HSET', base .. ':stats', 'used', now())
return isNew and 1 or 0
`;

/**
 * … count, pattern, 'retries' or 'others', epoch and place to start after when Redis has lost group and cursor → 1 when
 * there may be more, deliveries {id, attempt, fields}, time until the next retry is due or nothing, how many entries
 * are lost when the group was made again, and how many were cut before they were read. Half of the count, and at least
 * one, goes to the kind that is named.
 */
export const take = `${group}${matchFunctions}${cutFunctions}
if not isAlive(me) then return {-1, {}} end
-- One time for all: what is due at the end was due for \`retries\`, and waits for a free place.
local count, time = tonumber(ARGV[4]), now()
local matches = matcherOf(ARGV[5])
local out = {}
local function give(id, fields)
  local attempt = redis.call('HINCRBY', base .. ':tries', id, 1)
  if attempt > 1 then redis.call('HINCRBY', base .. ':stats', 'redeliveries', 1) end
  out[#out + 1] = {id, attempt, fields}
end
local function sort(id, fields, isAgain)
  local entry = mapOf(fields)
  if isAgain and redis.call('HEXISTS', base .. ':tries', id) == 0 then
    redis.call('XACK', log, group, id)
    return
  end
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
local more, isCut = 0, false
local function lose(id)
  loseOne(id)
  isCut = true
end
-- Where the numbers were lost, the group itself knows.
local function lastRead()
  local groups = redis.pcall('XINFO', 'GROUPS', log)
  for _, fields in ipairs(groups.err and {} or groups) do
    local info = mapOf(fields)
    if info.name == group then return string.match(info['last-delivered-id'], '^%d+') end
  end
  return startOf(meta, ARGV[7])
end
local row = redis.call('HMGET', base .. ':stats', 'cursor', 'gone')
local gone = row[2]
local cursor = tonumber(row[1] or lastRead())
local before = row[1] and cursor
local function retries(most)
  if #out >= most then return end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. ':later', '-inf', time, 'LIMIT', 0, most - #out)) do
    redis.call('ZREM', base .. ':later', id)
    local entry = redis.call('XRANGE', log, id, id)[1]
    if entry then
      redis.call('XCLAIM', log, group, me, 0, id, 'JUSTID')
      local lane = redis.call('HGET', base .. ':lane', id)
      if lane then redis.call('HSET', base .. ':owner', lane, me) end
      give(id, entry[2])
    else
      lose(id)
    end
  end
end
local function others(most)
  while #out < most do
    local id = redis.call('LPOP', base .. ':ready:' .. me)
    if not id then break end
    local entry = redis.call('XRANGE', log, id, id)[1]
    if entry then give(id, entry[2]) else lose(id) end
  end
  for round = 1, 100 do
    if #out >= most then break end
    local reply = redis.pcall('XREADGROUP', 'GROUP', group, me, 'COUNT', most - #out, 'STREAMS', log, '>')
    if reply and reply.err then
      if not string.find(reply.err, 'NOGROUP') then error(reply) end
      remake(cursor)
      gone = redis.call('HGET', base .. ':stats', 'gone')
      reply = redis.call('XREADGROUP', 'GROUP', group, me, 'COUNT', most - #out, 'STREAMS', log, '>')
    end
    if not reply then
      more = 0
      break
    end
    more = 1
    for _, entry in ipairs(reply[1][2]) do
      local place = tonumber(string.match(entry[1], '^%d+'))
      if place > cursor + 1 then
        redis.call('HINCRBY', base .. ':stats', 'lost', place - cursor - 1)
        isCut = true
      end
      local isAgain = place <= cursor
      cursor = math.max(cursor, place)
      sort(entry[1], entry[2], isAgain)
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
local cut = (gone or isCut) and newlyLost(base .. ':stats')
if gone then redis.call('HDEL', base .. ':stats', 'gone') end
return {more, out, due and math.max(0, tonumber(due) - time) or false, tonumber(gone) or false, not gone and cut}
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
if ARGV[6] == '1' then uncount(id) end
-- One that is read again soon need not wait.
if not redis.call('XPENDING', log, group, id, id, 1)[1] then return 0 end
redis.call('ZADD', base .. ':later', now() + math.ceil(tonumber(ARGV[5])), id)
return 1
`;

/**
 * … entry, reason, maxDead, when, text of the notice or nothing → 1 when this consumer had the entry, or the id of the
 * dead letter that was dropped for it.
 */
export const dead = `${logFunctions}${letterFunctions}${ownedFunctions}${group}
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
local letter, dropped = bury(row, ARGV[6])
redis.call('HINCRBY', base .. ':stats', 'dead', 1)
finish(id)
if ARGV[8] ~= '' then
  local text = '{"id":"' .. letter .. '",' .. string.sub(ARGV[8], 2)
  refer(appendKeyed(log, meta, {'v', '1', 't', '$dead-letter', 'at', ARGV[7], 'p', text}, key), '$dead-letter', key)
end
return dropped or 1
`;

/**
 * … how long an idle lane keeps its owner, or nothing when that is not looked at → consumers and their heartbeats, and
 * how many entries others have made ready for this one; nothing when others took this one over.
 */
export const beat = `${group}
local rows, mine = redis.call('HGETALL', base .. ':beats'), nil
for i = 1, #rows, 2 do
  if rows[i] == me then mine = tonumber(rows[i + 1]) end
end
if not mine or mine < 0 then return false end
redis.call('HSET', base .. ':beats', me, string.format('%d', mine + 1))
if ARGV[4] ~= '' then
  local time = now()
  redis.call('HSET', base .. ':stats', 'used', time)
  for _, lane in ipairs(redis.call('ZRANGEBYSCORE', base .. ':seen', '-inf', time - tonumber(ARGV[4]), 'LIMIT', 0, 1000)) do
    if redis.call('HEXISTS', base .. ':active', lane) == 1 then
      redis.call('ZADD', base .. ':seen', time, lane)
    else
      redis.call('ZREM', base .. ':seen', lane)
      redis.call('HDEL', base .. ':owner', lane)
    end
  end
end
return {rows, redis.call('LLEN', base .. ':ready:' .. me)}
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
  local rows = redis.pcall('XPENDING', log, group, start, '+', 200, from)
  if rows.err then
    remake(0)
    rows = {}
  end
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
  if isMine(ARGV[i]) then uncount(ARGV[i]) end
end
if not redis.pcall('XPENDING', log, group).err and redis.call('XPENDING', log, group, '-', '+', 1, me)[1] then
  redis.call('HSET', base .. ':beats', me, -1)
else
  redis.call('HDEL', base .. ':beats', me)
  redis.pcall('XGROUP', 'DELCONSUMER', log, group, me)
end
return 1
`;
