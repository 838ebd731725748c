/** Step types of other engines that this app does not have, and what to use instead. Pure. */

const WEB = "Call a service that does it with http.";
const PROGRAM = "Run a program that does it with shell.";

/** Families by how their names begin or read; the first that fits is told. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^(media_ingest|process_media|pdf_extract|ocr|document_table_extract)$/, `${PROGRAM} file_read reads text files.`],
  [
    /^(rag_search|hyde_generate|query_|semantic_cache_check|search_aggregate|rerank|chunking|claims_extract|collections)/,
    "Use sqlite_query or regex_extract on files of your own.",
  ],
  [
    /^(web_search|google_scholar_search|arxiv_|pubmed_|semantic_scholar_|patent_|doi_|deep_research|literature_review|reference_parse|bibtex_)/,
    WEB,
  ],
  [/^(tts|multi_voice_tts|stt_transcribe|audio_|voice_|video_|subtitle_|image_|screenshot_capture)/, PROGRAM],
  [/^acp_/, "Use shell for a local agent, and wait_for_approval for its review."],
  [
    /^(kanban|notes|prompts|chatbooks|character_chat|evaluations)/,
    "Use state, file_write or sqlite_query to keep things.",
  ],
  [/^(sandbox_exec)$/, "Use shell."],
  [/_generate$/, "Use template_render, with markdown_to_html for a finished page."],
  [/^(llm_|moderation)/, "Use llm, which asks any local or remote model server."],
  [/^(github_|s3_|podcast_)/, WEB],
  [/^(document_|context_|text_|eval_readability)/, "Use json_transform, regex_extract, text_clean or template_render."],
  [/^(workflow_call|schedule_workflow)/, "Use map, parallel, depends_on, or a schedule."],
  [/^mcp_/, "Use mcp_tool."],
];

/** What to use instead of a type that exists elsewhere and not here; null for names that are simply unknown. */
export const hintFor = (type: string): string | null => FAMILIES.find(([names]) => names.test(type))?.[1] ?? null;
