/** Tokens and keys by how they begin, which is where a cut one is known by as well, and by how they go on. */
const SHAPES = [
  // JWTs (RFC 7519, 3.1) and other JSON in base64; the parts of a JWT may stand in a URL.
  ['e(?:yJ|yAi|wogI|woJI|w0KI)[\\w-]{6}', '[\\w-]{2,}(?:(?:\\.|%2E)[\\w-]*){0,4}'],
  // Google's access tokens, refresh tokens, API keys and client secrets.
  ['ya29\\.', '[\\w.-]{8,}'],
  ['\\b1(?://|%2F%2F)0', '[\\w-]{20,}'],
  ['AIza', '[\\w-]{30,}'],
  ['GOCSPX-', '[\\w-]{10,}'],
  // GitHub's tokens.
  ['gh[oprsu]_|github_pat_', '\\w{30,}'],
  ['-----BEGIN', '[^-]{0,40}PRIVATE.{1,3}KEY-----[^-]*(?:-----END[^-]{0,40}-----)?']
] as const

/** How a token or key begins, wherever it stands. */
export const TOKEN_BEGINNING = new RegExp(SHAPES.map(([beginning]) => beginning).join('|'))

/** A whole token or key, as a part of a pattern. */
export const TOKEN_SHAPE = SHAPES.map(([beginning, rest]) => `(?:${beginning})${rest}`).join('|')
