/** A CSV file as a table, however long it is. */
import { Cell, HeadCell, VirtualRows } from "../parts/virtual-rows.tsx";

const MOST_COLUMNS = 60;

export function CsvTable({ rows }: { rows: string[][] }) {
  const [head = [], ...body] = rows;
  const names = head.slice(0, MOST_COLUMNS);
  return (
    <div className="csv">
      <div className="csv-wide" style={{ minWidth: names.length * 130 + 56 }}>
        <VirtualRows
          label="Table"
          count={body.length}
          rowHeight={28}
          columns={`40px repeat(${names.length}, minmax(110px, 1fr))`}
          head={
            <>
              <HeadCell className="end">#</HeadCell>
              {names.map((name) => (
                <HeadCell key={name}>{name}</HeadCell>
              ))}
            </>
          }
          rowKey={(index) => index}
          row={(index) => (
            <>
              <Cell className="end faint num small">{index + 1}</Cell>
              {names.map((name, column) => (
                <Cell key={name} className="num" title={body[index]?.[column]}>
                  {body[index]?.[column]}
                </Cell>
              ))}
            </>
          )}
        />
      </div>
    </div>
  );
}
