/** What a new installation shows instead of an empty list: three examples that run in one click. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTryTemplate } from "../api/actions.ts";
import { templatesQuery } from "../api/queries.ts";
import { ErrorNote } from "../parts/error-note.tsx";
import { TemplateCard } from "../workflows/template-card.tsx";

const SHOWN = 3;

export function FirstStart() {
  const templates = useQuery(templatesQuery);
  const tryIt = useTryTemplate();
  return (
    <div className="first">
      <div className="first-inner">
        <header className="first-head">
          <h1 className="page-title">Try one</h1>
          <p>
            Nothing has run yet. These examples work on data that came with the app; everything they do and make stays
            on this machine.
          </p>
        </header>
        {templates.isError && <ErrorNote error={templates.error} onRetry={() => void templates.refetch()} />}
        <ul className="template-grid">
          {templates.data?.slice(0, SHOWN).map((template) => (
            <TemplateCard
              key={template.name}
              template={template}
              busy={tryIt.isPending && tryIt.variables.name === template.name}
              onTry={() => tryIt.mutate(template)}
            />
          ))}
        </ul>
        <div className="line">
          <Button component={Link} to="/workflows/new" variant="default">
            Write your own
          </Button>
          <Link to="/workflows" search={{ tab: "gallery" }} className="accent-link">
            All examples
          </Link>
        </div>
      </div>
    </div>
  );
}
