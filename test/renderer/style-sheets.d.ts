/** The page's modules import their style sheets; to the tests these are files without a value. */
declare module "*.css";
