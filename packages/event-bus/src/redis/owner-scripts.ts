import { clockFunctions, cutFunctions, letterFunctions, logFunctions, startFunctions } from './log-scripts.ts';
import { planFunctions } from './plan-scripts.ts';
import { ownedFunctions } from './reference-scripts.ts';
import { storeFunctions } from './store-scripts.ts';

/**
 * What must happen at once to an owned group in Redis, as Lua; `base` names its keys:
 *   refs    hash    place of an event that is not settled → its partition, three digits, and `k` and its key
 *   own     hash    partition → `<server>#<token>`; the token rises with each change. And `long`, see `plan`
 *   want    hash    partition → server that gets it when its owner releases it
 *   in:<server>  stream  references for this server, several an entry; `look`: `own` or `want` has changed
 *   beats   hash    server → heartbeats so far
 *   leaving hash    server → 1 when it takes no more
 *   tries   hash    event → deliveries started
 *   state   hash    key → its state
 *   stats   hash    token, redeliveries, dead, lost, reported, used
 */
/** Shared by the scripts of an owned group: KEYS log meta dead; ARGV group, base, server, … */
const ownedGroup = `
local log, meta = KEYS[1], KEYS[2]
local group, base, me = ARGV[1], ARGV[2], ARGV[3]
local function isOwn(p, owner) return redis.call('HGET', base .. 'own', p) == owner end
local function uncount(id)
  if redis.call('HINCRBY', base .. 'tries', id, -1) <= 0 then redis.call('HDEL', base .. 'tries', id) end
end
local function ring(server) redis.call('XADD', base .. 'in:' .. server, '*', 'look', '') end
`;

/** … place to start after, `new`, or epoch and place that an owner knows, pattern → 1 when the group was made. */
export const ownJoin = `${clockFunctions}${startFunctions}${logFunctions}${ownedFunctions}${ownedGroup}${planFunctions}
local partitions = redis.call('HGET', meta, 'partitions')
if not partitions then
  redis.call('HSET', meta, 'partitions', 256)
elseif partitions ~= '256' then
  return redis.error_reply('PARTITIONS this bus has ' .. partitions .. ' partitions, this release needs 256')
end
local isNew = redis.call('HSET', prefix .. 'owned', group, ARGV[5])
if isNew == 1 and ARGV[4] ~= 'new' then
  local matches, start = matcherOf(ARGV[5]), string.format('%d-0', tonumber(startOf(meta, ARGV[4])) + 1)
  while true do
    local rows = redis.call('XRANGE', log, start, '+', 'COUNT', 500)
    for _, entry in ipairs(rows) do
      local topic, only = fieldOf(entry[2], 't'), fieldOf(entry[2], 'g')
      if topic and not only and matches(topic) then
        local place = string.match(entry[1], '^%d+')
        redis.call('HSET', base .. 'refs', place, referenceTo(tonumber(place), fieldOf(entry[2], 'k')))
      end
      start = '(' .. entry[1]
    end
    if #rows < 500 then break end
  end
end
redis.call('HSET', base .. 'stats', 'used', now())
redis.call('HSET', base .. 'beats', me, 1)
plan()
return isNew
`;

/**
 * … → owners and wants of all partitions, 1 when the group is registered, when a delayed entry is due or nothing, and
 * how many events were cut before the group had read them.
 */
export const ownLook = `${clockFunctions}${cutFunctions}${ownedGroup}${planFunctions}
if redis.call('EXISTS', base .. 'own') == 0 then plan() end
local isRegistered = redis.call('HEXISTS', string.sub(log, 1, -4) .. 'owned', group)
return {redis.call('HGETALL', base .. 'own'), redis.call('HGETALL', base .. 'want'), isRegistered, redis.call('HGET', meta, 'due'), newlyLost(base .. 'stats')}
`;

/**
 * … per event: partition, owner, place, `k` and the key whose state is wanted or nothing → per event its attempt,
 * fields and state; 0 when the partition is another's; -1 when history was cut.
 */
export const ownStart = `${ownedGroup}
local out, own = {}, {}
for i = 4, #ARGV, 4 do
  local p, id = ARGV[i], ARGV[i + 2]
  if own[p] == nil then own[p] = isOwn(p, ARGV[i + 1]) end
  if not own[p] then
    out[#out + 1] = 0
  else
    local entry = redis.call('XRANGE', log, id .. '-0', id .. '-0')[1]
    if entry then
      local attempt = redis.call('HINCRBY', base .. 'tries', id, 1)
      if attempt > 1 then redis.call('HINCRBY', base .. 'stats', 'redeliveries', 1) end
      local state = ARGV[i + 3] ~= '' and redis.call('HGET', base .. 'state', string.sub(ARGV[i + 3], 2)) or false
      out[#out + 1] = {attempt, entry[2], state}
    else
      if redis.call('HDEL', base .. 'refs', id) == 1 then redis.call('HINCRBY', base .. 'stats', 'lost', 1) end
      redis.call('HDEL', base .. 'tries', id)
      out[#out + 1] = -1
    end
  end
end
return out
`;

/** … per event: partition, owner, place → 1 for each that was its owner's and not settled. */
export const ownDone = `${ownedGroup}
local out = {}
for i = 4, #ARGV, 3 do
  local done = isOwn(ARGV[i], ARGV[i + 1]) and redis.call('HDEL', base .. 'refs', ARGV[i + 2]) or 0
  if done == 1 then redis.call('HDEL', base .. 'tries', ARGV[i + 2]) end
  out[#out + 1] = done
end
return out
`;

/**
 * … partition, owner, place → 1 when it was its owner's and not settled: this delivery does not count as an attempt.
 */
export const ownReturn = `${ownedGroup}
if not isOwn(ARGV[4], ARGV[5]) or redis.call('HEXISTS', base .. 'refs', ARGV[6]) == 0 then return 0 end
uncount(ARGV[6])
return 1
`;

/**
 * … partition, owner, place, reason, maxDead, when, text of the notice or nothing → 1 when it was its owner's, or the
 * id of the dead letter that was dropped for it.
 */
export const ownDead = `${logFunctions}${letterFunctions}${ownedFunctions}${ownedGroup}
local p, id = ARGV[4], ARGV[6]
if not isOwn(p, ARGV[5]) or redis.call('HEXISTS', base .. 'refs', id) == 0 then return 0 end
local entry = redis.call('XRANGE', log, id .. '-0', id .. '-0')[1]
local tries = redis.call('HGET', base .. 'tries', id) or '0'
redis.call('HDEL', base .. 'refs', id)
redis.call('HDEL', base .. 'tries', id)
if not entry then
  redis.call('HINCRBY', base .. 'stats', 'lost', 1)
  return 1
end
local row, key = entry[2], fieldOf(entry[2], 'k')
for _, extra in ipairs({'_group', group, '_id', id .. '-0', '_attempts', tries, '_reason', ARGV[7]}) do row[#row + 1] = extra end
local letter, dropped = bury(row, ARGV[8])
redis.call('HINCRBY', base .. 'stats', 'dead', 1)
if ARGV[10] ~= '' then
  local text = '{"id":"' .. letter .. '",' .. string.sub(ARGV[10], 2)
  refer(appendKeyed(log, meta, {'v', '1', 't', '$dead-letter', 'at', ARGV[9], 'p', text}, key), '$dead-letter', key)
end
return dropped or 1
`;

/**
 * KEYS log meta dead; ARGV writer, batch, group, base, server, `k` and the key whose state is kept or nothing, its
 * state, fences and per fence partition, owner; inputs and the place of each; then see `store` → what `store` returns;
 * 0 when a fence does not hold, -1 when an input was settled, -2 when the key is not theirs.
 */
export const ownCommit = `${storeFunctions}
local base, at, owned = ARGV[4], 9, {}
local function refuse(why)
  if (tonumber(call('HGET', meta, ARGV[1])) or 0) == tonumber(ARGV[2]) - 1 then call('HSET', meta, ARGV[1], ARGV[2]) end
  return why
end
for _ = 1, tonumber(ARGV[8]) do
  if redis.call('HGET', base .. 'own', ARGV[at]) ~= ARGV[at + 1] then return refuse(0) end
  owned[tonumber(ARGV[at])] = true
  at = at + 2
end
local first = at + 1
at = first + tonumber(ARGV[at])
for i = first, at - 1 do
  if redis.call('HEXISTS', base .. 'refs', ARGV[i]) == 0 then return refuse(-1) end
end
local key = ARGV[6] ~= '' and string.sub(ARGV[6], 2)
if key and not owned[partitionOf(key)] then return refuse(-2) end
-- All that can fail comes first: when memory is full, Redis refuses before the first write.
local stored = store(at, ARGV[1], tonumber(ARGV[2]))
if stored.err or stored.ok then return stored end
if at > first then
  redis.call('HDEL', base .. 'refs', unpack(ARGV, first, at - 1))
  redis.call('HDEL', base .. 'tries', unpack(ARGV, first, at - 1))
end
if key and ARGV[7] ~= '' then redis.call('HSET', base .. 'state', key, string.sub(ARGV[7], 2)) end
if key and ARGV[7] == '' then redis.call('HDEL', base .. 'state', key) end
return stored
`;

/**
 * … id of the newest entry of its inbox that was read since the last time, or nothing; 1 when the group's use is to be
 * noted, or nothing → servers and their heartbeats, or nothing when given up. Two commands while nothing happens.
 */
export const ownBeat = `${clockFunctions}${ownedGroup}
local rows, mine = redis.call('HGETALL', base .. 'beats'), nil
for i = 1, #rows, 2 do
  if rows[i] == me then mine = tonumber(rows[i + 1]) end
end
if not mine then return false end
redis.call('HSET', base .. 'beats', me, string.format('%d', mine + 1))
if ARGV[4] ~= '' then redis.call('XTRIM', base .. 'in:' .. me, 'MINID', ARGV[4]) end
if ARGV[5] ~= '' then redis.call('HSET', base .. 'stats', 'used', now()) end
return rows
`;

/** … server to take over from, its heartbeats as observed → 1 when it was given up. */
export const ownAdopt = `${clockFunctions}${ownedGroup}${planFunctions}
local dead = ARGV[4]
if redis.call('HEXISTS', base .. 'beats', me) == 0 or redis.call('HGET', base .. 'beats', dead) ~= ARGV[5] then return 0 end
redis.call('HDEL', base .. 'beats', dead)
redis.call('HDEL', base .. 'leaving', dead)
redis.call('UNLINK', base .. 'in:' .. dead)
plan()
return 1
`;

/**
 * … per partition: partition, owner, and how many places follow whose last delivery does not count. Gives each to the
 * one that is to get it.
 */
export const ownRelease = `${clockFunctions}${ownedGroup}${planFunctions}
local isOrphaned, i = false, 4
while i < #ARGV do
  local last = i + 2 + tonumber(ARGV[i + 2])
  if isOwn(ARGV[i], ARGV[i + 1]) then
    for j = i + 3, last do uncount(ARGV[j]) end
    local aim = redis.call('HGET', base .. 'want', ARGV[i])
    if aim and redis.call('HEXISTS', base .. 'beats', aim) == 1 and redis.call('HEXISTS', base .. 'leaving', aim) == 0 then
      give(ARGV[i], aim)
    else
      redis.call('HDEL', base .. 'own', ARGV[i])
      isOrphaned = true
    end
  end
  i = last + 1
end
if isOrphaned then plan() end
return 1
`;

/** … takes no more partitions; the others get those that it has. */
export const ownRetire = `${clockFunctions}${ownedGroup}${planFunctions}
if redis.call('HEXISTS', base .. 'beats', me) == 1 then
  redis.call('HSET', base .. 'leaving', me, 1)
  plan()
end
return 1
`;

/** … leaves; what it still has goes to the others. */
export const ownLeave = `${clockFunctions}${ownedFunctions}${ownedGroup}${planFunctions}
redis.call('HDEL', base .. 'beats', me)
redis.call('HDEL', base .. 'leaving', me)
redis.call('UNLINK', base .. 'in:' .. me)
if redis.call('HEXISTS', prefix .. 'owned', group) == 1 then
  redis.call('HSET', base .. 'stats', 'used', now())
  plan()
end
return 1
`;
