import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { precompress } from './build/precompress';

// Where `npm run dev` finds the API: kontor up --listen 127.0.0.1:8080
const server = process.env.KONTOR_URL ?? 'http://127.0.0.1:8080';
const ours = [
  '/v1',
  '/v2',
  '/oauth',
  '/sign-in',
  '/openapi',
  '/docs',
  '/.well-known',
  '/healthz',
  '/readyz',
  '/metrics',
];

const BASE_PACKAGES =
  /node_modules\/(react|react-dom|scheduler|i18next|react-i18next|use-sync-external-store|oauth4webapi|clsx|@tanstack\/(query-core|react-query|router-core|react-router|history|store|react-store)|@mantine\/(hooks|store))\//;
const BASE_PARTS =
  /@mantine\/core\/esm\/(core|components\/(ActionIcon|Anchor|Badge|Box|Burger|Button|Center|CloseButton|Group|Input|InputBase|Loader|Menu|NavLink|Collapse|Paper|Card|Popover|Overlay|Portal|Skeleton|Stack|Text|TextInput|Title|Tooltip|Transition|FocusTrap|UnstyledButton|Checkbox|InlineInput|Floating|ModalBase\/NativeScrollArea))\//;
const OWN_BASE =
  /web\/src\/(api\/(catalog|client|me|record|problem|log|labels|query)|ui\/(names|format|complain|page-title)|fields\/show)\.tsx?$/;

function isBase(id: string): boolean {
  return BASE_PACKAGES.test(id) || BASE_PARTS.test(id) || OWN_BASE.test(id);
}

export default defineConfig({
  plugins: [react(), precompress()],
  resolve: { alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // light-dark() stays as it is: what older browsers get instead of it needs colours of another kind.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    // What every page needs is one file: fifty small ones take longer and pack worse.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'base', test: isBase }] } } },
  },
  server: { host: '127.0.0.1', proxy: Object.fromEntries(ours.map((path) => [path, { target: server }])) },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
