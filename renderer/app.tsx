/** The app: its providers and its list of pages. */
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  RouterProvider,
  redirect,
} from "@tanstack/react-router";
import { queryClient } from "./api/queries.ts";
import { Frame } from "./frame/frame.tsx";
import { HelpPage } from "./help/help-page.tsx";
import { InboxPage } from "./inbox/inbox-page.tsx";
import { OperationsPage } from "./operations/operations-page.tsx";
import { pageNonce } from "./page-nonce.ts";
import { Empty } from "./parts/empty.tsx";
import { ErrorNote } from "./parts/error-note.tsx";
import { RUN_TABS, RunPage, type RunTabName } from "./run/run-page.tsx";
import { isRunTab, type RunTab } from "./runs/filter-text.ts";
import { RunsPage } from "./runs/runs-page.tsx";
import { SettingsPage } from "./settings/settings-page.tsx";
import { theme, themeVariables } from "./theme.ts";
import { WorkflowsPage, type WorkflowTab } from "./workflows/workflows-page.tsx";

const root = createRootRoute({
  component: Frame,
  notFoundComponent: () => (
    <Empty icon="search" title="There is no such page">
      Go on from the sidebar.
    </Empty>
  ),
  errorComponent: ({ error, reset }) => (
    <div className="page-scroll">
      <ErrorNote title="This page broke" error={error} onRetry={reset} />
    </div>
  ),
});

const text = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);

const pages = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/runs" });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/runs",
    component: RunsPage,
    validateSearch: (search): { tab?: RunTab; q?: string } => ({
      tab: isRunTab(search.tab) ? search.tab : undefined,
      q: text(search.q),
    }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/runs/$runId",
    component: RunPage,
    validateSearch: (search): { tab?: RunTabName; step?: string; artifact?: string } => ({
      tab: RUN_TABS.find((tab) => tab === search.tab),
      step: text(search.step),
      artifact: text(search.artifact),
    }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/workflows",
    component: WorkflowsPage,
    validateSearch: (search): { tab?: WorkflowTab } => ({ tab: search.tab === "gallery" ? "gallery" : undefined }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/workflows/new",
    component: lazyRouteComponent(() => import("./editor/editor-page.tsx"), "NewWorkflowPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/workflows/$workflowId/edit",
    component: lazyRouteComponent(() => import("./editor/editor-page.tsx"), "EditWorkflowPage"),
  }),
  createRoute({ getParentRoute: () => root, path: "/inbox", component: InboxPage }),
  createRoute({ getParentRoute: () => root, path: "/operations", component: OperationsPage }),
  createRoute({ getParentRoute: () => root, path: "/settings", component: SettingsPage }),
  createRoute({ getParentRoute: () => root, path: "/help", component: HelpPage }),
] as const;

const router = createRouter({ routeTree: root.addChildren(pages), defaultPreload: false });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={themeVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => pageNonce}
    >
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-left" limit={4} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
