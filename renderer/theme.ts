/** Mantine in our measure: 13 px type, tight radii, one accent. Colours and spaces that are ours are in `theme.css`. */
import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  Menu,
  Modal,
  NumberInput,
  Portal,
  Select,
  TagsInput,
  Textarea,
  TextInput,
  Tooltip,
  type VariantColorsResolver,
} from "@mantine/core";

const petrol: MantineColorsTuple = [
  "#e6f4f6",
  "#cfe8ec",
  "#9fd3da",
  "#6fbfc9",
  "#4cb2be",
  "#2a97a5",
  "#0f7c8a",
  "#0b6a78",
  "#0a5864",
  "#08454f",
];

/** Mantine takes its dark surfaces from this scale; the steps are those of `theme.css`. */
const dark: MantineColorsTuple = [
  "#e2e7eb",
  "#c3ccd4",
  "#a3aeb8",
  "#8995a0",
  "#3a434c",
  "#242a30",
  "#1a1f24",
  "#15191d",
  "#101418",
  "#0e1114",
];

/** The accent's text colour differs by theme, which a colour scale cannot say; so filled and light take our variables. */
const variantColorResolver: VariantColorsResolver = (request) => {
  const resolved = defaultVariantColorsResolver(request);
  const isAccent = request.color === undefined || request.color === request.theme.primaryColor;
  if (isAccent && request.variant === "filled") {
    return { ...resolved, background: "var(--accent)", hover: "var(--accent-hover)", color: "var(--on-accent)" };
  }
  if (isAccent && request.variant === "light") {
    return { ...resolved, background: "var(--accent-soft)", hover: "var(--accent-soft-hover)", color: "var(--accent)" };
  }
  return resolved;
};

const input = { defaultProps: { size: "xs" } };

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 3 },
  variantColorResolver,
  colors: { petrol, dark },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.8125rem", lg: "0.9375rem", xl: "1.25rem" },
  lineHeights: { xs: "1.4", sm: "1.5", md: "1.5", lg: "1.5", xl: "1.4" },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2rem" },
  defaultRadius: "sm",
  radius: { xs: "3px", sm: "5px", md: "8px", lg: "10px", xl: "14px" },
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Button: Button.extend({ defaultProps: { size: "xs", variant: "filled" } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { size: 28, variant: "subtle", color: "gray" } }),
    TextInput: TextInput.extend(input),
    Textarea: Textarea.extend(input),
    Select: Select.extend(input),
    NumberInput: NumberInput.extend(input),
    TagsInput: TagsInput.extend(input),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 350, withArrow: false, fz: "xs" } }),
    Menu: Menu.extend({ defaultProps: { shadow: "md", position: "bottom-end", transitionProps: { duration: 100 } } }),
    // Lists and menus that open over the page belong to a landmark too.
    Portal: Portal.extend({ defaultProps: { target: "#overlays" } }),
    Modal: Modal.extend({
      defaultProps: {
        closeButtonProps: { "aria-label": "Close" },
        centered: true,
        transitionProps: { duration: 120, transition: "fade" },
      },
    }),
  },
});

/** Mantine's own surfaces take the colours of `theme.css`, so there is one palette. */
export const themeVariables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--panel)",
    "--mantine-color-text": "var(--text)",
    "--mantine-color-dimmed": "var(--dim)",
    "--mantine-color-placeholder": "var(--faint)",
    "--mantine-color-default": "var(--panel)",
    "--mantine-color-default-hover": "var(--hover)",
    "--mantine-color-default-color": "var(--text)",
    "--mantine-color-default-border": "var(--line-strong)",
    "--mantine-color-error": "var(--tone-red)",
    "--mantine-color-anchor": "var(--accent)",
  };
  return { variables: {}, light: shared, dark: shared };
};
