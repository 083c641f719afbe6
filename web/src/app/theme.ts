import {
  ActionIcon,
  Badge,
  CloseButton,
  type CloseButtonProps,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  Tooltip,
} from '@mantine/core';

/** One blue, dark enough for white text at shade 7 and light enough for dark pages at shade 3 (WCAG 2.2, 1.4.3). */
const ink: MantineColorsTuple = [
  '#eaf4fc',
  '#d5e5f4',
  '#a8c9e8',
  '#78addc',
  '#5194d2',
  '#3985cc',
  '#2a77bd',
  '#1c5d99',
  '#144f86',
  '#064374',
];

/** The library leaves this one without a name for screen readers. */
const NAMED = { 'aria-label': 'Close' } as Partial<CloseButtonProps>;

/** By name, so that what dialogs are made of is loaded with the first dialog. */
const DIALOG = { closeButtonProps: NAMED, transitionProps: { duration: 120 } };

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 7, dark: 7 },
  colors: { ink },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  headings: { fontFamily: 'inherit', fontWeight: '650' },
  respectReducedMotion: true,
  cursorType: 'pointer',
  autoContrast: true,
  components: {
    CloseButton: CloseButton.extend({ defaultProps: NAMED }),
    Modal: { defaultProps: DIALOG },
    Drawer: { defaultProps: DIALOG },
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray' } }),
    Badge: Badge.extend({ defaultProps: { tt: 'none' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, withArrow: true } }),
  },
});

/** Where the library's own colours stay below WCAG 2.2 AA (1.4.3) on white, on tinted rows or on dark pages. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#565e68',
    '--mantine-color-placeholder': '#697280',
    '--mantine-color-error': '#c02626',
    '--mantine-color-anchor': '#1c5d99',
    '--mantine-color-gray-light-color': '#495057',
    '--mantine-color-blue-light-color': '#17588f',
    '--mantine-color-green-light-color': '#1d6b30',
    '--mantine-color-orange-light-color': '#a3390a',
    '--mantine-color-red-light-color': '#b02525',
    '--mantine-color-red-outline': '#b02525',
  },
  dark: {
    '--mantine-color-dimmed': '#a9b1bb',
    '--mantine-color-placeholder': '#969da6',
    '--mantine-color-error': '#ff8f8f',
    '--mantine-color-anchor': '#7cb8ea',
    '--mantine-color-ink-light-color': '#8cc3f0',
    '--mantine-color-gray-light-color': '#c5ccd3',
    '--mantine-color-blue-light-color': '#8cc3f0',
    '--mantine-color-red-light-color': '#ffa3a3',
  },
});
