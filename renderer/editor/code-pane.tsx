/** The text editor: YAML with marks under what is wrong. Loaded with the editor page only. */

import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { tags } from "@lezer/highlight";
import CodeMirror, { EditorView, type ReactCodeMirrorRef } from "@uiw/react-codemirror";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import { pageNonce } from "../page-nonce.ts";
import type { Place } from "./source-map.ts";

export interface CodeHandle {
  /** Put the cursor at a place and show it. */
  goTo(from: number): void;
}

export interface Mark extends Place {
  severity: "error" | "warning";
}

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-key)" },
  { tag: [tags.string, tags.content, tags.attributeValue], color: "var(--text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.keyword, tags.meta, tags.typeName], color: "var(--code-word)" },
  { tag: tags.comment, color: "var(--code-note)", fontStyle: "italic" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--faint)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "0.8125rem", backgroundColor: "var(--panel)", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--faint)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--hover) 70%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 22%, transparent)",
  },
  ".cm-tooltip": { backgroundColor: "var(--panel)", border: "1px solid var(--line-strong)", borderRadius: "6px" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--text)" },
});

const extensions = [
  yaml(),
  syntaxHighlighting(colours),
  look,
  lintGutter(),
  EditorView.lineWrapping,
  EditorView.cspNonce.of(pageNonce),
  EditorView.contentAttributes.of({ "aria-label": "Definition", tabindex: "0" }),
];

interface CodePaneProps {
  text: string;
  marks: readonly Mark[];
  onChange(text: string): void;
  ref?: Ref<CodeHandle>;
}

export function CodePane({ text, marks, onChange, ref }: CodePaneProps) {
  const editor = useRef<ReactCodeMirrorRef>(null);
  useImperativeHandle(ref, () => ({
    goTo(from) {
      const view = editor.current?.view;
      if (!view) return;
      const at = Math.min(from, view.state.doc.length);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      view.focus();
    },
  }));
  useEffect(() => {
    const view = editor.current?.view;
    if (view)
      view.dispatch(
        setDiagnostics(
          view.state,
          marks.map((mark) => diagnosticOf(mark, view.state.doc.length)),
        ),
      );
  }, [marks]);
  return (
    <CodeMirror
      ref={editor}
      className="code"
      value={text}
      height="100%"
      theme="none"
      extensions={extensions}
      onChange={onChange}
      basicSetup={{ foldGutter: false, autocompletion: false, highlightSelectionMatches: false }}
    />
  );
}

function diagnosticOf({ from, to, message, severity }: Mark, length: number): Diagnostic {
  const start = Math.min(from, length);
  return { from: start, to: Math.min(Math.max(to, start), length), message, severity };
}
