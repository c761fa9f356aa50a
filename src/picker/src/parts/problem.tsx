import type { ApiError } from "../api/client";
import { CloseIcon, WarnIcon } from "./icons";

/** An error in words: what happened, what the provider called it, what to do. */
export function ProblemNote({
  error,
  onRetry,
  onClose,
}: {
  error: ApiError;
  onRetry?: () => void;
  onClose?: () => void;
}) {
  const { problem } = error;
  const facts = [
    problem.provider && `from ${problem.provider}`,
    problem.provider_code && `code ${problem.provider_code}`,
    problem.request_id && `request ${problem.request_id}`,
    problem.retry_after != null && `try again in ${Math.ceil(problem.retry_after)} s`,
  ].filter(Boolean);
  return (
    <div className="note bad" role="alert">
      <WarnIcon />
      <div className="note-body">
        <p>{error.message}</p>
        {facts.length > 0 && <p className="muted small">{facts.join(" · ")}</p>}
      </div>
      {onRetry && (
        <button type="button" className="small" onClick={onRetry}>
          Try again
        </button>
      )}
      {onClose && (
        <button type="button" className="quiet small" aria-label="Dismiss" onClick={onClose}>
          <CloseIcon />
        </button>
      )}
    </div>
  );
}
