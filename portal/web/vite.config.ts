import { tanstackRouter } from '@tanstack/router-plugin/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `npm run dev` shows the portal of a running gateway, such as `sluicegate demo`.
const gateway = process.env.SLUICEGATE_URL ?? 'http://127.0.0.1:8080';
// The gateway takes changes from pages of its own host only: it has to see which one this is.
const proxied = { target: gateway, changeOrigin: false };

export default defineConfig({
  plugins: [tanstackRouter({ target: 'react', autoCodeSplitting: true }), react()],
  // `~/` is src, as for TypeScript; the dev server and the tests need to be told.
  resolve: { tsconfigPaths: true },
  build: {
    target: 'es2022',
    // The policy of the page allows no inline scripts and no data in style sheets.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': proxied, '/v1': proxied } },
});
