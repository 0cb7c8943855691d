// How the portal looks: one colour, quiet greys, dense where experts work.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';
import { s } from '~/strings';

const sluice: MantineColorsTuple = [
  '#e4f6fa', '#d1eaf0', '#a6d3df', '#77bbcd', '#51a7be', '#389ab5', '#2893b1', '#177f9c', '#00718c', '#00627b',
];

/** Quiet blue greys in place of neutral ones. */
const dark: MantineColorsTuple = [
  '#d5dbe1', '#b4bcc5', '#8b95a0', '#6a747f', '#4a535d', '#39414a', '#2a3138', '#1d2329', '#161b20', '#101418',
];

/** The list of a field scrolls itself: the keyboard stays in the field, and its arrows scroll the list. */
const scrolled = { defaultProps: { withScrollArea: false }, styles: { options: { maxHeight: 260, overflowY: 'auto' } } } as const;

export const theme = createTheme({
  primaryColor: 'sluice',
  primaryShade: { light: 8, dark: 7 },
  colors: { sluice, dark },
  autoContrast: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, monospace",
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.65rem' }, h2: { fontSize: '1.2rem' }, h3: { fontSize: '1rem' } } },
  components: {
    Anchor: { defaultProps: { underline: 'hover' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    Badge: { defaultProps: { tt: 'none', fw: 600 } },
    Select: scrolled,
    Autocomplete: scrolled,
    TagsInput: scrolled,
    MultiSelect: scrolled,
    // What only holds the first focus is no item of a menu, and a dialog's head is no banner of the page.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    ModalHeader: { defaultProps: { role: 'presentation' } },
    DrawerHeader: { defaultProps: { role: 'presentation' } },
    ModalTitle: { defaultProps: { fw: 650 } },
    DrawerTitle: { defaultProps: { fw: 650 } },
    Table: { defaultProps: { verticalSpacing: 'xs' } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': s.common.close } } },
  },
});

/** Contrast of small quiet text is held to WCAG AA in both schemes. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#586470', '--mantine-color-body': '#fbfcfd', '--mantine-color-anchor': '#00627b', '--mantine-color-sluice-light-hover': '#c3e3eb', '--mantine-color-error': '#c92a2a' },
  dark: { '--mantine-color-dimmed': '#a7b0ba', '--mantine-color-body': '#14181c', '--mantine-color-anchor': '#77bbcd', '--mantine-color-error': '#ff8f8f' },
});
