/** Stories of templates: types are kept, what is missing is named, and nothing in a value can reach the host. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile, compileExpression, isTemplate } from "../../../electron/engine/templating/compile.ts";
import { evaluate, MAX_OUTPUT_CHARS, type Scope } from "../../../electron/engine/templating/evaluate.ts";
import { isCheap, renderCondition, renderNow, renderValue } from "../../../electron/engine/templating/render.ts";

const scope: Scope = {
  inputs: { name: "Ada", n: 3, list: [1, 2], none: null, flag: false, o: { x: 1, "odd key": 2 }, empty: "" },
  last: { text: "hi" },
};
const value = (text: string, names: Scope = scope): unknown => evaluate(compile(text), names);
const inPlace = async (text: string, names: Scope): Promise<unknown> => evaluate(compile(text), names);
const never = (): Promise<never> => Promise.reject(new Error("this needs no pool"));

describe("a text that is one expression keeps its type", () => {
  test.each([
    ["{{ inputs.n }}", 3],
    ["  {{ inputs.n }}\n", 3],
    ["{{- inputs.list -}}", [1, 2]],
    ["{{ inputs.list[0] }}", 1],
    ["{{ inputs.list[-1] }}", 2],
    ["{{ inputs.o['odd key'] }}", 2],
    ["{{ inputs.none }}", null],
    ["{{ inputs.flag }}", false],
    ["{{ inputs.o }}", { x: 1, "odd key": 2 }],
    ["{{ inputs.n * 2 + 1 }}", 7],
    ["{{ 3 / 2 }}", 1.5],
    ["{{ inputs.n > 2 and not inputs.flag }}", true],
    ["{{ [inputs.n, {'k': none}] }}", [3, { k: null }]],
    ["{{ inputs.list | length }}", 2],
    ["{{ inputs.o.keys() }}", ["x", "odd key"]],
    ["{{ none }}", null],
    ["{{ True }}", true],
  ])("%s", (text, expected) => expect(value(text)).toEqual(expected));

  test("and any other is text", () => {
    expect(value("{{ inputs.n }}{{ inputs.n }}")).toBe("33");
    expect(value("n: {{ inputs.n }}")).toBe("n: 3");
    expect(value("{% for i in inputs.list %}{{ loop.index }}:{{ i }} {% endfor %}")).toBe("1:1 2:2 ");
    expect(value("{# nothing #}")).toBe("");
  });
});

describe("what is missing is an error that names the path and what there is", () => {
  test.each([
    ["{{ inputs.nmae }}", "inputs.nmae is not defined; inputs has name, n, list"],
    ["Hello {{ inputs.nmae }}", "inputs.nmae is not defined; inputs has name, n, list"],
    ["{{ inptus.name }}", "inptus is not defined; there is inputs, last"],
    ["{{ inputs.o.y.z }}", "inputs.o.y is not defined; inputs.o has x, odd key"],
    ["{{ inputs.list[5] }}", "inputs.list[5] is not defined; inputs.list has 2 items"],
    ["{{ inputs.name.first }}", "inputs.name.first is not defined"],
    ["{{ inputs.none.x }}", "inputs.none.x is not defined"],
    ["{{ missing and 1 }}", "missing is not defined"],
    ["{{ 'x' if inputs.maybe else 'y' }}", "inputs.maybe is not defined"],
  ])("%s", (text, message) => expect(() => value(text)).toThrow(message));

  test.each([
    ["{{ inputs.city | default('Paris') }}", "Paris"],
    ["{{ inputs.a.b.c | default('deep') }}", "deep"],
    ["{{ nothing.at.all | default(7) }}", 7],
    ["{{ inputs.city or 'Paris' }}", "Paris"],
    ["{{ inputs.city || 'Paris' }}", "Paris"],
    ["{{ inputs.city || inputs.town || 'Paris' }}", "Paris"],
    ["{{ (inputs.city or inputs.town) | default('Paris') }}", "Paris"],
    ["{{ inputs.city is defined }}", false],
    ["{{ inputs.name is defined && inputs.n == 3 }}", true],
    ["{{ 'y' if inputs.city is defined else 'n' }}", "n"],
    ["{{ inputs.empty || '' }}", ""],
  ])("unless it may be: %s", (text, expected) => expect(value(text)).toEqual(expected));

  test("the last of a chain may not be missing", () =>
    expect(() => value("{{ inputs.city || inputs.town }}")).toThrow("inputs.town is not defined"));
});

describe("|| and && are operators in tags only", () => {
  test.each([
    ["a || b && c", "a || b && c"],
    ["a || {{ inputs.none || 'b' }} && c", "a || b && c"],
    ["{{ 'a||b' ~ \"&&\" }}", "a||b&&"],
    [String.raw`{{ "say \"||\" twice" || 'x' }}`, 'say "||" twice'],
    ["{{ '}}' || 'x' }}", "}}"],
    ["don't {{ inputs.none || 'do' }} won't || ", "don't do won't || "],
    ["{% if inputs.n && inputs.name %}yes{% endif %}", "yes"],
  ])("%s", (text, expected) => expect(value(text)).toBe(expected));
});

describe("attacks come to nothing", () => {
  test.each([
    "{{ ''.constructor }}",
    "{{ inputs.constructor }}",
    "{{ inputs['constructor'] }}",
    "{{ inputs.__proto__ }}",
    "{{ inputs['__proto__'] }}",
    "{{ inputs.name.__proto__ }}",
    "{{ inputs.list.constructor }}",
    "{{ inputs.name.constructor.constructor('return process')() }}",
    "{{ toString }}",
    "{{ process }}",
    "{{ globalThis }}",
    "{{ self }}",
    "{{ range.constructor }}",
  ])("%s", (text) => expect(() => value(text)).toThrow("is not defined"));

  test.each([
    ["{{ range }}", "is not defined"],
    ["{{ inputs.name.upper }}", "is not defined"],
    ["name: {{ inputs.name.upper }}", "not called"],
    ["{{ inputs.list | map('constructor') | list }}", "not currently supported"],
    ["{{ range(1000000000) }}", "at most"],
    ["{{ range(0, 1, 0.0000000001) }}", "at most"],
    ["{{ range(0, 10, 0) }}", "step other than 0"],
    ["{{ range('a') }}", "whole numbers"],
    ["{{ 1 / 0 }}", "no number"],
  ])("%s", (text, message) => expect(() => value(text)).toThrow(message));

  test("a text that doubles itself is stopped", () =>
    expect(() => value(`{% set a = 'x' %}${"{% set a = a ~ a %}".repeat(60)}{{ a }}`)).toThrow());

  test("functions in the scope are refused, however deep", () => {
    const names = { f: () => "called", o: { deep: { f: () => "called" } }, list: [() => "called"] };
    expect(() => value("{{ f() }}", names)).toThrow("f is not defined");
    for (const text of ["{{ f ~ '' }}", "{{ o.deep.f() }}", "{{ list[0]() }}", "{{ o | tojson }}"])
      expect(() => value(text, names), text).toThrow("not data");
  });

  test("keys that mean something to the host are only keys", async () => {
    const inputs = JSON.parse('{"__proto__": {"admin": true}, "constructor": "c"}');
    expect(value("{{ inputs.__proto__.admin }}", { inputs })).toBe(true);
    expect(value("{{ inputs.constructor ~ '' }}", { inputs })).toBe("c");
    const rendered = (await renderValue(JSON.parse('{"__proto__": "{{ last.text }}"}'), scope, never)) as object;
    expect(Object.getPrototypeOf(rendered)).toBe(Object.prototype);
    expect(Object.entries(rendered)).toEqual([["__proto__", "hi"]]);
  });

  test("what a template gives is never read as a template again", async () => {
    const secret = "{{ secrets.key }} {% raise %} {{";
    const names = { last: { text: secret }, secrets: { key: "s3cret" } };
    const rendered = await renderValue({ a: "{{ last.text }}", b: ["> {{ last.text }}"] }, names, inPlace);
    expect(rendered).toEqual({ a: secret, b: [`> ${secret}`] });
  });

  test("a giant result is refused", () => {
    const big = "x".repeat(1024 * 1024);
    const times = MAX_OUTPUT_CHARS / big.length + 1;
    const text = `{% for i in range(${times}) %}{{ big }}{% endfor %}`;
    expect(() => value(text, { big })).toThrow("are allowed");
  });

  test("a hostile text is judged quickly", () => {
    const began = performance.now();
    for (const part of ['{{ "', String.raw`{{ \"`, "{{ || ", "{{ ' || "])
      expect(() => compile(part.repeat(8000)), part).toThrow(SyntaxError);
    // Generous: what is ruled out are the minutes that a careless pattern takes.
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe("rendering a whole value", () => {
  test("goes into lists and objects, and leaves other values alone", async () => {
    const config = { to: ["{{ inputs.name }}", { n: "{{ inputs.n }}" }], flag: true, "{{ key }}": null, n: 1 };
    const expected = { to: ["Ada", { n: 3 }], flag: true, "{{ key }}": null, n: 1 };
    expect(await renderValue(config, scope, never)).toEqual(expected);
    expect(renderNow(config, scope)).toEqual(expected);
  });

  test("an error names the field and the expression, and says what to do", async () => {
    const config = { headers: [{ "x-name": "{{ inputs.nmae }}" }] };
    await expect(renderValue(config, scope, never)).rejects.toMatchObject({
      code: "template_error",
      message: expect.stringMatching(/^headers\[0\]\.x-name: inputs\.nmae is not defined.*in \{\{ inputs\.nmae \}\}$/),
      extra: { hint: expect.stringContaining("default") },
    });
    expect(() => renderNow({ a: "{{ 1 + }}" }, scope)).toThrow(/^a: /);
  });

  test("loops and the like go to the pool, with what they read and nothing else", async () => {
    const seen: Scope[] = [];
    const text = "{% for i in inputs.list %}{{ i }}{% endfor %}";
    const pool = (asked: string, names: Scope) => {
      seen.push(names);
      return inPlace(asked, names);
    };
    expect(isCheap({ a: [text] })).toBe(false);
    expect(isCheap({ a: ["{{ inputs.n + 1 }}", 5, "{{ broken"] })).toBe(true);
    expect(await renderValue(text, scope, pool)).toBe("12");
    expect(await renderCondition("inputs.list | sort", scope, pool)).toEqual([1, 2]);
    expect(seen.map((names) => Object.keys(names))).toEqual([["inputs"], ["inputs"]]);
  });

  test("a condition is a template or a bare expression", async () => {
    const names = { inputs: { n: 3 } };
    expect(await renderCondition("inputs.n > 2", names, never)).toBe(true);
    expect(await renderCondition("{{ inputs.n > 5 }}", names, never)).toBe(false);
    expect(await renderCondition("inputs.x || false", names, never)).toBe(false);
    await expect(renderCondition("inputs.x", names, never)).rejects.toMatchObject({ code: "template_error" });
    expect(compileExpression("a").text).toBe("{{ a }}");
  });

  test("property: a value without templates comes back as it was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (plain) => {
        fc.pre(!isTemplate(JSON.stringify(plain)));
        expect(await renderValue(plain, scope, never)).toEqual(plain);
        expect(renderNow(plain, scope)).toEqual(plain);
      }),
      { numRuns: 200 },
    );
  });

  test("property: any value in the scope comes out of a sole expression as it is, and is not rendered", async () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const hostile = fc.constantFrom("{{ inputs }}", "{% if %}", "{# x", "}}", "||", "{{ secrets.key }}");
    await fc.assert(
      fc.asyncProperty(fc.oneof(json, hostile, fc.array(hostile)), async (held) => {
        const names = { last: { held } };
        expect(await renderValue("{{ last.held }}", names, never)).toEqual(held);
        expect(value("{{ (last).held }}", names)).toEqual(held);
      }),
      { numRuns: 200 },
    );
  });
});
