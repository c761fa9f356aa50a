import { useState } from "react";
import { login } from "../api/calls";
import { ApiError } from "../api/client";
import { Brand } from "./brand";
import { ProblemNote } from "./problem";

const REFUSED = new URLSearchParams(location.search).has("code_refused");

/** Shown to whoever the server does not know. */
export function Login({ onDone }: { onDone: () => void }) {
  const [token, setToken] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const enter = async () => {
    setError(null);
    try {
      await login(token.trim());
      onDone();
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
    }
  };
  return (
    <main className="alone">
      <Brand />
      <h1>Who are you?</h1>
      {REFUSED && <p className="note warn">That link was used already, or is older than ten minutes.</p>}
      <p>
        Open the link that <code>modeldeck serve</code> printed when it started; it works once. Or enter your token.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void enter();
        }}
      >
        <label htmlFor="token">Token</label>
        <div className="line">
          <input
            id="token"
            className="control"
            type="password"
            autoComplete="current-password"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
          <button type="submit" className="primary" disabled={!token.trim()}>
            Enter
          </button>
        </div>
      </form>
      {error && <ProblemNote error={error} />}
    </main>
  );
}
