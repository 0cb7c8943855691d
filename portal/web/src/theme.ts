// How the portal looks: one colour, quiet greys, dense where experts work.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const sluice: MantineColorsTuple = [
  '#e4f6fa', '#d1eaf0', '#a6d3df', '#77bbcd', '#51a7be', '#389ab5', '#2893b1', '#177f9c', '#00718c', '#00627b',
];

export const theme = createTheme({
  primaryColor: 'sluice',
  primaryShade: { light: 8, dark: 7 },
  colors: { sluice },
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
    Table: { defaultProps: { verticalSpacing: 'xs' } },
  },
});

/** Contrast of small quiet text is held to WCAG AA in both schemes. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#586470', '--mantine-color-body': '#fbfcfd', '--mantine-color-anchor': '#00627b' },
  dark: { '--mantine-color-dimmed': '#a7b0ba', '--mantine-color-body': '#14181c', '--mantine-color-anchor': '#77bbcd' },
});
