import { followFunctions } from './follow-scripts.ts';

/**
 * What must happen at once to the log in Redis, as Lua. Keys of one bus share the hash tag `{prefix}`.
 *
 * Log entries have the ids `1-0`, `2-0`, … so that a place in the log is a number here as in the other transports,
 * whatever the server's clock says.
 */

/** Tests of topics, put before scripts. */
export const matchFunctions = `
local function split(text)
  local parts = {}
  for part in string.gmatch(text, '[^:]+') do parts[#parts + 1] = part end
  return parts
end
local function alternativeOf(pattern)
  local wanted = split(pattern)
  local open = wanted[#wanted] == '**'
  if open then wanted[#wanted] = nil end
  return function(topic)
    -- No wildcard brings the bus's own topics.
    if (wanted[1] or '*') == '*' and string.sub(topic, 1, 1) == '$' then return false end
    local parts = split(topic)
    if open and #parts <= #wanted or not open and #parts ~= #wanted then return false end
    for i = 1, #wanted do
      if wanted[i] ~= '*' and wanted[i] ~= parts[i] then return false end
    end
    return true
  end
end
-- Alternatives have a blank between.
local function matcherOf(pattern)
  local some = {}
  for one in string.gmatch(pattern, '[^ ]+') do some[#some + 1] = alternativeOf(one) end
  if #some == 1 then return some[1] end
  return function(topic)
    for i = 1, #some do
      if some[i](topic) then return true end
    end
    return false
  end
end
`;

/**
 * Owned groups, put before scripts that write to the log. Beside the log lie
 *   owned        hash  owned group → its pattern
 *   heads        hash  key → place of its newest event; each event names the one before it (`b`)
 *   o:<group>:…  see owner-scripts
 * Whatever stores an event writes a reference to it for each owned group that wants it, in the same step: a field of one
 * hash (`refs`, place → partition, three digits, and `k` and the key), and for its owner an entry of its inbox. Both are
 * written once per batch, as a command costs several times what a field costs.
 */
export const ownedFunctions = `${matchFunctions}
local prefix = string.sub(KEYS[1], 1, -4)
local ownedGroups
local function loadOwned()
  ownedGroups = {}
  local row = redis.call('HGETALL', prefix .. 'owned')
  for i = 1, #row, 2 do
    ownedGroups[#ownedGroups + 1] = {name = row[i], base = prefix .. 'o:' .. row[i] .. ':', matches = matcherOf(row[i + 1])}
  end
end
-- As partitionOf in partition.ts.
local function partitionOf(key)
  local hash = 0
  for i = 1, #key do hash = (hash * 65599 + string.byte(key, i)) % 4294967296 end
  return math.floor(hash % 65521 * 40503 % 65536 / 256)
end
local function referenceTo(n, key)
  if key then return string.format('%03dk', partitionOf(key)) .. key end
  return string.format('%03d', n * 157 % 256)
end
-- The groups that want a topic.
local wanting, references = {}, {}
local function groupsOf(topic)
  local found = wanting[topic]
  if found then return found end
  if not ownedGroups then loadOwned() end
  found = {}
  for i = 1, #ownedGroups do
    if ownedGroups[i].matches(topic) then found[#found + 1] = ownedGroups[i].base end
  end
  wanting[topic] = found
  return found
end
local function referFrom(base, place, reference)
  local list = references[base]
  if not list then
    list = {}
    references[base] = list
  end
  list[#list + 1] = place
  list[#list + 1] = reference
end
-- Writes the references of this script's events, and tells the owners.
local function deliver()
  for base, list in pairs(references) do
    redis.call('HSET', base .. 'refs', unpack(list))
    local parts, inboxes, sub = {}, {}, string.sub
    for i = 2, #list, 2 do parts[i / 2] = sub(list[i], 1, 3) end
    local owners = redis.call('HMGET', base .. 'own', unpack(parts))
    for i = 1, #parts do
      if owners[i] then
        local server = sub(owners[i], 1, 36)
        local inbox = inboxes[server]
        if not inbox then
          inbox = {}
          inboxes[server] = inbox
        end
        inbox[#inbox + 1] = list[i * 2 - 1]
        inbox[#inbox + 1] = list[i * 2]
      end
    end
    for server, inbox in pairs(inboxes) do redis.call('XADD', base .. 'in:' .. server, '*', unpack(inbox)) end
  end
end
-- Appends an event, with a key's chain where it has one; returns its place.
local function appendKeyed(log, meta, fields, key)
  if key then
    local before = redis.call('HGET', prefix .. 'heads', key)
    for _, field in ipairs(before and {'k', key, 'b', before} or {'k', key}) do fields[#fields + 1] = field end
  end
  local n = append(log, meta, fields)
  if key then redis.call('HSET', prefix .. 'heads', key, string.format('%d', n)) end
  return n
end
local function refer(n, topic, key)
  for _, base in ipairs(groupsOf(topic)) do referFrom(base, string.format('%d', n), referenceTo(n, key)) end
  deliver()
end
`;

/** Functions about the log, put before scripts. */
export const logFunctions = `
local function lastOf(log)
  if redis.call('EXISTS', log) == 0 then return 0 end
  local info = redis.call('XINFO', 'STREAM', log)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return tonumber(string.match(info[i + 1], '^%d+')) end
  end
end
local function fieldOf(fields, name)
  for i = 1, #fields, 2 do
    if fields[i] == name then return fields[i + 1] end
  end
end
-- After the last entry, also when somebody else wrote it; returns its place.
local function append(log, meta, fields)
  local n = tonumber(redis.call('HGET', meta, 'n') or '0') + 1
  local added = redis.pcall('XADD', log, string.format('%d-0', n), unpack(fields))
  if type(added) == 'table' then
    n = math.max(n, lastOf(log) + 1)
    redis.call('XADD', log, string.format('%d-0', n), unpack(fields))
  end
  redis.call('HSET', meta, 'n', string.format('%d', n))
  return n
end
-- The lowest place that is kept. Where a key was forgotten at the beginning of the log, nothing was cut: \`erased\` says
-- from where on, and what is first since.
local function firstOf(log, meta, n)
  local entry = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local first = entry and tonumber(string.match(entry[1], '^%d+')) or n + 1
  local from, to = string.match(redis.call('HGET', meta, 'erased') or '', '^(%d+):(%d+)$')
  if tonumber(to) == first then return tonumber(from), first end
  return first, first
end
local function epochOf(log, meta, candidate)
  local epoch = redis.call('HGET', meta, 'epoch')
  if epoch then return epoch end
  redis.call('HSET', meta, 'epoch', candidate, 'n', lastOf(log))
  -- What refers to places of a log before is not of this one.
  local before = string.sub(log, 1, -4)
  redis.call('UNLINK', before .. 'heads')
  local owned = redis.call('HKEYS', before .. 'owned')
  for _, name in ipairs(owned) do
    redis.call('UNLINK', before .. 'o:' .. name .. ':refs', before .. 'o:' .. name .. ':tries')
  end
  return candidate
end
`;

/** The server's clock in milliseconds, put before scripts. */
export const clockFunctions = `
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`;

/** KEYS log meta; ARGV candidate epoch, highest place known here → epoch, last place. */
export const check = `${logFunctions}
local epoch = epochOf(KEYS[1], KEYS[2], ARGV[1])
local n = tonumber(redis.call('HGET', KEYS[2], 'n'))
-- The server came back with older data: places that were given out before are not given out again.
if n < tonumber(ARGV[2]) and ARGV[3] == epoch then
  n = tonumber(ARGV[2]) + 1000
  redis.call('HSET', KEYS[2], 'n', n)
end
return {epoch, n}
`;

/**
 * Stores a batch of events, put before scripts. `store(at)` reads from ARGV[at]: candidate, maxlen, maximal age, window,
 * dedupe prefix, events, then per event: topic at payload key count, where key is empty or its
 * partition, three digits, `k` and the key, and a fence may follow the count after a blank; then the `count` dedupe ids of each event, one list.
 * Returns epoch, then per event its place, or minus the place of the event it repeats, or 0 when its fence does not hold.
 *
 * Dedupe ids are fields of two hashes, `<place>:<time>`: the recent one becomes the former one after each window, and
 * that one goes. A command costs about 2 µs here, a field 0.3: so few commands per event, and some per batch.
 */
export const storeFunctions = `${logFunctions}${clockFunctions}${ownedFunctions}${followFunctions}
local call, argv, log, meta = redis.call, ARGV, KEYS[1], KEYS[2]
local function holds(fence)
  local p, owner, name = string.match(fence, '^%d+:(%d+):([^:]+):(.+)$')
  return p and call('HGET', prefix .. 'o:' .. name .. ':own', string.format('%03d', tonumber(p))) == owner
end
-- Forgets keys whose newest event was cut, and references to what was cut, some at a time, once there are more of them
-- than events.
local function sweep(n)
  local first = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local floor = first and tonumber(string.match(first[1], '^%d+')) or n
  local function scan(key, cursor, isGone)
    if call('HLEN', key) < n - floor + 1000 then return {} end
    local page = call('HSCAN', key, call('HGET', meta, cursor) or '0', 'COUNT', 600)
    call('HSET', meta, cursor, page[1])
    local gone = {}
    for i = 1, #page[2], 2 do
      if tonumber(isGone(page[2][i], page[2][i + 1])) < floor then gone[#gone + 1] = page[2][i] end
    end
    return gone
  end
  local keys = scan(prefix .. 'heads', 'swept', function(_, place) return place end)
  if #keys > 0 then call('HDEL', prefix .. 'heads', unpack(keys)) end
  if not ownedGroups then loadOwned() end
  for _, group in ipairs(ownedGroups) do
    local gone = scan(group.base .. 'refs', 'swept:' .. group.name, function(place) return place end)
    if #gone > 0 then
      call('HDEL', group.base .. 'refs', unpack(gone))
      call('HDEL', group.base .. 'tries', unpack(gone))
      call('HINCRBY', group.base .. 'stats', 'lost', #gone)
    end
  end
end
local function store(at)
  local window, recent, former = tonumber(argv[at + 3]), argv[at + 4] .. 'recent', argv[at + 4] .. 'former'
  local epoch = epochOf(log, meta, argv[at])
  local row = call('HMGET', meta, 'n', 'turned', 'following')
  loadFollowing(row[3])
  local before, time, out, fields = tonumber(row[1]), now(), {epoch}, {}
  local n = before
  local events = at + 6
  local ids = events + tonumber(argv[at + 5]) * 5
  local known = {}
  local function remember(values)
    for i = 1, #values do
      if values[i] then
        local place, age = string.match(values[i], '^(%d+):(%d+)$')
        if time - tonumber(age) < window then known[argv[ids + i - 1]] = tonumber(place) end
      end
    end
  end
  if ids <= #argv then
    if time - tonumber(row[2] or '0') >= window then
      call('UNLINK', former)
      if call('EXISTS', recent) == 1 then call('RENAME', recent, former) end
      call('HSET', meta, 'turned', time)
    end
    remember(call('HMGET', former, unpack(argv, ids)))
    remember(call('HMGET', recent, unpack(argv, ids)))
  end
  local heads, changed, keys, keyOf = {}, {}, {}, {}
  for i = events, ids - 5, 5 do
    if argv[i + 3] ~= '' then
      local key = string.sub(argv[i + 3], 5)
      keyOf[i] = key
      keys[#keys + 1] = key
    end
  end
  if #keys > 0 then
    local places = call('HMGET', prefix .. 'heads', unpack(keys))
    for i = 1, #keys do heads[keys[i]] = places[i] or nil end
  end
  local stamp = string.format(':%d', time)
  local function add(i, id, key)
    if not key then
      return redis.pcall('XADD', log, id, 'v', '1', 't', argv[i], 'at', argv[i + 1], 'p', argv[i + 2])
    end
    local before = heads[key]
    if not before then
      return redis.pcall('XADD', log, id, 'v', '1', 't', argv[i], 'at', argv[i + 1], 'p', argv[i + 2], 'k', key)
    end
    return redis.pcall('XADD', log, id, 'v', '1', 't', argv[i], 'at', argv[i + 1], 'p', argv[i + 2], 'k', key, 'b', before)
  end
  local failure
  for i = events, ids - 5, 5 do
    local count, fence, seen = tonumber(argv[i + 4]), nil, nil
    if not count then
      count, fence = string.match(argv[i + 4], '^(%d+) (.*)$')
      count = tonumber(count)
    end
    local last = ids + count - 1
    for j = ids, last do seen = seen or known[argv[j]] end
    if fence and not holds(fence) then
      out[#out + 1] = 0
    elseif seen then
      out[#out + 1] = -seen
    else
      local key = keyOf[i]
      local place = string.format('%d', n + 1)
      local id = place .. '-0'
      local added = add(i, id, key)
      if type(added) == 'table' then
        -- Somebody else wrote to the log: go on after that.
        n = math.max(n, lastOf(log))
        place = string.format('%d', n + 1)
        id = place .. '-0'
        added = add(i, id, key)
      end
      if type(added) == 'table' then
        failure = added
        break
      end
      n = n + 1
      out[#out + 1] = n
      local wanted = groupsOf(argv[i])
      if #wanted > 0 then
        local reference = key and argv[i + 3] or referenceTo(n)
        for j = 1, #wanted do referFrom(wanted[j], place, reference) end
      end
      if key then
        if following then refollow(place, argv[i], key) end
        heads[key] = place
        changed[#changed + 1] = key
        changed[#changed + 1] = place
      end
      for j = ids, last do
        known[argv[j]] = n
        fields[#fields + 1] = argv[j]
        fields[#fields + 1] = place .. stamp
      end
    end
    ids = last + 1
  end
  call('HSET', meta, 'n', n)
  if #fields > 0 then call('HSET', recent, unpack(fields)) end
  if #changed > 0 then call('HSET', prefix .. 'heads', unpack(changed)) end
  deliver()
  if following then bring() end
  call('XTRIM', log, 'MAXLEN', '~', argv[at + 1])
  if math.floor(n / 100) > math.floor(before / 100) then
    -- Age is looked at once in a hundred events, and cut faster than events come.
    for _ = 1, 300 do
      local first = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
      local published = first and fieldOf(first[2], 'at')
      if not published or time - tonumber(published) <= tonumber(argv[at + 2]) then break end
      call('XDEL', log, first[1])
    end
  end
  if math.floor(n / 256) > math.floor(before / 256) then sweep(n) end
  return failure or out
end
`;

/** KEYS log meta dead; ARGV see `store`. */
export const publish = `${storeFunctions}
return store(1)
`;

/**
 * KEYS log meta dead; ARGV candidate, key, place to walk from or nothing, after, limit → epoch, last, first, place to
 * walk on from or 0, places found, the newest first, and when the walk has ended the entries of the oldest of them, and 1 when
 * events of the key after the place are gone, or may be.
 * Walks back from the key's newest event, so that it costs what the key's events after the place cost.
 */
export const walkKey = `${logFunctions}
local log = KEYS[1]
local epoch = epochOf(log, KEYS[2], ARGV[1])
local n = tonumber(redis.call('HGET', KEYS[2], 'n'))
local after, limit = tonumber(ARGV[4]), tonumber(ARGV[5])
local place = tonumber(ARGV[3] ~= '' and ARGV[3] or redis.call('HGET', string.sub(log, 1, -4) .. 'heads', ARGV[2]) or '0')
local first = firstOf(log, KEYS[2], n)
local places, kept, steps, isCut = {}, {}, 0, place == 0 and first > after + 1
while place > after and steps < 5000 do
  steps = steps + 1
  local id = string.format('%d-0', place)
  local entry = redis.call('XRANGE', log, id, id)[1]
  if not entry then
    isCut = true
    place = 0
    break
  end
  -- What was given back to one group is nobody else's.
  if not fieldOf(entry[2], 'g') then
    kept[#places % limit] = entry
    places[#places + 1] = place
  end
  place = tonumber(fieldOf(entry[2], 'b') or '0')
end
local entries = {}
if place <= after then
  place = 0
  for i = #places - 1, math.max(0, #places - limit), -1 do entries[#entries + 1] = kept[i % limit] end
end
return {epoch, n, first, place, places, entries, isCut and 1 or 0}
`;

/** KEYS log meta dead; ARGV candidate, places → epoch, last, first, entries of those that are there. */
export const readPlaces = `${logFunctions}
local epoch = epochOf(KEYS[1], KEYS[2], ARGV[1])
local n, entries = tonumber(redis.call('HGET', KEYS[2], 'n')), {}
for i = 2, #ARGV do
  local id = ARGV[i] .. '-0'
  entries[#entries + 1] = redis.call('XRANGE', KEYS[1], id, id)[1]
end
return {epoch, n, firstOf(KEYS[1], KEYS[2], n), entries}
`;

/** KEYS log meta; ARGV candidate, after, limit → epoch, last, first, entries. */
export const read = `${logFunctions}
local log = KEYS[1]
local epoch = epochOf(log, KEYS[2], ARGV[1])
local n = tonumber(redis.call('HGET', KEYS[2], 'n'))
local entries = redis.call('XRANGE', log, string.format('%d-0', tonumber(ARGV[2]) + 1), '+', 'COUNT', ARGV[3])
return {epoch, n, firstOf(log, KEYS[2], n), entries}
`;

/** KEYS log meta dead; ARGV candidate, letter → 1 when it was put back into the log for its group. */
export const retry = `${logFunctions}${ownedFunctions}
local letter = redis.call('XRANGE', KEYS[3], ARGV[2], ARGV[2])[1]
if not letter then return 0 end
epochOf(KEYS[1], KEYS[2], ARGV[1])
local row, origin, only, key = {}, nil, nil, nil
for i = 1, #letter[2], 2 do
  local name, value = letter[2][i], letter[2][i + 1]
  if name == '_group' then
    only = value
    row[#row + 1] = 'g'
    row[#row + 1] = value
  elseif name == '_id' then
    origin = origin or string.match(value, '^%d+')
  elseif name == 'o' then
    origin = value
  elseif name == 'k' then
    key = value
  elseif string.sub(name, 1, 1) ~= '_' and name ~= 'g' and name ~= 'b' then
    row[#row + 1] = name
    row[#row + 1] = value
  end
end
row[#row + 1] = 'o'
row[#row + 1] = origin
if redis.call('HEXISTS', prefix .. 'owned', only) == 0 and redis.call('SISMEMBER', prefix .. 'groups', only) == 0 then
  return 0
end
redis.call('XDEL', KEYS[3], ARGV[2])
local n = appendKeyed(KEYS[1], KEYS[2], row, key)
if redis.call('HEXISTS', prefix .. 'owned', only) == 1 then
  referFrom(prefix .. 'o:' .. only .. ':', string.format('%d', n), referenceTo(n, key))
  deliver()
end
return 1
`;

/** KEYS log meta dead; ARGV set of groups, base prefix → depth, dead letters, per group: name cursor-lag pending counts. */
export const stats = `
local n = tonumber(redis.call('HGET', KEYS[2], 'n') or '0')
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local floor = first and tonumber(string.match(first[1], '^%d+')) - 1 or n
local groups = {}
for _, group in ipairs(redis.call('SMEMBERS', ARGV[1])) do
  local pending = redis.pcall('XPENDING', KEYS[1], group)
  if not pending.err then
    local row = redis.call('HMGET', ARGV[2] .. group .. ':stats', 'cursor', 'redeliveries', 'dead', 'lost')
    local cursor = math.max(tonumber(row[1] or '0'), floor)
    groups[#groups + 1] = {group, math.max(0, n - cursor), pending[1], tonumber(row[2] or '0'), tonumber(row[3] or '0'), tonumber(row[4] or '0')}
  end
end
local prefix = string.sub(KEYS[1], 1, -4)
for _, group in ipairs(redis.call('HKEYS', prefix .. 'owned')) do
  local base = prefix .. 'o:' .. group .. ':'
  local row = redis.call('HMGET', base .. 'stats', 'redeliveries', 'dead', 'lost')
  local waiting, started = redis.call('HLEN', base .. 'refs'), redis.call('HLEN', base .. 'tries')
  groups[#groups + 1] = {group, math.max(0, waiting - started), started, tonumber(row[1] or '0'), tonumber(row[2] or '0'), tonumber(row[3] or '0')}
end
return {redis.call('XLEN', KEYS[1]), redis.call('XLEN', KEYS[3]), groups}
`;

/**
 * KEYS log meta dead; ARGV time to live → 1 for each group that ended. `used` of a group's numbers is when a consumer of
 * it was there last, by the server's clock; a group from before that was noted begins now.
 */
export const endGroups = `${clockFunctions}
local prefix, time, ended = string.sub(KEYS[1], 1, -4), now(), 0
local function isOver(stats)
  local used = tonumber(redis.call('HGET', stats, 'used') or '0')
  if used == 0 then redis.call('HSET', stats, 'used', time) end
  return used > 0 and time - used >= tonumber(ARGV[1])
end
for _, name in ipairs(redis.call('SMEMBERS', prefix .. 'groups')) do
  local base = prefix .. 'g:' .. name
  if isOver(base .. ':stats') then
    ended = ended + 1
    for _, lane in ipairs(redis.call('HKEYS', base .. ':active')) do redis.call('UNLINK', base .. ':wait:' .. lane) end
    for _, consumer in ipairs(redis.call('HKEYS', base .. ':beats')) do redis.call('UNLINK', base .. ':ready:' .. consumer) end
    for _, part in ipairs({'beats', 'tries', 'lane', 'owner', 'seen', 'active', 'stats'}) do redis.call('UNLINK', base .. ':' .. part) end
    redis.pcall('XGROUP', 'DESTROY', KEYS[1], name)
    redis.call('SREM', prefix .. 'groups', name)
  end
end
for _, name in ipairs(redis.call('HKEYS', prefix .. 'owned')) do
  local base = prefix .. 'o:' .. name .. ':'
  if isOver(base .. 'stats') then
    ended = ended + 1
    for _, owner in ipairs(redis.call('HKEYS', base .. 'beats')) do redis.call('UNLINK', base .. 'in:' .. owner) end
    for _, part in ipairs({'refs', 'own', 'want', 'beats', 'leaving', 'tries', 'state', 'stats'}) do redis.call('UNLINK', base .. part) end
    redis.call('HDEL', prefix .. 'owned', name)
  end
end
return ended
`;
