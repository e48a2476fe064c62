import { frame } from './memory';

// Two filters in a row: a shelf of coefficients b and a, and a high-pass whose numerator is 1, -2, 1, of coefficients c.
let b0: v128 = f64x2.splat(0);
let b1: v128 = f64x2.splat(0);
let b2: v128 = f64x2.splat(0);
let a1: v128 = f64x2.splat(0);
let a2: v128 = f64x2.splat(0);
let c1: v128 = f64x2.splat(0);
let c2: v128 = f64x2.splat(0);
let x1: v128 = f64x2.splat(0);
let x2: v128 = f64x2.splat(0);
let y1: v128 = f64x2.splat(0);
let y2: v128 = f64x2.splat(0);
let z1: v128 = f64x2.splat(0);
let z2: v128 = f64x2.splat(0);

/** Starts K-weighting with the coefficients of a sample rate. */
export function openWeighting(sb0: f64, sb1: f64, sb2: f64, sa1: f64, sa2: f64, pc1: f64, pc2: f64): void {
  b0 = f64x2.splat(sb0);
  b1 = f64x2.splat(sb1);
  b2 = f64x2.splat(sb2);
  a1 = f64x2.splat(sa1);
  a2 = f64x2.splat(sa2);
  c1 = f64x2.splat(pc1);
  c2 = f64x2.splat(pc2);
  const zero = f64x2.splat(0);
  x1 = zero;
  x2 = zero;
  y1 = zero;
  y2 = zero;
  z1 = zero;
  z2 = zero;
}

/** Returns the mean energy of a block, K-weighted, both channels together. */
export function weigh(count: i32): f64 {
  // Globals are slow in a loop.
  const n0 = b0;
  const n1 = b1;
  const n2 = b2;
  const d1 = a1;
  const d2 = a2;
  const e1 = c1;
  const e2 = c2;
  let u1 = x1;
  let u2 = x2;
  let v1 = y1;
  let v2 = y2;
  let w1 = z1;
  let w2 = z2;
  let energy = f64x2.splat(0);
  for (let i: usize = 0; i < <usize>count; i++) {
    const u = frame(i);
    const shelved = f64x2.add(f64x2.add(f64x2.mul(n0, u), f64x2.mul(n1, u1)), f64x2.mul(n2, u2));
    const v = f64x2.sub(f64x2.sub(shelved, f64x2.mul(d1, v1)), f64x2.mul(d2, v2));
    const risen = f64x2.add(f64x2.sub(v, f64x2.add(v1, v1)), v2);
    const w = f64x2.sub(f64x2.sub(risen, f64x2.mul(e1, w1)), f64x2.mul(e2, w2));
    u2 = u1;
    u1 = u;
    v2 = v1;
    v1 = v;
    w2 = w1;
    w1 = w;
    energy = f64x2.add(energy, f64x2.mul(w, w));
  }
  x1 = u1;
  x2 = u2;
  y1 = v1;
  y2 = v2;
  z1 = w1;
  z2 = w2;
  return f64x2.extract_lane(energy, 0) / <f64>count + f64x2.extract_lane(energy, 1) / <f64>count;
}
