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
  [
    /^(llm|summarize|translate|embed|keyword_extract|topic_model|entity_extract|sentiment_analyze|moderation)/,
    "Call a local or remote model server with http.",
  ],
  [/^(rss_fetch|atom_fetch|github_|s3_|podcast_)/, WEB],
  [/^(email_send|notify)$/, "Use webhook or shell."],
  [
    /^(document_|diff_|text_clean|context_|token_count|batch|xml_transform|html_to_markdown|text_)/,
    "Use json_transform, regex_extract or template_render.",
  ],
  [
    /^(retry|cache_result|checkpoint|workflow_call|schedule_workflow|timing_|policy_check)/,
    "Use map, parallel, depends_on, the step's own retry, state, or a schedule.",
  ],
  [/^mcp_/, "Use shell or http to reach the tool."],
];

/** What to use instead of a type that exists elsewhere and not here; null for names that are simply unknown. */
export const hintFor = (type: string): string | null => FAMILIES.find(([names]) => names.test(type))?.[1] ?? null;
