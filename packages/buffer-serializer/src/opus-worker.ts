import { answerRequests } from './decode-requests.ts';
import { decodeOpusAs } from './opus/decoder.ts';

answerRequests(({ bytes, layout }) => decodeOpusAs(bytes, layout));
