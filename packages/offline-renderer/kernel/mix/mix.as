/**
 * Mixes the notes of computed recordings, in WebAssembly with SIMD (AssemblyScript). The caller writes a recording, and behind it the
 * levels of a note, to FREE and calls `open`. Then, block by block, it writes what is mixed so far to LEFT and RIGHT, calls `add`, and reads
 * them. Doubles in a fixed order: the samples are the same on every machine.
 */

/** Most frames of a block. */
const blockLength: i32 = 4096;

const LEFT: usize = 0x400; // float32
const RIGHT: usize = LEFT + blockLength * 4; // float32
const FREE: usize = RIGHT + blockLength * 4; // from here on

export function left(): usize {
  return LEFT;
}

export function right(): usize {
  return RIGHT;
}

export function free(): usize {
  return FREE;
}

export function capacity(): i32 {
  return blockLength;
}

let leftPlane: usize = FREE;
let rightPlane: usize = FREE;
let levels: usize = FREE;
let loopStart: i32 = 0;
let stop: i32 = 0;
let isLooped: bool = false;
let isStereo: bool = false;
let place: f64 = 0;

/**
 * Starts a note. A plane of its recording has one frame more than is played: the one after the last.
 *
 * @param one Where the first plane is, in bytes.
 * @param two Where the second plane is: that of the first one for a recording in mono.
 * @param levelsAt Where the levels are: one for each frame of the note.
 * @param start The first frame that is repeated, if any is: `end` otherwise.
 * @param end The frame after the last one that is played or repeated.
 */
export function open(one: usize, two: usize, levelsAt: usize, start: i32, end: i32): void {
  leftPlane = one;
  rightPlane = two;
  levels = levelsAt;
  loopStart = start;
  stop = end;
  isLooped = start < end;
  isStereo = one != two;
  place = 0;
}

/** Adds the next frames of the note. @param rate Frames of the recording for each frame of the mix. */
export function add(count: i32, rate: f64): void {
  if (rate == 1) addPlain(count);
  else addBetween(count, rate);
  levels += <usize>count << 2;
}

function addPlain(count: i32): void {
  let at = <i32>place;
  for (let i: i32 = 0; i < count && at < stop; ) {
    const end = i + min(count - i, stop - at);
    const isOdd = (end - i) & 1;
    for (; i < end - isOdd; i += 2, at += 2) {
      addTwo(LEFT, i, promote(leftPlane + (<usize>at << 2)));
      if (isStereo) addTwo(RIGHT, i, promote(rightPlane + (<usize>at << 2)));
    }
    if (isOdd) {
      addOne(LEFT, i, sampleAt(leftPlane, at));
      if (isStereo) addOne(RIGHT, i, sampleAt(rightPlane, at));
      i++;
      at++;
    }
    if (at == stop && isLooped) at = loopStart;
  }
  place = <f64>at;
}

/** Between two frames of the recording there is a straight line. */
function addBetween(count: i32, rate: f64): void {
  const last = <f64>stop;
  const length = <f64>(stop - loopStart);
  let at = place;
  for (let i: i32 = 0; i < count && at < last; ) {
    const next = at + rate;
    if (i + 1 < count && next < last) {
      const places = f64x2.replace_lane(f64x2.splat(at), 1, next);
      const indices = i32x4.trunc_sat_f64x2_s_zero(places);
      const floors = f64x2.convert_low_i32x4_s(indices);
      const before = f64x2.add(f64x2.sub(f64x2.splat(1), places), floors);
      const after = f64x2.sub(places, floors);
      const one = <usize>i32x4.extract_lane(indices, 0) << 2;
      const two = <usize>i32x4.extract_lane(indices, 1) << 2;
      addTwo(LEFT, i, between(leftPlane + one, leftPlane + two, before, after));
      if (isStereo) addTwo(RIGHT, i, between(rightPlane + one, rightPlane + two, before, after));
      at = next + rate;
      i += 2;
    } else {
      const index = <i32>at;
      const before = 1 - at + <f64>index;
      const after = at - <f64>index;
      addOne(LEFT, i, sampleAt(leftPlane, index) * before + sampleAt(leftPlane, index + 1) * after);
      if (isStereo) addOne(RIGHT, i, sampleAt(rightPlane, index) * before + sampleAt(rightPlane, index + 1) * after);
      at = next;
      i++;
    }
    if (isLooped && at >= last) at -= length;
  }
  place = at;
}

// @ts-ignore: decorator
@inline
function sampleAt(plane: usize, i: i32): f64 {
  return <f64>load<f32>(plane + (<usize>i << 2));
}

// @ts-ignore: decorator
@inline
function promote(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** Finds two points, each on the line between the two frames from a place on. */
// @ts-ignore: decorator
@inline
function between(one: usize, two: usize, before: v128, after: v128): v128 {
  const a = v128.load64_zero(one);
  const b = v128.load64_zero(two);
  const starts = f64x2.promote_low_f32x4(v128.shuffle<f32>(a, b, 0, 4, 0, 4));
  const ends = f64x2.promote_low_f32x4(v128.shuffle<f32>(a, b, 1, 5, 1, 5));
  return f64x2.add(f64x2.mul(starts, before), f64x2.mul(ends, after));
}

/** Adds two frames, at their levels. */
// @ts-ignore: decorator
@inline
function addTwo(plane: usize, i: i32, samples: v128): void {
  const offset = <usize>i << 2;
  const sum = f64x2.add(promote(plane + offset), f64x2.mul(promote(levels + offset), samples));
  v128.store_lane<u64>(plane + offset, f32x4.demote_f64x2_zero(sum), 0);
}

// @ts-ignore: decorator
@inline
function addOne(plane: usize, i: i32, sample: f64): void {
  const offset = <usize>i << 2;
  store<f32>(plane + offset, <f32>(<f64>load<f32>(plane + offset) + <f64>load<f32>(levels + offset) * sample));
}
