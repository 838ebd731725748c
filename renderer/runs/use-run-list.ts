/** The runs of one filter: the newest page live, older pages on demand, new rows held back while somebody reads. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { listRuns } from "../../shared/api/runs.ts";
import type { RunSummary } from "../../shared/run.ts";
import { call } from "../api/client.ts";
import { RUN_PAGE, type RunFilter, runHeadQuery } from "../api/queries.ts";
import { appendPage, EMPTY_LIST, holdBack, mergeHead, type Page, type RunList } from "./run-list.ts";

interface Known {
  head: Page | undefined;
  list: RunList;
  shown: readonly RunSummary[];
  held: number;
}

/** The caller remounts it (by key) for another filter. */
export function useRunList(filter: RunFilter, holding: boolean) {
  const head = useQuery(runHeadQuery(filter));
  const [known, setKnown] = useState<Known>({ head: undefined, list: EMPTY_LIST, shown: [], held: 0 });
  const [moreError, setMoreError] = useState<unknown>(null);
  const loading = useRef(false);

  // Derived during rendering, so that a fresh page is never drawn with the old rows first.
  if (head.data && head.data !== known.head)
    setKnown(withList(known, mergeHead(known.list, head.data), holding, head.data));
  else if (!holding && known.held > 0) setKnown(withList(known, known.list, false));

  const { cursor } = known.list;
  const loadMore = useCallback(async () => {
    if (cursor === null || loading.current) return;
    loading.current = true;
    try {
      const page = await call(listRuns, { query: { ...filter, limit: RUN_PAGE, cursor } });
      setMoreError(null);
      setKnown((before) => withList(before, appendPage(before.list, page), before.held > 0));
    } catch (error) {
      setMoreError(error);
    } finally {
      loading.current = false;
    }
  }, [cursor, filter]);

  return {
    rows: known.shown,
    held: known.held,
    hasMore: cursor !== null,
    error: head.error && known.shown.length === 0 ? head.error : null,
    moreError,
    isLoading: head.isPending,
    loadMore,
    retry: () => void head.refetch(),
    showHeld: () => setKnown((before) => withList(before, before.list, false)),
  };
}

function withList(before: Known, list: RunList, holding: boolean, head: Page | undefined = before.head): Known {
  const { rows, held } = holdBack(before.shown, list.rows, holding);
  return { head, list, shown: rows, held };
}
