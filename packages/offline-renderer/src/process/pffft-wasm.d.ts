/** PFFFT compiled to WebAssembly with SIMD: the functions in use. Places are byte offsets into its memory. */
declare module '@echogarden/pffft-wasm/simd' {
  export interface Pffft {
    /** Its memory; another view after it has grown. */
    readonly HEAPF32: Float32Array<ArrayBuffer>;
    /** @param type 0: real. @returns 0 where the length is not supported. */
    _pffft_new_setup(length: number, type: 0): number;
    _pffft_aligned_malloc(bytes: number): number;
    _pffft_aligned_free(place: number): void;
    /** @param direction 0: forward, 1: backward; both unscaled. */
    _pffft_transform(setup: number, input: number, output: number, work: number, direction: 0 | 1): void;
    /** Adds the product of two spectra, scaled, to a third. */
    _pffft_zconvolve_accumulate(setup: number, a: number, b: number, sum: number, scale: number): void;
  }

  /** Loads the module. */
  // biome-ignore lint/style/noDefaultExport: it is what the package has
  export default function load(): Promise<Pffft>;
}
