import { useState } from "react";
import { type Call, SNIPPETS, type Snippet, snippet } from "../lib/snippets";
import { CheckIcon, CopyIcon } from "./icons";

/** The code for what is on screen. */
export function Code({ call }: { call: Call }) {
  const [kind, setKind] = useState<Snippet>("python");
  const [copied, setCopied] = useState(false);
  const code = snippet(kind, call);
  const copy = async () => {
    await navigator.clipboard.writeText(code);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <section className="card code" aria-label="Code">
      <header className="card-head">
        <h2>Code</h2>
        <div className="segments" role="tablist" aria-label="Language">
          {(Object.keys(SNIPPETS) as Snippet[]).map((one) => (
            <button
              key={one}
              type="button"
              role="tab"
              id={`code-${one}`}
              aria-selected={one === kind}
              aria-controls="code-panel"
              onClick={() => setKind(one)}
            >
              {SNIPPETS[one]}
            </button>
          ))}
        </div>
        {navigator.clipboard && (
          <button type="button" className="quiet small" onClick={() => void copy()}>
            {copied ? <CheckIcon /> : <CopyIcon />}
            <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>
          </button>
        )}
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre id="code-panel" role="tabpanel" aria-labelledby={`code-${kind}`} tabIndex={0}>
        <code>{code}</code>
      </pre>
    </section>
  );
}
