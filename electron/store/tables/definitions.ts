/** Definitions: one immutable row per version. */
import type { Database } from "better-sqlite3";

export interface DefinitionRow {
  id: number;
  uid: string;
  name: string;
  version: number;
  description: string | null;
  tagsJson: string;
  isActive: 0 | 1;
  cameFrom: string;
  consentedAt: number | null;
  commandsJson: string;
  stepCount: number;
  createdAt: number;
}

export interface FullDefinitionRow extends DefinitionRow {
  definitionJson: string;
  sourceText: string | null;
}

export interface NewDefinition {
  uid: string;
  name: string;
  version: number;
  description: string | null;
  tagsJson: string;
  cameFrom: string;
  consentedAt: number | null;
  commandsJson: string;
  stepCount: number;
  at: number;
  definitionJson: string;
  sourceText: string | null;
}

const COLUMNS = `id, uid, name, version, description, tags AS tagsJson, is_active AS isActive, came_from AS cameFrom,
  consented_at AS consentedAt, commands AS commandsJson, step_count AS stepCount, created_at AS createdAt`;

export function definitionsTable(db: Database) {
  const insert = db.prepare(
    `INSERT INTO workflows (uid, name, version, description, tags, came_from, consented_at, commands, step_count,
       created_at, updated_at, definition_json, source_text)
     VALUES (@uid, @name, @version, @description, @tagsJson, @cameFrom, @consentedAt, @commandsJson, @stepCount,
       @at, @at, @definitionJson, @sourceText)`,
  );
  const get = db.prepare<[number], FullDefinitionRow>(
    `SELECT ${COLUMNS}, definition_json AS definitionJson, source_text AS sourceText FROM workflows WHERE id = ?`,
  );
  const active = db.prepare<[], DefinitionRow>(
    `SELECT ${COLUMNS} FROM workflows WHERE is_active = 1 AND tenant_id = 'default' ORDER BY name, version DESC`,
  );
  const taken = db
    .prepare<[string, number], number>(
      "SELECT id FROM workflows WHERE tenant_id = 'default' AND name = ? AND version = ?",
    )
    .pluck();
  const madeFrom = db.prepare<[string], DefinitionRow>(
    `SELECT ${COLUMNS} FROM workflows WHERE came_from = ? AND is_active = 1 ORDER BY id DESC LIMIT 1`,
  );
  const highest = db
    .prepare<[string], number | null>("SELECT max(version) FROM workflows WHERE tenant_id = 'default' AND name = ?")
    .pluck();
  const retire = db.prepare("UPDATE workflows SET is_active = 0, updated_at = @at WHERE id = @id");
  const consent = db.prepare("UPDATE workflows SET consented_at = @at, updated_at = @at WHERE id = @id");

  return {
    /** The new id. Check `taken` first; the unique index is the last word. */
    insert: (row: NewDefinition): number => Number(insert.run(row).lastInsertRowid),
    get: (id: number): FullDefinitionRow | undefined => get.get(id),
    /** Every active version, by name and then newest first. */
    active: (): DefinitionRow[] => active.all(),
    /** The id that has this name and version, retired ones included. */
    taken: (name: string, version: number): number | undefined => taken.get(name, version),
    madeFrom: (cameFrom: string): DefinitionRow | undefined => madeFrom.get(cameFrom),
    highestVersion: (name: string): number => highest.get(name) ?? 0,
    retire: (id: number, at: number): void => void retire.run({ id, at }),
    consent: (id: number, at: number): void => void consent.run({ id, at }),
  };
}
