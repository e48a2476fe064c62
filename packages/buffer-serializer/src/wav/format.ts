/** Format tags of a WAV file's `fmt` chunk (RFC 2361) that are written or read. */
export const formatPcm = 1;
export const formatFloat = 3;
export const formatALaw = 6;
export const formatMuLaw = 7;
export const formatExtensible = 0xfffe;

/** Bytes 2-15 of KSDATAFORMAT_SUBTYPE GUIDs; the first two are the format tag. */
export const subtypeTail: readonly number[] = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];
