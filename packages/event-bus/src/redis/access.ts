import { BusError } from '../errors.ts';
import type { Answer, Send } from './connection.ts';
import { scripts } from './scripts.ts';

/** Commands that are sent directly, in addition to scripts and the commands that scripts call. */
const direct = ['PING', 'HGET', 'HMGET', 'HSCAN', 'HVALS', 'XADD', 'XDEL', 'XRANGE', 'XREAD', 'XTRIM', 'UNLINK'];

/** Commands whose arguments are not one key (K) followed by values. */
const forms: Readonly<Record<string, string>> = {
  TIME: 'TIME',
  PING: 'PING',
  DEL: 'DEL K',
  EXISTS: 'EXISTS K',
  UNLINK: 'UNLINK K',
  XREAD: 'XREAD STREAMS K 0',
  XREADGROUP: 'XREADGROUP GROUP g c STREAMS K >',
};

/** Every command that the bus uses, with a key and more arguments than it needs. */
function usedCommands(): string[] {
  const called = Object.values(scripts).flatMap((text) =>
    [...text.matchAll(/\b(?:p?call|try)\(['"]([A-Z]+)['"](?:, ?['"]([A-Z]+)['"])?/g)].map(([, name = '', part]) =>
      /^X(GROUP|INFO)$/.test(name) ? `${name} ${part}` : name,
    ),
  );
  return [...new Set([...direct, ...called])].map((name) => forms[name] ?? `${name} K 1 1 1`);
}

/** KEYS a key of the bus; ARGV commands → those that this user may not run, and 1 when it may use the key in none. */
const access = `
if not redis.acl_check_cmd then return {{}, 0} end
local refused, keyed, allowed = {}, 0, 0
for _, command in ipairs(ARGV) do
  local words, hasKey = {}, false
  for word in string.gmatch(command, '%S+') do
    if word == 'K' then
      word = KEYS[1]
      hasKey = true
    end
    words[#words + 1] = word
  end
  local isAllowed = redis.acl_check_cmd(unpack(words))
  if not isAllowed then refused[#refused + 1] = command end
  if hasKey then
    keyed = keyed + 1
    if isAllowed then allowed = allowed + 1 end
  end
end
return {refused, keyed > 0 and allowed == 0 and 1 or 0}
`;

/**
 * Finds out at the start whether a server can serve a bus.
 * @throws {BusError} `BUS_REFUSED` with what is missing.
 */
export async function checkServer(send: Send, where: string, prefix: string): Promise<void> {
  const answered = send(['HELLO']).catch((error: Error): readonly Answer[] => {
    // What lies between may not know HELLO.
    if (error.message.startsWith('NOAUTH')) throw error;
    return [];
  });
  const hello = ((await answered) as readonly Answer[]).map(String);
  const said = (name: string): string => hello[hello.indexOf(name) + 1] ?? '';
  const refuse = (why: string): never => {
    throw new BusError('BUS_REFUSED', `${where}: ${why}`);
  };
  if (hello.includes('mode') && said('mode') === 'sentinel') {
    refuse('this is a Sentinel: give the address of the master itself, or a name that follows it');
  }
  if (hello.includes('version') && Number.parseInt(said('version'), 10) < 7) {
    refuse(`this is Redis ${said('version')}: the bus needs Redis 7 or newer`);
  }
  const keysRefused = `this user may not use the keys of the bus: give it ~${prefix}*`;
  const answer = await send(['EVAL', access, '1', `${prefix}log`, ...usedCommands()]).catch((error: Error) => {
    const command = /^NOPERM .*'(\S+)' command/.exec(error.message)?.[1];
    if (command !== undefined) refuse(`this user may not run ${command}: give it +${command}`);
    if (error.message.startsWith('NOPERM')) refuse(keysRefused);
    throw error;
  });
  const [refused, hasNoKeys] = answer as readonly [readonly string[], number];
  if (hasNoKeys === 1) {
    refuse(keysRefused);
  }
  if (refused.length > 0) {
    const names = refused.map((command) => command.replace(/ K\b.*| (STREAMS|GROUP) .*/, '').toLowerCase());
    const rules = names.map((name) => `+${name.replace(' ', '|')}`).join(' ');
    refuse(`this user may not run ${names.join(', ')}: give it ${rules}`);
  }
}
