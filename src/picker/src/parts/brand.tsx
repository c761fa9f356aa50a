export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" />
        <path d="M7 14v4M12 10v12M17 6.500v19M22 11v10M26.500 14.500v3" />
      </svg>
      modeldeck
    </span>
  );
}
