/** The drawing of a definition: its steps, and how one leads to another. A click goes to the step's lines. */
import { Empty } from "../parts/empty.tsx";
import { NODE, type OutlineEdge, type OutlineNode, outlineOf } from "./outline-model.ts";

interface OutlineProps {
  definition: Record<string, unknown> | undefined;
  /** Step paths that have a problem. */
  wrong: ReadonlySet<string>;
  onOpen(path: string): void;
}

export function Outline({ definition, wrong, onOpen }: OutlineProps) {
  const { nodes, edges, width, height } = outlineOf(definition);
  if (nodes.length === 0)
    return (
      <Empty icon="workflows" title="No steps yet">
        Insert one, and it is drawn here.
      </Empty>
    );
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return (
    <div className="outline">
      <div className="outline-sheet" style={{ width: width + SIDE, height }}>
        <svg width={width + SIDE} height={height} aria-hidden="true">
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M1 1 7 4 1 7" fill="none" stroke="context-stroke" strokeWidth="1.4" />
            </marker>
          </defs>
          {edges.map((edge) => {
            const from = byId.get(edge.from);
            const to = byId.get(edge.to);
            return from && to ? (
              <path
                key={`${edge.kind}:${edge.from}:${edge.to}`}
                className="edge"
                data-kind={edge.kind}
                d={curve(edge, from, to)}
                markerEnd="url(#arrow)"
              />
            ) : null;
          })}
        </svg>
        {nodes.map((node) => (
          <button
            key={node.path}
            type="button"
            className="outline-node"
            data-wrong={wrong.has(node.path) || undefined}
            style={{ left: node.x, top: node.y, width: NODE.width, height: NODE.height }}
            onClick={() => onOpen(node.path)}
          >
            <span className="cut outline-id">{node.id}</span>
            <span className="cut small faint mono">
              {node.type}
              {node.note && <> · {node.note}</>}
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}

/** Room on the right for jumps. */
const SIDE = 60;

function curve({ kind }: OutlineEdge, from: OutlineNode, to: OutlineNode): string {
  if (kind === "next" || kind === "needs") {
    const [x1, y1, x2, y2] = [from.x + NODE.width / 2, from.y + NODE.height, to.x + NODE.width / 2, to.y - 1];
    const bend = Math.max(10, (y2 - y1) / 2);
    return `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
  }
  const [x1, y1, x2, y2] = [
    from.x + NODE.width,
    from.y + NODE.height / 2,
    to.x + NODE.width + 1,
    to.y + NODE.height / 2,
  ];
  const out = Math.min(SIDE - 8, 18 + Math.abs(y2 - y1) / 9);
  return `M${x1} ${y1} C${x1 + out} ${y1} ${x2 + out} ${y2} ${x2} ${y2}`;
}
