import type { Model } from "../api/client";

type Limits = NonNullable<Model["limits"]>;
type Pricing = NonNullable<Model["pricing"]>;

/** Characters as the provider counts them; `cjk_double`: Han ideographs count two. */
export function counted(text: string, counting: Limits["counting"] | undefined): number {
  if (counting === "bytes") return new TextEncoder().encode(text).length;
  const points = [...text];
  if (counting !== "cjk_double") return points.length;
  return points.length + points.filter((point) => isIdeograph(point.codePointAt(0) as number)).length;
}

const RULES = ["code_points", "bytes", "cjk_double"] as const;

/** Characters as they are billed; where the rule is not known, only what all rules agree on. */
export function billed(text: string, pricing: Pricing | null): number | null {
  if (pricing?.counting) return counted(text, pricing.counting);
  const counts = new Set(RULES.map((rule) => counted(text, rule)));
  return counts.size === 1 ? ([...counts][0] as number) : null;
}

function isIdeograph(code: number): boolean {
  return (
    (code >= 0x3400 && code <= 0x9fff) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0x20000 && code <= 0x3ffff)
  );
}

const PER: Partial<Record<Pricing["unit"], number>> = {
  "1k_characters": 1e3,
  "10k_characters": 1e4,
  "1m_characters": 1e6,
};
const UNIT: Record<Pricing["unit"], string> = {
  "1k_characters": "1,000 characters",
  "10k_characters": "10,000 characters",
  "1m_characters": "1 M characters",
  "1m_tokens": "1 M tokens",
  minute: "minute",
};

/** The list price of a text and its audio, or null where it cannot be told. */
export function cost(pricing: Pricing | null, characters: number | null, seconds: number | null): number | null {
  if (!pricing) return null;
  const per = PER[pricing.unit];
  if (per) return pricing.input == null || characters === null ? null : (pricing.input * characters) / per;
  const minute = pricing.output ?? pricing.input;
  return pricing.unit === "minute" && seconds !== null && minute != null ? (minute * seconds) / 60 : null;
}

export function money(amount: number, currency: string): string {
  const digits = amount === 0 || amount >= 1 ? 2 : Math.min(8, 2 - Math.floor(Math.log10(amount)));
  return new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    maximumFractionDigits: digits,
    minimumFractionDigits: Math.min(2, digits),
  }).format(amount);
}

export function price(pricing: Pricing | null): string | null {
  if (!pricing) return null;
  const parts = [
    pricing.input != null ? money(pricing.input, pricing.currency) : null,
    pricing.output != null ? `${money(pricing.output, pricing.currency)} out` : null,
  ].filter((part) => part !== null);
  return parts.length > 0 ? `${parts.join(" + ")} per ${UNIT[pricing.unit]}` : null;
}
