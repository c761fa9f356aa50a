import { expect, test } from "vitest";
import { type Credential, errorOf, type Model } from "../src/api/client";
import { changesOf, formOf, valuesOf } from "../src/forms/schema";
import { validator } from "../src/forms/validator";
import { billed, cost, counted, money, price } from "../src/lib/cost";
import { sampleSentence } from "../src/lib/languages";
import { merged, withAccount } from "../src/lib/live";
import { readPlace, writePlace } from "../src/lib/location";
import { literal, snippet } from "../src/lib/snippets";

const SCHEMA = {
  type: "object" as const,
  properties: {
    voice: { type: "string" as const, default: "a" },
    rate: { type: "integer" as const, default: 175, minimum: 80, maximum: 450 },
    style: { type: "string" as const },
  },
  additionalProperties: false,
};

test("what is sent is what differs from the defaults; emptied is null", () => {
  expect(changesOf(SCHEMA, { voice: "a", rate: 175 })).toEqual({});
  expect(changesOf(SCHEMA, { voice: "a", rate: 200, style: "calm" })).toEqual({ rate: 200, style: "calm" });
  expect(changesOf(SCHEMA, { voice: "a" })).toEqual({ rate: null });
  expect(valuesOf(SCHEMA, { rate: null, style: "calm", other: 1 })).toEqual({ voice: "a", style: "calm" });
});

test("what is picked elsewhere is not in the form", () => {
  const { schema, ui } = formOf(SCHEMA, { "ui:order": ["voice", "rate", "style"], voice: {} }, ["voice"]);
  expect(Object.keys(schema.properties ?? {})).toEqual(["rate", "style"]);
  expect(ui["ui:order"]).toEqual(["rate", "style", "*"]);
});

test("findings are told at their field, once", () => {
  const { errors } = validator.validateFormData({ rate: 500 }, { ...SCHEMA, required: ["style"] });
  expect(errors.map(({ property }) => property).sort()).toEqual([".rate", ".style"]);
  expect(errors.find(({ property }) => property === ".style")?.message).toBe("is needed");
  expect(validator.isValid(SCHEMA, { rate: 100, style: undefined }, SCHEMA)).toBe(true);
});

test("a place survives the address", () => {
  const place = { model: "dashscope/qwen3-tts-flash", parameters: { voice: "Ono Anna", rate: 1.5, pitch: null } };
  expect(readPlace(writePlace(place))).toEqual(place);
  expect(writePlace({ model: null, parameters: {} })).toBe("");
  expect(readPlace("?model=a/b&p={broken")).toEqual({ model: "a/b", parameters: {} });
});

test("characters are counted and priced as the provider does", () => {
  expect([counted("a中😀", "code_points"), counted("a中😀", "bytes"), counted("a中😀", "cjk_double")]).toEqual([
    3, 8, 4,
  ]);
  const pricing = { unit: "10k_characters" as const, currency: "CNY", input: 0.8, output: null, regions: [] };
  expect(cost(pricing, 50, null)).toBeCloseTo(0.004);
  expect(cost({ ...pricing, unit: "minute", input: null, output: 0.6 }, 50, 30)).toBeCloseTo(0.3);
  expect(cost({ ...pricing, unit: "1m_tokens" }, 50, 30)).toBeNull();
  expect(cost(null, 50, 30)).toBeNull();
  expect(cost(pricing, null, 30)).toBeNull();
  expect(cost({ ...pricing, input: null }, 50, 30)).toBeNull();
  expect([
    billed("a中", { ...pricing, counting: "cjk_double" }),
    billed("abc", pricing),
    billed("a中", pricing),
  ]).toEqual([3, 3, null]);
  expect(money(0.00045, "USD")).toBe("$0.00045");
  expect(price(pricing)).toBe("¥0.80 per 10,000 characters");
});

test("code holds what is on screen, quoted", () => {
  const call = {
    ref: "openai/tts-1",
    text: `It's "so"\n`,
    parameters: { voice: "nova", speed: 1.5, ssml: false },
    origin: "http://h:1",
  };
  expect(snippet("python", call)).toContain('tts_model("openai/tts-1:nova", {"speed": 1.5, "ssml": False})');
  expect(snippet("curl", call)).toContain(`"input": "It'\\''s \\"so\\"\\n"`);
  expect(snippet("openai", call)).toContain('base_url="http://h:1/v1"');
  expect(literal([null, true, { a: "b" }])).toBe('[None, True, {"a": "b"}]');
});

test("a voice is tried in a language of its own", () => {
  expect(sampleSentence(["de-AT"])).toContain("Satz");
  expect(sampleSentence(["zh", "en"])).toContain("Hello");
  expect(sampleSentence(["yue"])).toBe(sampleSentence(["zh"]));
  expect(sampleSentence([])).toContain("Hello");
});

test.each([
  [{ title: "Bad", detail: "Too much", code: "ParameterError", status: 422 }, "Too much", "ParameterError"],
  [{ error: { message: "No voice", type: "x", param: "voice", code: "bad" } }, "No voice", "bad"],
  [null, "The server answered 422.", "Http422"],
])("%j is told in words", (body, message, code) => {
  const error = errorOf(new Response(null, { status: 422 }), body);
  expect([error.message, error.problem.code, error.status]).toEqual([message, code, 422]);
});

test("what accounts have stands in the place of what is shipped, as long as they are there", () => {
  const model = (ref: string, label: string, live: object | null) => ({ ref, label, live }) as Model;
  const shipped = [model("a/1", "shipped", null), model("a/2", "shipped", null)];
  const account = [model("a/1", "live", {}), model("a/9", "new", {}), model("a/2", "unmarked", null)];
  const live = withAccount(new Map(), "k", "2026-11-30T00:00:00Z", account);
  const labels = (...ids: string[]) =>
    merged(
      shipped,
      live,
      ids.map((id) => ({ id }) as Credential),
    ).map((one) => one.label);
  expect(labels("k")).toEqual(["live", "shipped", "new"]);
  expect(labels("other")).toEqual(["shipped", "shipped"]);
  expect(withAccount(live, "k", null, account).size).toBe(0);
  expect(withAccount(live, "other", "2026-11-30T00:00:00Z", []).size).toBe(2);
});
