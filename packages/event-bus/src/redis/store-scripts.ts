import { followFunctions } from './follow-scripts.ts';
import { clockFunctions, logFunctions } from './log-scripts.ts';
import { ownedFunctions } from './reference-scripts.ts';

/**
 * Stores a batch of events, put before scripts. `store(at)` reads from ARGV[at]: candidate, maxlen, maximal age, window,
 * dedupe prefix, events, then per event: topic at payload key count, where key is empty or its partition, three digits,
 * `k` and the key, and a fence may follow the count after a blank; then the `count` dedupe ids of each event, one list.
 * Returns epoch, then per event its place, or minus the place of the event it repeats, or 0 when its fence does not hold.
 *
 * Dedupe ids are fields of two hashes, `<place>:<time>`: the recent one becomes the former one after each window, and
 * that one goes. A command costs about 2 µs here, a field 0.3: so one command per event, and some per batch. An event's id
 * is its place alone, as Redis adds the `-0`.
 */
export const storeFunctions = `${logFunctions}${clockFunctions}${ownedFunctions}${followFunctions}
local call, try, argv, log, meta, format, sub = redis.call, redis.pcall, ARGV, KEYS[1], KEYS[2], string.format, string.sub
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
-- A list with room for so many, whatever is in it now: one that grows is copied each time that it doubles.
local function roomFor(count) return {unpack(argv, 1, count)} end
local function store(at)
  local window, recent, former = tonumber(argv[at + 3]), argv[at + 4] .. 'recent', argv[at + 4] .. 'former'
  local row = call('HMGET', meta, 'epoch', 'n', 'turned', 'following')
  local epoch, before, time = row[1], tonumber(row[2]), now()
  if not epoch then
    epoch = epochOf(log, meta, argv[at])
    before = tonumber(call('HGET', meta, 'n'))
  end
  loadFollowing(row[4])
  local n = before
  local count, events = tonumber(argv[at + 5]), at + 6
  local ids = events + count * 5
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
    if time - tonumber(row[3] or '0') >= window then
      call('UNLINK', former)
      if call('EXISTS', recent) == 1 then call('RENAME', recent, former) end
      call('HSET', meta, 'turned', time)
    end
    if call('EXISTS', former) == 1 then remember(call('HMGET', former, unpack(argv, ids))) end
    remember(call('HMGET', recent, unpack(argv, ids)))
  end
  local heads, keys, isKeyed = {}, roomFor(count), false
  for e = 1, count do
    local keyed = argv[events + e * 5 - 2]
    keys[e] = sub(keyed, 5)
    isKeyed = isKeyed or keyed ~= ''
  end
  if isKeyed then
    local places = call('HMGET', prefix .. 'heads', unpack(keys))
    for e = 1, count do heads[keys[e]] = places[e] end
  end
  local function add(i, place, key)
    if not key then
      return try('XADD', log, place, 'v', '1', 't', argv[i], 'at', argv[i + 1], 'p', argv[i + 2])
    end
    local before = heads[key]
    if not before then
      return try('XADD', log, place, 'v', '1', 't', argv[i], 'at', argv[i + 1], 'p', argv[i + 2], 'k', key)
    end
    return try('XADD', log, place, 'v', '1', 't', argv[i], 'at', argv[i + 1], 'p', argv[i + 2], 'k', key, 'b', before)
  end
  local out, stamp = roomFor(count + 1), format(':%d', time)
  local fields, fieldCount, changed, changedCount = roomFor(count * 2), 0, roomFor(count * 2), 0
  local failure
  out[1] = epoch
  for e = 1, count do
    local i = events + e * 5 - 5
    local key = argv[i + 3] ~= '' and keys[e]
    local idCount, fence, seen = tonumber(argv[i + 4]), nil, nil
    if not idCount then
      idCount, fence = string.match(argv[i + 4], '^(%d+) (.*)$')
      idCount = tonumber(idCount)
    end
    local last = ids + idCount - 1
    for j = ids, last do seen = seen or known[argv[j]] end
    if fence and not holds(fence) then
      out[e + 1] = 0
    elseif seen then
      out[e + 1] = -seen
    else
      local place = format('%d', n + 1)
      local added = add(i, place, key)
      if type(added) == 'table' then
        -- Another program wrote to the log: go on after that.
        n = math.max(n, lastOf(log))
        place = format('%d', n + 1)
        added = add(i, place, key)
      end
      if type(added) == 'table' then
        failure = added
        break
      end
      n = n + 1
      out[e + 1] = n
      local wanted = groupsOf(argv[i])
      if wanted[1] then
        local reference = key and argv[i + 3] or referenceTo(n)
        for j = 1, #wanted do referFrom(wanted[j], place, reference) end
      end
      if key then
        if following then refollow(place, argv[i], key) end
        heads[key] = place
        changed[changedCount + 1] = key
        changedCount = changedCount + 2
        changed[changedCount] = place
      end
      local value = place .. stamp
      for j = ids, last do
        known[argv[j]] = n
        fields[fieldCount + 1] = argv[j]
        fieldCount = fieldCount + 2
        fields[fieldCount] = value
      end
    end
    ids = last + 1
  end
  call('HSET', meta, 'n', n)
  if fieldCount > 0 then call('HSET', recent, unpack(fields, 1, fieldCount)) end
  if changedCount > 0 then call('HSET', prefix .. 'heads', unpack(changed, 1, changedCount)) end
  deliver()
  if following then bring() end
  if math.floor(n / 100) > math.floor(before / 100) then
    -- Redis cuts whole nodes of 100 entries. Age is looked at as often, and cut faster than events come.
    call('XTRIM', log, 'MAXLEN', '~', argv[at + 1])
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
