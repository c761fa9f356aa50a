import { getSession, listCredentials, listModels, listTypes, NO_FILTER } from "./api/calls";
import { useResource } from "./lib/resource";
import { Brand } from "./parts/brand";
import { Login } from "./parts/login";
import { Picker } from "./parts/picker";
import { ProblemNote } from "./parts/problem";

/** Who it is first; then what there is. */
export function App() {
  const session = useResource("session", getSession);
  const known = session.data !== null;
  const deck = useResource(known ? "deck" : null, async (signal) => {
    const [{ types }, models] = await Promise.all([listTypes(signal), listModels(NO_FILTER, signal)]);
    return { types, models };
  });
  const credentials = useResource(known ? "credentials" : null, listCredentials);
  const error = deck.error ?? credentials.error ?? session.error;
  if (error?.status === 401) return <Login onDone={session.reload} />;
  if (deck.data && credentials.data) {
    return (
      <Picker
        types={deck.data.types}
        models={deck.data.models}
        credentials={credentials.data.credentials}
        user={session.data?.user ?? ""}
        onCredentials={credentials.reload}
        onLogout={session.reload}
      />
    );
  }
  const again = () => [session, deck, credentials].forEach((one) => void (one.error && one.reload()));
  return (
    <main className="alone">
      <Brand />
      {error ? <ProblemNote error={error} onRetry={again} /> : <p className="muted">Loading the deck …</p>}
    </main>
  );
}
