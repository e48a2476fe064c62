import { defineConfig } from 'vite';

// The page lives at the root of the server's origin, like /stream and /time.
export default defineConfig({
  worker: { format: 'es' },
  build: { target: 'es2022', sourcemap: true, chunkSizeWarningLimit: 600 },
});
