/** The steps that clean, compare, join and measure texts. */
import { expect, test } from "vitest";
import { stepBench } from "../support/step-context.ts";

const bench = await stepBench();
type Given = Record<string, unknown>;

async function outputsOf(type: string, config: Given, last: Given | null = null, scope: Given = {}) {
  const result = await bench.run(type, config, { last, scope });
  return result.status === "ok" ? result.outputs : result;
}

test("html_to_markdown keeps what is read and drops what runs", async () => {
  const html = "<h1>Ti</h1><style>.x{top:0}</style><p>Keep <b>this</b></p><script>boom()</script>";
  const expected = { markdown: "# Ti\n\nKeep **this**", text: "# Ti\n\nKeep **this**" };
  expect(await outputsOf("html_to_markdown", { html })).toEqual(expected);
  expect(await outputsOf("html_to_markdown", { text: html })).toEqual(expected);
  expect(await outputsOf("html_to_markdown", {}, { html })).toEqual(expected);
  const withoutNav = await outputsOf("html_to_markdown", { html: "<NAV>menu</NAV><p>x</p>", strip_tags: ["nav"] });
  expect(withoutNav).toMatchObject({ markdown: "x" });
});

test("html_to_markdown turns tables into pipe tables, with and without a head", async () => {
  const markdown = async (html: string) =>
    ((await outputsOf("html_to_markdown", { html })) as { markdown: string }).markdown;
  const withHead =
    "<table><thead><tr><th>a</th><th>b|c</th></tr></thead><tbody><tr><td>1</td><td>2<br>3</td></tr></tbody></table>";
  expect(await markdown(withHead)).toBe("| a | b\\|c |\n| --- | --- |\n| 1 | 2 3 |");
  expect(await markdown("<p>x</p><table><tr><td>1</td></tr><tr><td>2</td></tr></table><p>y</p>")).toBe(
    "x\n\n| 1 |\n| --- |\n| 2 |\n\ny",
  );
});

test("html_to_markdown says what is missing, and survives what cannot be read", async () => {
  expect(await outputsOf("html_to_markdown", {})).toMatchObject({ failure: { code: "missing_html" } });
  expect(await outputsOf("html_to_markdown", { html: "<div>".repeat(1500) })).toMatchObject({
    failure: { code: "html_invalid" },
  });
});

const clean = async (text: string, ...operations: string[]) =>
  ((await outputsOf("text_clean", { text, operations })) as { text: string }).text;

test("text_clean does its operations in order, and tells both lengths", async () => {
  const html = "<p>BIG   Word</p>";
  const cleaned = await outputsOf("text_clean", {
    text: html,
    operations: ["strip_html", "normalize_whitespace", "lowercase"],
  });
  expect(cleaned).toEqual({ text: "big word", original_length: html.length, cleaned_length: 8 });
  expect(await outputsOf("text_clean", {}, { text: "<b>a</b>  &amp; cafÃ©" })).toMatchObject({ text: "a & café" });
});

test.each([
  ["strip_html", "a < b <script>x<y</script><i>c</i> &lt;i&gt; &#65; &unknown;", "a < b c <i> A &unknown;"],
  ["normalize_whitespace", "  a \t b \r\n\n\n\n c ", "a b\n\nc"],
  ["fix_encoding", "cafÃ© â€“ â€œhiâ€\u009d ðŸ˜€ Ã, naïve, café", "café – “hi” 😀 Ã, naïve, café"],
  ["strip_markdown", "# T\n- **b** _i_ `c` [l](http://x) 2*3*4 a_b_c", "T\nb i c l 2*3*4 a_b_c"],
  ["strip_reasoning_blocks", "<think>hm\nhm</think>Yes.", "Yes."],
  ["strip_reasoning_blocks", "cut off</think> Yes.", "Yes."],
  ["tts_normalize", "## Cats & dogs 🐈\n50% on https://x.test/y", "Cats and dogs\n50 percent on"],
  ["strip", "  a ", "a"],
  ["lowercase", "ÄB", "äb"],
  ["remove_urls", "see https://x.test/a?b=1 now", "see  now"],
  ["remove_emails", "mail pia.b+c@mail.example.org now", "mail  now"],
  ["normalize_unicode", "“a” ‘b’ – — … x\u00a0y e\u0301", "\"a\" 'b' - - ... x y é"],
])("text_clean %s", async (operation, text, expected) => {
  expect(await clean(text, operation)).toBe(expected);
});

test("text_clean refuses an operation that it does not know, and no text", async () => {
  await expect(bench.run("text_clean", { text: "a", operations: ["polish"] })).rejects.toThrow(/operations/);
  expect(await outputsOf("text_clean", {})).toMatchObject({ failure: { code: "missing_text" } });
});

test("document_diff counts lines that came and went, and shows them as a patch", async () => {
  const changed = await outputsOf("document_diff", {
    document_a: "l1\nl2\n",
    document_b: "l1\nL2\n",
    context_lines: 1,
    save_as: { name: "changes.diff" },
  });
  expect(changed).toMatchObject({
    diff: "--- document_a\n+++ document_b\n@@ -1,2 +1,2 @@\n l1\n-l2\n+L2\n",
    has_changes: true,
    additions: 1,
    deletions: 1,
    artifact: { name: "changes.diff" },
  });
  expect(await outputsOf("document_diff", { document_a: "same\n", document_b: "same\n" })).toEqual({
    diff: "",
    has_changes: false,
    additions: 0,
    deletions: 0,
  });
  expect(await outputsOf("document_diff", { document_a: "only one" })).toMatchObject({
    failure: { code: "missing_documents" },
  });
});

test("document_diff as HTML runs nothing, and side by side puts what changed in one row", async () => {
  const texts = { document_a: "a\n<b>\nc", document_b: "a\n<i>\nd\nc" };
  const html = (await outputsOf("document_diff", { ...texts, output_format: "html" })) as { diff: string };
  expect(html.diff).toContain("<del>&lt;b&gt;</del>\n<ins>&lt;i&gt;</ins>");
  expect(await outputsOf("document_diff", { ...texts, output_format: "side_by_side" })).toEqual({
    diff: "a     a\n<b> ~ <i>\n    + d\nc     c",
    has_changes: true,
    additions: 2,
    deletions: 1,
    rows: [
      { kind: "same", left: "a", right: "a" },
      { kind: "changed", left: "<b>", right: "<i>" },
      { kind: "added", left: null, right: "d" },
      { kind: "same", left: "c", right: "c" },
    ],
  });
});

test("document_merge joins texts, with headings if wanted", async () => {
  const documents = ["P", { title: "Second", content: "Q" }];
  expect(await outputsOf("document_merge", { documents, separator: " ~ " })).toEqual({
    merged: "P ~ Q",
    text: "P ~ Q",
    document_count: 2,
  });
  const { merged } = (await outputsOf("document_merge", { add_headers: true }, { documents })) as { merged: string };
  expect(merged).toBe("## Document 1\n\nP\n\n## Document 2: Second\n\nQ");
  expect(await outputsOf("document_merge", { documents: [] })).toMatchObject({ merged: "", document_count: 0 });
  expect(await outputsOf("document_merge", {})).toMatchObject({ failure: { code: "missing_documents" } });
});

test("context_build labels its sources, adds the inputs, and stops at the limit", async () => {
  const config = {
    sources: ["S1", { type: "text", text: "body", label: "Lbl" }, { type: "documents", documents: [{ text: "D" }] }],
    separator: "\n@@\n",
    include_inputs: true,
    include_prev: true,
  };
  const built = await outputsOf("context_build", config, { n: 1 }, { inputs: { k: "v" } });
  const context = 'S1\n@@\n**Lbl:**\nbody\n@@\nD\n@@\n**Inputs:**\n{\n  "k": "v"\n}\n@@\n**Previous:**\n{\n  "n": 1\n}';
  expect(built).toEqual({ context, text: context, source_count: 5, total_chars: context.length, truncated: false });
  expect(await outputsOf("context_build", { sources: ["123456"], max_tokens: 1 })).toMatchObject({
    context: "1234",
    total_chars: 4,
    truncated: true,
  });
  await expect(bench.run("context_build", { sources: [{ type: "web" }] })).rejects.toThrow(/sources/);
});

test("token_count estimates, and says that it does", async () => {
  expect(await outputsOf("token_count", { text: "aa bb cc dd", model: "gpt-4" })).toEqual({
    token_count: 3,
    word_count: 4,
    char_count: 11,
    estimated: true,
    model: "gpt-4",
  });
  expect(await outputsOf("token_count", { text: "" })).toMatchObject({ token_count: 0, word_count: 0, char_count: 0 });
  expect(await outputsOf("token_count", { text: "日本語 😀" })).toMatchObject({ token_count: 4, char_count: 5 });
  expect(await outputsOf("token_count", {})).toMatchObject({ failure: { code: "missing_text" } });
});

test.each([
  ["en", "The report was not ready, and they have to wait for it until the morning."],
  ["de", "Der Bericht war nicht fertig, und sie müssen bis zum Morgen auf ihn warten."],
  ["fr", "Le rapport n'est pas prêt et il faut attendre dans le couloir avec les autres."],
  ["es", "El informe no está listo y hay que esperar en la sala con los demás."],
  ["it", "Il rapporto non è pronto e si deve aspettare nella sala con gli altri, ma è bello."],
  ["nl", "Het rapport is niet klaar en we moeten in de gang wachten op de anderen."],
  ["ru", "Отчёт ещё не готов, и мы будем ждать его в коридоре до утра."],
  ["ja", "報告書はまだ準備できていません。"],
  ["zh", "报告还没有准备好，我们要等到早上。"],
  ["ko", "보고서가 아직 준비되지 않았습니다."],
  ["el", "Η αναφορά δεν είναι έτοιμη."],
])("language_detect tells %s", async (language, text) => {
  const guess = await outputsOf("language_detect", { text });
  expect(guess).toMatchObject({ language });
  expect((guess as { confidence: number }).confidence).toBeGreaterThan(0.3);
});

test("language_detect does not pretend to know", async () => {
  for (const text of ["", "12345", "Xyzzy plugh", "ok"])
    expect(await outputsOf("language_detect", { text })).toMatchObject({ language: "und", confidence: 0 });
});
