/**
 * Encodes one block of 16-bit FLAC in one or two channels with fixed predictors, in WebAssembly with SIMD (AssemblyScript).
 * Left, right, mid and side are the four lanes of a vector, so that one pass serves them all.
 *
 * The caller writes float32 samples to PLANES and calls `encode`; the frame is at OUT, and the samples as 16-bit integers at
 * PCM, for the hash. Integers and exact doubles only: the bytes are the same on every machine.
 */

const blockLength: i32 = 2048;
const maxPartitionOrder: i32 = 4;
const maxOrder: i32 = 4;
/** The largest Rice parameter that has 4 bits. */
const maxParameter: i32 = 14;

// Memory, in bytes.
const PLANES: usize = 0x400; // float32, one plane of 4,096 samples after the other
const LANES: usize = PLANES + 2 * blockLength * 4; // i32x4: left, right, mid, side
const PCM: usize = LANES + blockLength * 16; // int16, interleaved
const FOLDED: usize = PCM + blockLength * 4; // u32: the residual, folded
const SUMS: usize = FOLDED + blockLength * 4; // i32x4 for each order of each part
const PARTS: usize = SUMS + 32 * 5 * 16; // u64 for each part of the residual
const PARAMETERS: usize = PARTS + 32 * 8; // u8 for each partition, of the split in question
const CHOSEN: usize = PARAMETERS + 32; // u8 for each partition, of the best split
const DITHER: usize = CHOSEN + 32; // i32x4: the state of each channel
const CRC8: usize = DITHER + 16; // u8
const CRC16: usize = CRC8 + 256; // u16
const OUT: usize = CRC16 + 512;

/** Where the caller writes samples. */
export function planes(): usize {
  return PLANES;
}

/** Where the caller reads 16-bit samples. */
export function pcm(): usize {
  return PCM;
}

/** Where the caller reads the frame. */
export function out(): usize {
  return OUT;
}

/** Prepares the tables, and the dither of a stream. */
export function start(seed: i32): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc8: u32 = byte;
    let crc16: u32 = byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc8 = (crc8 << 1) ^ (crc8 & 0x80 ? 0x07 : 0);
      crc16 = (crc16 << 1) ^ (crc16 & 0x8000 ? 0x8005 : 0);
    }
    store<u8>(CRC8 + byte, <u8>crc8);
    store<u16>(CRC16 + byte * 2, <u16>crc16);
  }
  v128.store(DITHER, i32x4(seed, seed + 1, 0, 0));
}

/**
 * Encodes `size` samples of each channel as frame number `frame`.
 *
 * @param scale Factor from a sample to 16-bit steps.
 * @param rateCode Code of the sample rate in a frame's header.
 * @returns the bytes at OUT.
 */
export function encode(size: i32, channels: i32, frame: u32, rateCode: u32, scale: f64): i32 {
  const isStereo = channels == 2;
  quantise(size, isStereo, scale);
  let partitionOrder: i32 = 0;
  while (partitionOrder < maxPartitionOrder && (size & ((2 << partitionOrder) - 1)) == 0 && size >> (partitionOrder + 1) > maxOrder) {
    partitionOrder++;
  }
  const parts = 1 << partitionOrder;
  sum(size, size >> partitionOrder, parts);
  let assignment: u32 = channels - 1;
  let first: i32 = 0;
  let second: i32 = 1;
  const left = choose(size, parts, 0);
  const right = isStereo ? choose(size, parts, 1) : 0;
  const mid = isStereo ? choose(size, parts, 2) : 0;
  const side = isStereo ? choose(size, parts, 3) : 0;
  if (isStereo) {
    let least = bitsOf(left) + bitsOf(right);
    if (bitsOf(left) + bitsOf(side) < least) {
      least = bitsOf(left) + bitsOf(side);
      assignment = 8;
      second = 3;
    }
    if (bitsOf(side) + bitsOf(right) < least) {
      least = bitsOf(side) + bitsOf(right);
      assignment = 9;
      first = 3;
      second = 1;
    }
    if (bitsOf(mid) + bitsOf(side) < least) {
      assignment = 10;
      first = 2;
      second = 3;
    }
  }
  at = OUT;
  pending = 0;
  filled = 0;
  put(0xfff8, 16);
  put(((size == blockLength ? 11 : 7) << 4) | rateCode, 8);
  put((assignment << 4) | (4 << 1), 8);
  putNumber(frame);
  if (size != blockLength) put(size - 1, 16);
  align();
  let crc: u32 = 0;
  for (let byte = OUT; byte < at; byte++) crc = load<u8>(CRC8 + (crc ^ load<u8>(byte)));
  put(crc, 8);
  putSubframe(size, first, first == 0 ? left : first == 2 ? mid : side, partitionOrder);
  if (isStereo) putSubframe(size, second, second == 1 ? right : side, partitionOrder);
  align();
  crc = 0;
  for (let byte = OUT; byte < at; byte++) {
    crc = ((crc << 8) & 0xffff) ^ load<u16>(CRC16 + (((crc >> 8) ^ load<u8>(byte)) << 1));
  }
  put(crc, 16);
  align();
  return <i32>(at - OUT);
}

/** Rounds halves up, as Math.round does. */
// @ts-ignore: decorator
@inline
function round(value: v128): v128 {
  const above = f64x2.ceil(value);
  const isFar = f64x2.gt(f64x2.sub(above, f64x2.splat(0.5)), value);
  return f64x2.sub(above, v128.and(isFar, f64x2.splat(1)));
}

/** Makes integers of the samples, both channels at once; see `quantise16` in src/pcm/pcm.ts for the dither. */
function quantise(size: i32, isStereo: bool, scale: f64): void {
  let state = v128.load(DITHER);
  const factor = f64x2.splat(scale);
  const step = f64x2.splat(1.0 / 65536.0);
  for (let i: usize = 0; i < <usize>size; i++) {
    const one = <f64>load<f32>(PLANES + i * 4);
    const two = isStereo ? <f64>load<f32>(PLANES + (blockLength + i) * 4) : 0;
    const steps = f64x2.mul(f64x2.replace_lane(f64x2.splat(one), 1, two), factor);
    const plain = round(steps);
    const isExact = f64x2.eq(plain, steps);
    let next = v128.xor(state, i32x4.shl(state, 13));
    next = v128.xor(next, i32x4.shr_u(next, 17));
    next = v128.xor(next, i32x4.shl(next, 5));
    state = v128.bitselect(state, next, v128.shuffle<i32>(isExact, isExact, 0, 2, 1, 3));
    const draw = i32x4.sub(i32x4.shr_u(next, 16), v128.and(next, i32x4.splat(0xffff)));
    const dithered = round(f64x2.add(steps, f64x2.mul(f64x2.convert_low_i32x4_s(draw), step)));
    let integers = i32x4.trunc_sat_f64x2_s_zero(v128.bitselect(plain, dithered, isExact));
    integers = i32x4.max_s(i32x4.min_s(integers, i32x4.splat(32767)), i32x4.splat(-32768));
    const a = i32x4.extract_lane(integers, 0);
    const b = i32x4.extract_lane(integers, 1);
    if (isStereo) store<i32>(PCM + i * 4, (b << 16) | (a & 0xffff));
    else store<i16>(PCM + i * 2, <i16>a);
    v128.store(LANES + i * 16, i32x4(a, b, (a + b) >> 1, a - b));
  }
  v128.store(DITHER, state);
}

/** Sums the magnitudes of the differences of order 0 to 4 in each part of the block; the first four samples do not count. */
function sum(size: i32, partLength: i32, parts: i32): void {
  let p0 = i32x4.splat(0);
  let p1 = p0;
  let p2 = p0;
  let p3 = p0;
  let from: usize = LANES;
  for (let part = 0; part < parts; part++) {
    let s0 = i32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    const end = LANES + <usize>((part + 1) * partLength) * 16;
    const counted = LANES + 4 * 16;
    for (; from < end; from += 16) {
      const e0 = v128.load(from);
      const e1 = i32x4.sub(e0, p0);
      const e2 = i32x4.sub(e1, p1);
      const e3 = i32x4.sub(e2, p2);
      const e4 = i32x4.sub(e3, p3);
      p0 = e0;
      p1 = e1;
      p2 = e2;
      p3 = e3;
      if (from < counted) continue;
      s0 = i32x4.add(s0, i32x4.abs(e0));
      s1 = i32x4.add(s1, i32x4.abs(e1));
      s2 = i32x4.add(s2, i32x4.abs(e2));
      s3 = i32x4.add(s3, i32x4.abs(e3));
      s4 = i32x4.add(s4, i32x4.abs(e4));
    }
    const to = SUMS + <usize>part * 5 * 16;
    v128.store(to, s0);
    v128.store(to + 16, s1);
    v128.store(to + 32, s2);
    v128.store(to + 48, s3);
    v128.store(to + 64, s4);
  }
}

/** How a lane is coded: the order in 8 bits, and the estimated bits. Orders beyond the predictors': verbatim and constant. */
type Choice = u64;
const verbatim: i32 = 8;
const constant: i32 = 9;

// @ts-ignore: decorator
@inline
function bitsOf(choice: Choice): u64 {
  return choice >> 8;
}

// @ts-ignore: decorator
@inline
function orderOf(choice: Choice): i32 {
  return <i32>(choice & 255);
}

// @ts-ignore: decorator
@inline
function depthOf(lane: i32): i32 {
  return lane == 3 ? 17 : 16;
}

// @ts-ignore: decorator
@inline
function sample(lane: i32, i: i32): i32 {
  return load<i32>(LANES + <usize>i * 16 + <usize>lane * 4);
}

function isConstant(size: i32, lane: i32): bool {
  const value = sample(lane, 0);
  for (let i = 1; i < size; i++) {
    if (sample(lane, i) != value) return false;
  }
  return true;
}

function choose(size: i32, parts: i32, lane: i32): Choice {
  const depth = depthOf(lane);
  if (isConstant(size, lane)) return (<u64>depth << 8) | constant;
  let best: Choice = (<u64>(size * depth) << 8) | verbatim;
  if (size <= maxOrder) return best;
  const partLength = size / parts;
  for (let order = 0; order <= maxOrder; order++) {
    let bits: u64 = order * depth + 6;
    for (let part = 0; part < parts; part++) {
      const magnitude = load<u32>(SUMS + <usize>((part * 5 + order) * 16 + lane * 4));
      const count = part == 0 ? partLength - order : partLength;
      const k = parameterFor(2 * <u64>magnitude, count);
      bits += 4 + riceBits(2 * <u64>magnitude, count, k);
    }
    if (bits < bitsOf(best)) best = (bits << 8) | order;
  }
  return best;
}

/** Bits of `count` folded residuals of a sum; a folded value drops half a step on average when its k low bits are cut off. */
// @ts-ignore: decorator
@inline
function riceBits(total: u64, count: i32, k: i32): u64 {
  const dropped = k == 0 ? 0 : <u64>(count >> 1);
  const high = total >> k;
  return <u64>(count * (k + 1)) + (high > dropped ? high - dropped : 0);
}

function parameterFor(total: u64, count: i32): i32 {
  const mean = <u32>min<u64>(total / <u64>max(count, 1), 0x7fffffff);
  const top = min(maxParameter, 31 - <i32>clz(mean | 1));
  if (top == 0) return 0;
  return riceBits(total, count, top - 1) <= riceBits(total, count, top) ? top - 1 : top;
}

/** Computes and folds the residual of a lane, and sums it by part. */
function predict(size: i32, lane: i32, order: i32, parts: i32): void {
  const partLength = size / parts;
  let total: u64 = 0;
  let part = 0;
  let end = partLength;
  let b = order > 0 ? sample(lane, order - 1) : 0;
  let c = order > 1 ? sample(lane, order - 2) : 0;
  let d = order > 2 ? sample(lane, order - 3) : 0;
  let e = order > 3 ? sample(lane, order - 4) : 0;
  for (let i = order; i < size; i++) {
    if (i == end) {
      store<u64>(PARTS + (<usize>part << 3), total);
      total = 0;
      part++;
      end += partLength;
    }
    const a = sample(lane, i);
    let residual = a;
    if (order == 1) residual = a - b;
    else if (order == 2) residual = a - 2 * b + c;
    else if (order == 3) residual = a - 3 * b + 3 * c - d;
    else if (order == 4) residual = a - 4 * b + 6 * c - 4 * d + e;
    e = d;
    d = c;
    c = b;
    b = a;
    const folded = <u32>((residual << 1) ^ (residual >> 31));
    store<u32>(FOLDED + (<usize>i << 2), folded);
    total += folded;
  }
  store<u64>(PARTS + (<usize>part << 3), total);
}

/** Finds the split with the fewest bits; its parameters are at CHOSEN. */
function plan(size: i32, order: i32, maxSplit: i32): i32 {
  let best = maxSplit;
  let least: u64 = u64.MAX_VALUE;
  for (let split = maxSplit; split >= 0; split--) {
    const parts = 1 << split;
    let bits: u64 = 0;
    for (let part = 0; part < parts; part++) {
      const count = (size >> split) - (part == 0 ? order : 0);
      const total = load<u64>(PARTS + (<usize>part << 3));
      const k = parameterFor(total, count);
      store<u8>(PARAMETERS + part, <u8>k);
      bits += 4 + riceBits(total, count, k);
    }
    if (bits < least) {
      least = bits;
      best = split;
      memory.copy(CHOSEN, PARAMETERS, parts);
    }
    for (let part = 0; part < parts >> 1; part++) {
      const pair = PARTS + (<usize>part << 4);
      store<u64>(PARTS + (<usize>part << 3), load<u64>(pair) + load<u64>(pair + 8));
    }
  }
  return best;
}

function putSubframe(size: i32, lane: i32, choice: Choice, maxSplit: i32): void {
  const order = orderOf(choice);
  const depth = depthOf(lane);
  const mask: u32 = (1 << depth) - 1;
  if (order >= verbatim) {
    put(order == constant ? 0 : 2, 8);
    const count = order == constant ? 1 : size;
    for (let i = 0; i < count; i++) put(<u32>sample(lane, i) & mask, depth);
    return;
  }
  predict(size, lane, order, 1 << maxSplit);
  const split = plan(size, order, maxSplit);
  put((8 | order) << 1, 8);
  for (let i = 0; i < order; i++) put(<u32>sample(lane, i) & mask, depth);
  put(split, 6); // Rice codes with parameters of 4 bits
  const length = size >> split;
  for (let part = 0; part < 1 << split; part++) {
    const k = <i32>load<u8>(CHOSEN + part);
    put(k, 4);
    putRice(part == 0 ? order : part * length, (part + 1) * length, k);
  }
}

// Bits, highest first: up to 32 wait in `pending`.
let at: usize = 0;
let pending: u64 = 0;
let filled: i32 = 0;

/** Writes the low `count` bits, 0-32; the bits above them must be 0. */
// @ts-ignore: decorator
@inline
function put(value: u32, count: i32): void {
  pending = (pending << count) | value;
  filled += count;
  if (filled >= 32) {
    filled -= 32;
    store<u32>(at, bswap<u32>(<u32>(pending >> filled)));
    at += 4;
  }
}

function putRice(from: i32, end: i32, k: i32): void {
  // Globals are slow in a loop.
  let bits = pending;
  let count = filled;
  let to = at;
  const stop: u32 = 1 << k;
  for (let i = from; i < end; i++) {
    const folded = load<u32>(FOLDED + (<usize>i << 2));
    let zeros = <i32>(folded >> k);
    while (zeros + 1 + k > 32) {
      const some = min(zeros, 31);
      bits <<= some;
      count += some;
      zeros -= some;
      if (count >= 32) {
        count -= 32;
        store<u32>(to, bswap<u32>(<u32>(bits >> count)));
        to += 4;
      }
    }
    bits = (bits << (zeros + 1 + k)) | (stop | (folded & (stop - 1)));
    count += zeros + 1 + k;
    if (count >= 32) {
      count -= 32;
      store<u32>(to, bswap<u32>(<u32>(bits >> count)));
      to += 4;
    }
  }
  pending = bits;
  filled = count;
  at = to;
}

/** Fills the last byte with zero bits, and writes what waits. */
function align(): void {
  const rest = -filled & 7;
  put(0, rest);
  for (; filled > 0; filled -= 8) store<u8>(at++, <u8>(pending >> (filled - 8)));
}

/** Writes a number as UTF-8 writes characters, up to 31 bits (RFC 9639 section 9.1.5). */
function putNumber(number: u32): void {
  if (number < 0x80) {
    put(number, 8);
    return;
  }
  let following = 1;
  while (following < 5 && number >> (5 * following + 6) != 0) following++;
  put(((0xff80 >> following) & 0xff) | (number >> (6 * following)), 8);
  for (let i = following - 1; i >= 0; i--) put(0x80 | ((number >> (6 * i)) & 0x3f), 8);
}
