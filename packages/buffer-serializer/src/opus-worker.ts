import { serveRequests } from './decode-requests.ts';
import { decodeOpusAs } from './opus/decoder.ts';

serveRequests(({ bytes, layout }) => decodeOpusAs(bytes, layout));
