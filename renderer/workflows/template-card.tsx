/** One example: what it makes, and a button that runs it. */
import { Button } from "@mantine/core";
import type { TemplateSummary } from "../../shared/api/discovery.ts";
import { Icon } from "../parts/icons.tsx";
import { plural } from "../parts/time.ts";

export function TemplateCard({
  template,
  busy,
  onTry,
}: {
  template: TemplateSummary;
  busy: boolean;
  onTry: () => void;
}) {
  return (
    <li className="template">
      <h2>{template.title}</h2>
      <p>{template.description}</p>
      <div className="template-foot">
        <span className="small faint grow cut" title={template.tags.join(", ")}>
          {plural(template.step_count, "step")}
          {template.tags.length > 0 && ` · ${template.tags.join(", ")}`}
        </span>
        {template.commands.length > 0 && (
          <span className="faint" title="Runs commands; you are asked first" role="img" aria-label="Runs commands">
            <Icon name="terminal" size={14} />
          </span>
        )}
        <Button
          variant="light"
          size="compact-xs"
          loading={busy}
          onClick={onTry}
          aria-label={`Try it: ${template.title}`}
        >
          Try it
        </Button>
      </div>
    </li>
  );
}
