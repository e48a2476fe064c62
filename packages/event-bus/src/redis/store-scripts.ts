import { followFunctions } from './follow-scripts.ts';
import { digestLength, idFunctions } from './id-scripts.ts';
import { clockFunctions, logFunctions } from './log-scripts.ts';
import { ownedFunctions } from './reference-scripts.ts';

/**
 * Stores a batch of events, put before scripts. With the writer and the number of its batch, it runs only after the
 * batch before; else `TOO EARLY` is returned. `store(at)` reads from ARGV[at]: candidate, maxlen, maximal age, window,
 * most dedupe ids, events; the columns in which they differ, some of `takc`; the topic, time, key and count that they
 * share, empty where they differ; then per event its payload, and its topic, time, key and count where they differ. The
 * key is empty or its partition, three digits, `k` and the key. The count is that of the event's dedupe ids, and a fence
 * may follow it after a blank. `d`, the most that may wait and a blank before the count mean that the event waits for
 * its time. Then come the ids of all events: the digest of each, and the id itself while an earlier release's ids are
 * there. Returns epoch, then per event its place, or minus the place of the event it repeats, or 0 when its fence does
 * not hold; `delayed` when it waits, `seen` when it repeats one that waits, `full` when too many wait.
 *
 * A command costs about 2 µs here, a field 0.3, an argument 0.2: so one command per event, some per batch, and what all
 * events share is sent once. An event's id is its place alone, as Redis adds the `-0`.
 */
export const storeFunctions = `${logFunctions}${clockFunctions}${ownedFunctions}${followFunctions}
local call, try, argv, log, meta, format, sub, type = redis.call, redis.pcall, ARGV, KEYS[1], KEYS[2], string.format, string.sub, type
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
${idFunctions}
local function store(at, writer, ticket)
  local window, mostIds = tonumber(argv[at + 3]), tonumber(argv[at + 4])
  local row = call('HMGET', meta, 'epoch', 'n', 'turned', 'following', writer or 'n')
  if writer and (tonumber(row[5]) or 0) ~= ticket - 1 then return redis.status_reply('TOO EARLY') end
  local epoch, before, time = row[1], tonumber(row[2]), nil
  if not epoch then
    epoch = epochOf(log, meta, argv[at])
    before = tonumber(call('HGET', meta, 'n'))
  end
  loadFollowing(row[4])
  local n = before
  local count, events, width = tonumber(argv[at + 5]), at + 11, 1
  local topic, published, keyed, counts = unpack(argv, at + 7, at + 10)
  local function columnOf(name)
    if not string.find(argv[at + 6], name, 1, true) then return nil end
    width = width + 1
    return width - 1
  end
  local topicAt, publishedAt, keyedAt, countsAt = columnOf('t'), columnOf('a'), columnOf('k'), columnOf('c')
  local sharedCount = not countsAt and tonumber(counts)
  local firstId = events + count * width
  local known = {}
  if firstId <= #argv then
    time = now()
    openIds(epoch, time, n, window, mostIds, #argv - firstId + 1)
    if #argv[firstId] > ${digestLength} then
      if row[3] then findFormerIds(known, firstId, tonumber(row[3]), time, window) end
      for i = firstId, #argv do argv[i] = sub(argv[i], 1, ${digestLength}) end
    end
  end
  local heads, keys = {}, roomFor(count)
  if keyedAt or keyed ~= '' then
    for e = 1, count do keys[e] = sub(keyedAt and argv[events + (e - 1) * width + keyedAt] or keyed, 5) end
    local places = call('HMGET', prefix .. 'heads', unpack(keys))
    for e = 1, count do heads[keys[e]] = places[e] end
  end
  local function add(payload, place, key)
    if not key then return try('XADD', log, place, 'v', '1', 't', topic, 'at', published, 'p', payload) end
    local before = heads[key]
    if not before then
      return try('XADD', log, place, 'v', '1', 't', topic, 'at', published, 'p', payload, 'k', key)
    end
    return try('XADD', log, place, 'v', '1', 't', topic, 'at', published, 'p', payload, 'k', key, 'b', before)
  end
  local out, headFields, headCount = roomFor(count + 1), roomFor(count * 2), 0
  local failure
  out[1] = epoch
  for e = 1, count do
    local i = events + (e - 1) * width
    if topicAt then topic = argv[i + topicAt] end
    if publishedAt then published = argv[i + publishedAt] end
    if keyedAt then keyed = argv[i + keyedAt] end
    if countsAt then counts = argv[i + countsAt] end
    local key = keyed ~= '' and keys[e]
    local idCount, fence, seen, maxDelayed = sharedCount or tonumber(counts), nil, nil, nil
    if not idCount then
      local most, rest = string.match(counts, '^d(%d+) (.*)$')
      maxDelayed = tonumber(most)
      idCount, fence = string.match(rest or counts, '^(%d+) ?(.*)$')
      idCount = tonumber(idCount)
      if fence == '' then fence = nil end
    end
    local last, place = firstId + idCount - 1, format('%d', n + 1)
    if fence and not holds(fence) then
      out[e + 1] = 0
    elseif idCount > 0 then
      seen = addIds(firstId, last, maxDelayed and format('%d', -n - 1) or place, known)
    end
    if out[e + 1] == 0 then
      -- Nothing is stored under a fence that does not hold.
    elseif seen then
      out[e + 1] = seen == 0 and 'seen' or -seen
    elseif maxDelayed and call('ZCARD', prefix .. 'delayed') >= maxDelayed then
      removeIds(firstId, last)
      out[e + 1] = 'full'
    elseif maxDelayed then
      local values = {call('HINCRBY', meta, 'delays', 1), topic, argv[i], keyed}
      for j = firstId, last do values[#values + 1] = argv[j] end
      call('ZADD', prefix .. 'delayed', published, cmsgpack.pack(values))
      call('HSET', meta, 'due', call('ZRANGE', prefix .. 'delayed', 0, 0, 'WITHSCORES')[2])
      out[e + 1] = 'delayed'
    else
      local added = add(argv[i], place, key)
      if type(added) == 'table' then
        -- Another program wrote to the log: go on after that.
        n = math.max(n, lastOf(log))
        place = format('%d', n + 1)
        added = add(argv[i], place, key)
        removeIds(firstId, last)
        addIds(firstId, last, place, known)
      end
      if type(added) == 'table' then
        removeIds(firstId, last)
        failure = added
        break
      end
      n = n + 1
      out[e + 1] = n
      local wanted = wanting[topic] or listsOf(topic)
      if wanted[1] then
        local reference = key and keyed or referenceTo(n)
        for j = 1, #wanted do referFrom(wanted[j], place, reference) end
      end
      if key then
        if following then refollow(place, topic, key) end
        heads[key] = place
        headFields[headCount + 1] = key
        headCount = headCount + 2
        headFields[headCount] = place
      end
    end
    firstId = last + 1
  end
  call('HSET', meta, 'n', n, writer or 'n', ticket or n)
  if ids then closeIds() end
  if headCount > 0 then call('HSET', prefix .. 'heads', unpack(headFields, 1, headCount)) end
  deliver()
  if following then bring() end
  if math.floor(n / 100) > math.floor(before / 100) then
    -- Redis cuts whole nodes of 100 entries. Age is looked at as often, and cut faster than events come.
    call('XTRIM', log, 'MAXLEN', '~', argv[at + 1])
    time = time or now()
    for _ = 1, 300 do
      local first = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
      local began = first and fieldOf(first[2], 'at')
      if not began or time - tonumber(began) <= tonumber(argv[at + 2]) then break end
      call('XDEL', log, first[1])
    end
  end
  if math.floor(n / 256) > math.floor(before / 256) then sweep(n) end
  return failure or out
end
`;

/**
 * KEYS log meta dead; ARGV candidate, maxlen, maximal age, window, most dedupe ids → time until the next entry is due,
 * 0 when more are due now, nothing when none waits. Members of `delayed` are a number, topic, payload, key as in
 * `store`, and digests of dedupe ids, which lead to the entry's place from now on.
 */
export const release = `${storeFunctions}
local waiting, maxReleased = prefix .. 'delayed', 100
local time = now()
local due = call('ZRANGEBYSCORE', waiting, '-inf', time, 'WITHSCORES', 'LIMIT', 0, maxReleased)
if #due > 0 then
  local entries = {}
  argv = {ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], #due / 2, 'tak', '', '', '', '0'}
  for i = 1, #due, 2 do
    local entry = cmsgpack.unpack(due[i])
    entries[#entries + 1] = entry
    for _, value in ipairs({entry[3], entry[2], due[i + 1], entry[4]}) do argv[#argv + 1] = value end
  end
  local out = store(1)
  if out.err then return out end
  openIds(out[1], time, tonumber(call('HGET', meta, 'n')), tonumber(ARGV[4]), tonumber(ARGV[5]), 0)
  for e, entry in ipairs(entries) do
    call('ZREM', waiting, due[e * 2 - 1])
    for i = 5, #entry do moveId(entry[i], out[e + 1]) end
  end
  closeIds()
end
local next = call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2]
if next then call('HSET', meta, 'due', next) else call('HDEL', meta, 'due') end
return next and math.max(0, math.ceil(tonumber(next) - time))
`;

/** KEYS log meta dead; ARGV key, cursor → next cursor, entries erased. Erases the waiting entries of a key. */
export const forgetDelayed = `
local waiting, erased = string.sub(KEYS[1], 1, -4) .. 'delayed', 0
local page = redis.call('ZSCAN', waiting, ARGV[2], 'COUNT', 500)
for i = 1, #page[2], 2 do
  if string.sub(cmsgpack.unpack(page[2][i])[4], 5) == ARGV[1] then erased = erased + redis.call('ZREM', waiting, page[2][i]) end
end
return {page[1], erased}
`;

/** KEYS log meta dead; ARGV writer, batch, then see `store`. */
export const publish = `${storeFunctions}
return store(3, ARGV[1], tonumber(ARGV[2]))
`;
