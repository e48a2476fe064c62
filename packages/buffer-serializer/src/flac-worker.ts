import { serveRequests } from './decode-requests.ts';
import { decodeFlacAs } from './flac/decoder.ts';

// A worker for each codec, without imports on demand: Vite puts all that a worker may import into its one file.
serveRequests(({ bytes, layout }) => decodeFlacAs(bytes, layout));
