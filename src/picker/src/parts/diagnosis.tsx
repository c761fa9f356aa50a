import type { Diagnosis } from "../api/client";
import { CheckIcon, WarnIcon } from "./icons";

const GRADES: Record<Diagnosis["grade"], string> = {
  ok: "It works",
  key_rejected: "The key was rejected",
  wrong_region: "Wrong region",
  permission: "Not permitted",
  quota: "No quota left",
  unreachable: "Not reachable",
  tls: "The connection is not trusted",
  unknown: "Not clear",
};

/** What a test of a credential found, and what to do about it. */
export function DiagnosisNote({ diagnosis }: { diagnosis: Diagnosis }) {
  const { ok, grade, message, advice, latency, status, code, request_id, region } = diagnosis;
  const facts = [
    latency != null && `${Math.round(latency * 1000)} ms`,
    region && `region ${region}`,
    !ok && status != null && `HTTP ${status}`,
    !ok && code && `code ${code}`,
    !ok && request_id && `request ${request_id}`,
  ].filter((fact) => fact && !message.includes(fact));
  return (
    <div className={`note ${ok ? "good" : grade === "unknown" ? "warn" : "bad"}`} role="status" data-grade={grade}>
      {ok ? <CheckIcon /> : <WarnIcon />}
      <div className="note-body">
        <p>
          <strong>{GRADES[grade]}</strong>
          {message && <> – {message}</>}
        </p>
        {advice && <p>{advice}</p>}
        {facts.length > 0 && <p className="muted small">{facts.join(" · ")}</p>}
      </div>
    </div>
  );
}
