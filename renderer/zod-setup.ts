/** Imported first: schemas must be interpreted, because the content security policy forbids code made from strings. */
import { z } from "zod";

z.config({ jitless: true });
