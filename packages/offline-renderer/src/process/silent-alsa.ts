import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, constants, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Number of an architecture in ELF, and the code of a function that returns -19 (no such device). */
const machines: Readonly<Record<string, { readonly elf: number; readonly code: readonly number[] } | undefined>> = {
  x64: { elf: 62, code: [0xb8, 0xed, 0xff, 0xff, 0xff, 0xc3] },
  arm64: { elf: 183, code: [0x40, 0x02, 0x80, 0x12, 0xc0, 0x03, 0x5f, 0xd6] },
};
const soundLibrary = 'libasound.so.2';

/**
 * Makes the engine load on a Linux without ALSA, which it links although an offline context plays nothing: loads a library in
 * its place whose functions find no device. What is loaded by its name is not searched for again. Where ALSA is there, or
 * nothing can be written, it does nothing.
 */
export function replaceMissingAlsa(): void {
  const machine = machines[arch()];
  if (platform() !== 'linux' || !machine || isLoadable(soundLibrary)) return;
  const engine = dirname(createRequire(import.meta.url).resolve('node-web-audio-api'));
  const file = readFileSync(join(engine, `node-web-audio-api.linux-${arch()}-gnu.node`), 'latin1');
  const named = (pattern: RegExp): string[] => [...new Set([...file.matchAll(pattern)].map(([, name = '']) => name))];
  const functions = named(/\0(snd_\w+)(?=\0)/g);
  const versions = named(/\0(ALSA_[\w.]+)(?=\0)/g);
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), 'bnc-alsa-'));
    const library = join(folder, soundLibrary);
    writeFileSync(library, createLibrary(machine, functions, versions));
    isLoadable(library);
  } catch {
    // The engine will say what is missing.
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Loads a library; Node then complains that the library is not one of its modules, which does not matter. */
function isLoadable(file: string): boolean {
  try {
    process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_LAZY);
  } catch (error) {
    return error instanceof Error && error.message.includes('did not self-register');
  }
  return true;
}

/** Larger than the pages of any system. */
const page = 0x1_0000;
const [headerSize, programHeaderSize, symbolSize, dynamicSize, versionSize] = [64, 56, 24, 16, 28];

/**
 * An ELF file (System V ABI, 64 bits) that stays when it is closed. It has functions, each in every version (Linux Standard Base,
 * "Symbol Versioning"), which all share one code.
 */
function createLibrary(
  { elf, code }: { readonly elf: number; readonly code: readonly number[] },
  functions: readonly string[],
  versions: readonly string[],
): Buffer {
  const names = [soundLibrary, ...versions, ...functions];
  const text = ['', ...names, ''].join('\0');
  const placeOf = (name: string): number => text.indexOf(`\0${name}\0`) + 1;
  const exported = functions.flatMap((name) => versions.map((_, version) => ({ name, version: version + 2 })));
  const count = exported.length + 1;

  const symbols = headerSize + 3 * programHeaderSize;
  const strings = symbols + count * symbolSize;
  const hashes = align(strings + text.length, 8);
  const symbolVersions = hashes + 4 * (3 + count);
  const definitions = align(symbolVersions + 2 * count, 8);
  const codeAt = align(definitions + (versions.length + 1) * versionSize, 16);
  const dynamic: readonly (readonly [tag: number, value: number])[] = [
    [14, placeOf(soundLibrary)], // its name
    [4, hashes],
    [5, strings],
    [6, symbols],
    [10, text.length],
    [11, symbolSize],
    [0x6fff_fff0, symbolVersions],
    [0x6fff_fffc, definitions],
    [0x6fff_fffd, versions.length + 1],
    [0x6fff_fffb, 8], // stays loaded
    [0, 0],
  ];
  const dynamicLength = dynamic.length * dynamicSize;
  const file = Buffer.alloc(page + dynamicLength);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(3, 16); // a shared library
  file.writeUInt16LE(elf, 18);
  file.writeUInt32LE(1, 20);
  file.writeUInt32LE(headerSize, 32); // where the program headers are
  file.writeUInt16LE(headerSize, 52);
  file.writeUInt16LE(programHeaderSize, 54);
  file.writeUInt16LE(3, 56);
  const segments = [
    { type: 1, flags: 5, at: 0, size: codeAt + code.length, align: page }, // read and run
    { type: 1, flags: 6, at: page, size: dynamicLength, align: page }, // read and write
    { type: 2, flags: 6, at: page, size: dynamicLength, align: 8 },
  ];
  for (const [index, segment] of segments.entries()) {
    const at = headerSize + index * programHeaderSize;
    file.writeUInt32LE(segment.type, at);
    file.writeUInt32LE(segment.flags, at + 4);
    for (const place of [8, 16, 24]) writeWord(file, segment.at, at + place);
    for (const place of [32, 40]) writeWord(file, segment.size, at + place);
    writeWord(file, segment.align, at + 48);
  }
  for (const [index, { name, version }] of exported.entries()) {
    const at = symbols + (index + 1) * symbolSize;
    file.writeUInt32LE(placeOf(name), at);
    file.writeUInt8(0x12, at + 4); // a global function
    file.writeUInt16LE(1, at + 6);
    writeWord(file, codeAt, at + 8);
    writeWord(file, code.length, at + 16);
    file.writeUInt16LE(version, symbolVersions + 2 * (index + 1));
  }
  file.write(text, strings, 'latin1');
  // One bucket, in which each symbol leads to the next.
  const chain = Array.from({ length: count }, (_, index) => (index === 0 || index === count - 1 ? 0 : index + 1));
  for (const [index, value] of [1, count, 1, ...chain].entries()) file.writeUInt32LE(value, hashes + 4 * index);
  for (const [index, name] of [soundLibrary, ...versions].entries()) {
    const at = definitions + index * versionSize;
    file.writeUInt16LE(1, at);
    file.writeUInt16LE(index === 0 ? 1 : 0, at + 2); // the first is the library itself
    file.writeUInt16LE(index + 1, at + 4);
    file.writeUInt16LE(1, at + 6);
    file.writeUInt32LE(hash(name), at + 8);
    file.writeUInt32LE(20, at + 12);
    file.writeUInt32LE(index === versions.length ? 0 : versionSize, at + 16);
    file.writeUInt32LE(placeOf(name), at + 20);
  }
  file.set(code, codeAt);
  for (const [index, pair] of dynamic.entries()) {
    for (const side of [0, 1] as const) writeWord(file, pair[side], page + index * dynamicSize + 8 * side);
  }
  return file;
}

/** The hash of names in ELF. */
function hash(name: string): number {
  let value = 0;
  for (const byte of Buffer.from(name, 'latin1')) {
    value = ((value << 4) + byte) >>> 0;
    const high = value & 0xf000_0000;
    value = ((value ^ (high >>> 24)) & ~high) >>> 0;
  }
  return value;
}

function writeWord(file: Buffer, value: number, at: number): void {
  file.writeBigUInt64LE(BigInt(value), at);
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
