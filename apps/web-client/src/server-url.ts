/** This file, or the chunk that it is part of: the page's programs are in a folder of the server, also those of its worker. */
const here: string = import.meta.url;

/** The address of something that the server has, such as `time`, wherever the server is: at the root of its host, or under a path. */
export function serverUrl(path: string): string {
  return new URL(`../${path}`, here).href;
}
