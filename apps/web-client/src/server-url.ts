/**
 * This file, or the chunk that it is part of: the scripts of the page and of its worker are in a folder of the server.
 */
const here: string = import.meta.url;

/**
 * Returns the address of something on the server, such as `time`, whether it is at the root of its host or under a
 * path.
 */
export function serverUrl(path: string): string {
  return new URL(`../${path}`, here).href;
}
