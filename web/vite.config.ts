/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const server = process.env['CALOTYPE_SERVER'] ?? 'http://127.0.0.1:8188'

// The built files are committed: the same sources give the same bytes, so nothing here may depend on time or place.
export default defineConfig({
  plugins: [react()],
  base: '/',
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2023',
    sourcemap: false,
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: scripts or fonts
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/v1': { target: server, ws: true, changeOrigin: true }, '/openapi.json': server } },
  test: { include: ['tests/**/*.test.{ts,tsx}'], environment: 'node' },
})
