/**
 * Interest in keys in Redis, as Lua. A process that follows keys has an inbox. These keys lie next to the log:
 *   inboxes        hash    inbox → heartbeats of its process so far, -1 while it is being ended
 *   in:<inbox>     stream  references, several per entry: place of an event, its key. `missed`: references were dropped
 *   follow:<pattern>\n<key>  hash  `<inbox>:<following>` → note
 *   follows:<inbox>  set   `<following>\n<pattern>\n<key>`: interests that end with the inbox
 *   following      hash    pattern → number of interests with it
 * and `following` in meta: the patterns, one per line, so that a publish reads them together with the end of the log.
 */

/** Most entries of an inbox. A process that is further behind reads its keys from the log instead. */
export const maxInboxEntries = 10_000;

/** Functions for scripts that write to the log. They need `matcherOf` and `prefix` before them. */
export const followFunctions = `
local following, followedBy, inboxes = nil, {}, {}
local function loadFollowing(text)
  if not text or text == '' then return end
  following = {}
  for pattern in string.gmatch(text, '[^\\n]+') do
    following[#following + 1] = {base = prefix .. 'follow:' .. pattern .. '\\n', matches = matcherOf(pattern)}
  end
end
-- The inboxes for a topic and key.
local function inboxesOf(topic, key)
  local name = topic .. '\\n' .. key
  local found = followedBy[name]
  if found then return found end
  found = {}
  local known = {}
  for i = 1, #following do
    if following[i].matches(topic) then
      for _, field in ipairs(redis.call('HKEYS', following[i].base .. key)) do
        local inbox = string.sub(field, 1, 36)
        if not known[inbox] then found[#found + 1] = inbox end
        known[inbox] = true
      end
    end
  end
  followedBy[name] = found
  return found
end
local function refollow(place, topic, key)
  for _, inbox in ipairs(inboxesOf(topic, key)) do
    local list = inboxes[inbox]
    if not list then
      list = {}
      inboxes[inbox] = list
    end
    list[#list + 1] = place
    list[#list + 1] = key
  end
end
-- Writes the references of this script's events: one entry an inbox.
local function bring()
  for inbox, list in pairs(inboxes) do
    local stream = prefix .. 'in:' .. inbox
    if redis.call('XLEN', stream) >= ${maxInboxEntries} then
      redis.call('XTRIM', stream, 'MAXLEN', 0)
      redis.call('XADD', stream, 'NOMKSTREAM', '*', 'missed', '')
    end
    redis.call('XADD', stream, 'NOMKSTREAM', '*', unpack(list))
  end
end
`;

/** Shared by the scripts of an inbox: KEYS log meta dead; ARGV inbox, … */
const inboxFunctions = `
local meta, prefix, inbox = KEYS[2], string.sub(KEYS[1], 1, -4), ARGV[1]
local function notePatterns()
  redis.call('HSET', meta, 'following', table.concat(redis.call('HKEYS', prefix .. 'following'), '\\n'))
end
local function forget(id, pattern, key)
  redis.call('SREM', prefix .. 'follows:' .. inbox, id .. '\\n' .. pattern .. '\\n' .. key)
  if redis.call('HDEL', prefix .. 'follow:' .. pattern .. '\\n' .. key, inbox .. ':' .. id) == 0 then return end
  if redis.call('HINCRBY', prefix .. 'following', pattern, -1) <= 0 then
    redis.call('HDEL', prefix .. 'following', pattern)
    notePatterns()
  end
end
`;

/** … makes the inbox. */
export const followOpen = `${inboxFunctions}
redis.call('XADD', prefix .. 'in:' .. inbox, '*', 'begin', '')
return redis.call('HSET', prefix .. 'inboxes', inbox, 1)
`;

/** … per interest: following, pattern, key, note → epoch or nothing, last place; 0 when the inbox was ended. */
export const followAdd = `${inboxFunctions}
if (redis.call('HGET', prefix .. 'inboxes', inbox) or '-1') == '-1' then return 0 end
local row = redis.call('HMGET', meta, 'epoch', 'n', 'following')
local isNew = not row[3]
for i = 2, #ARGV, 4 do
  local id, pattern, key = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if redis.call('HSET', prefix .. 'follow:' .. pattern .. '\\n' .. key, inbox .. ':' .. id, ARGV[i + 3]) == 1 then
    redis.call('SADD', prefix .. 'follows:' .. inbox, id .. '\\n' .. pattern .. '\\n' .. key)
    if redis.call('HINCRBY', prefix .. 'following', pattern, 1) == 1 then isNew = true end
  end
end
if isNew then notePatterns() end
return {row[1] or '', tonumber(row[2] or '0')}
`;

/** … per interest: following, pattern, key. */
export const followDelete = `${inboxFunctions}
for i = 2, #ARGV, 3 do forget(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return 1
`;

/**
 * … its heartbeats as observed, or nothing from its own process → 1 when there is more to end. Ends the inbox with all
 * its interests.
 */
export const followEnd = `${inboxFunctions}
local beats = redis.call('HGET', prefix .. 'inboxes', inbox)
if ARGV[2] ~= '' and beats ~= ARGV[2] and beats ~= '-1' then return 0 end
local some = redis.call('SRANDMEMBER', prefix .. 'follows:' .. inbox, 500)
for _, one in ipairs(some) do forget(string.match(one, '^(%d+)\\n([^\\n]*)\\n(.*)$')) end
if #some == 500 then
  redis.call('HSET', prefix .. 'inboxes', inbox, -1)
  return 1
end
redis.call('UNLINK', prefix .. 'in:' .. inbox)
redis.call('HDEL', prefix .. 'inboxes', inbox)
return 0
`;

/**
 * … id of the newest entry that was read, or nothing → inboxes and their heartbeats; nothing when this one was ended.
 */
export const followBeat = `${inboxFunctions}
local rows, mine = redis.call('HGETALL', prefix .. 'inboxes'), nil
for i = 1, #rows, 2 do
  if rows[i] == inbox then mine = tonumber(rows[i + 1]) end
end
if not mine or mine < 0 then return false end
redis.call('HSET', prefix .. 'inboxes', inbox, string.format('%d', mine + 1))
if ARGV[2] ~= '' then redis.call('XTRIM', prefix .. 'in:' .. inbox, 'MINID', ARGV[2]) end
return rows
`;

/**
 * … bytes, places → epoch or nothing, then for each place its entry, or nothing when the entry is gone. Ends early when
 * the payloads have some bytes.
 */
export const followRead = `
local out, room = {redis.call('HGET', KEYS[2], 'epoch') or ''}, tonumber(ARGV[2])
for i = 3, #ARGV do
  local id = ARGV[i] .. '-0'
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  out[#out + 1] = entry or false
  for f = 1, entry and #entry[2] or 0, 2 do
    if entry[2][f] == 'p' then room = room - #entry[2][f + 1] end
  end
  if room <= 0 then break end
end
return out
`;
