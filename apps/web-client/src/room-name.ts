/** The server's room that needs no account, secret or network. */
export const demoRoom = 'bots-n-cats/demo';

const ownerAndRepo = /^[\w.-]{1,100}\/[\w.-]{1,100}$/;
const word = /^[\w.-]{1,140}$/;

/**
 * Reads the room that is asked for: `owner/repo`, the name of a room of several repositories, or the address of a
 * repository as people paste it. Returns undefined for anything else.
 */
export function readRoomName(asked: string): string | undefined {
  const text = asked.trim().normalize('NFKC');
  const path = text
    .replace(/^(?:git\+)?(?:https?|ssh|git):\/\/(?:[^/@\s]+@)?[^/\s]+\//i, '')
    .replace(/^[\w.-]+@[\w.-]+:/, '')
    .replace(/^(?:www\.)?github\.com\//i, '');
  const isAddress = path !== text;
  const plain = isAddress ? path.replace(/[?#].*$/s, '') : path;
  const [owner = '', repo, ...rest] = plain.split('/').filter((part) => part !== '');
  if (repo === undefined) return !isAddress && word.test(owner) && !isDots(owner) ? owner : undefined;
  if (rest.length > 0 && !isAddress) return undefined;
  const name = `${owner}/${repo.replace(/\.git$/i, '')}`;
  return ownerAndRepo.test(name) && !name.split('/').some(isDots) ? name : undefined;
}

function isDots(part: string): boolean {
  return /^\.+$/.test(part);
}
