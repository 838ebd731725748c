/** Named secrets. Values come in and never go out. */
import { listSecrets, removeSecret, setSecret } from "../../../shared/api/secrets.ts";
import { AppError } from "../../lib/app-error.ts";
import { type ApiApp, bind } from "../bind.ts";
import type { ApiDeps } from "../deps.ts";

export function secretRoutes(app: ApiApp, { engine }: ApiDeps): void {
  bind(app, listSecrets, () => ({ names: engine.secrets.names() }));
  bind(app, setSecret, ({ params, body }) => {
    engine.secrets.setNamed(params.name, body.value);
    return { ok: true };
  });
  bind(app, removeSecret, ({ params }) => {
    if (!engine.secrets.removeNamed(params.name)) throw noSuch(params.name);
    return { ok: true };
  });
}

const noSuch = (name: string): AppError => new AppError("not_found", `There is no secret named "${name}".`);
