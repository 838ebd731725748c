/** The whole page when the server does not know this tab: how to get back in. */
import { Empty } from "../parts/empty.tsx";

export function SignedOut() {
  return (
    <main className="signed-out">
      <Empty icon="shield" title="This tab is no longer signed in">
        Each start of the app makes a new key, and this tab holds an old one or none. Open the address that the app
        printed when it started (it ends in #token=…), or start the app again.
      </Empty>
    </main>
  );
}
