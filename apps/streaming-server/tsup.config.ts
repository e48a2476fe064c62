import { library } from '@bnc/config/tsup';

export default library(['src/main.ts', 'src/encode-clip.ts'], { dts: false });
