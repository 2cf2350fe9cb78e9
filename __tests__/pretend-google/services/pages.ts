import { answerHtml } from '../transport/answer.ts'
import type { Answer } from '../transport/answer.ts'

/** The page of Cloud Run's front end. */
export function frontEndPage(
  status: number,
  title: string,
  heading: string,
  sentence: string,
  headers: Readonly<Record<string, string>> = {}
): Answer {
  const page = `
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>${title}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>${heading}</h1>
<h2>${sentence}</h2>
<h2></h2>
</body></html>
`
  return answerHtml(status, page, { server: 'Google Frontend', ...headers })
}

/** The page of Google's front ends in general, which Cloud Run's hosts show as well. */
export function errorPage(status: number, reason: string, sentence: string): Answer {
  return answerHtml(
    status,
    `<!DOCTYPE html>\n<html lang=en>\n  <title>Error ${status} (${reason})!!1</title>\n` +
      `  <p><b>${status}.</b> <ins>That’s an error.</ins>\n  <p>${sentence}  <ins>That’s all we know.</ins>\n`
  )
}

/** Cloud Armor denies with one of three statuses, before the load balancer asks anybody. */
function armorPage(status: 403 | 404 | 502, reason: string): Answer {
  return answerHtml(
    status,
    `<!doctype html><meta charset="utf-8"><meta name=viewport content="width=device-width, initial-scale=1"><title>${status}</title>${status} ${reason}`
  )
}

/** IAP speaks in plain sentences, and marks what it says. */
export function iapPage(status: number, sentence: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return answerHtml(status, sentence, { 'x-goog-iap-generated-response': 'true', ...headers })
}

const TEMPORARY_ERROR =
  'The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.'

/**
 * Pages of Google's in the place of an application's answers, by name, so that a scenario can go through all of them. They are
 * faults: `world.fail(host, PAGES['Cloud Armor 403'])`.
 */
export const PAGES = {
  'Cloud Armor 403': armorPage(403, 'Forbidden'),
  'Cloud Armor 404': armorPage(404, 'Not Found'),
  'Cloud Armor 502': armorPage(502, 'Bad Gateway'),
  // What an ingress that is closed was answered with, before it was a 404.
  'front end 403, access is forbidden': frontEndPage(403, '403 Forbidden', 'Error: Forbidden', 'Access is forbidden.'),
  'front end 400': errorPage(400, 'Bad Request', 'Your client has issued a malformed or illegal request.'),
  'front end 405': errorPage(
    405,
    'Method Not Allowed',
    'The request method <code>TRACE</code> is inappropriate for the URL <code>/</code>.'
  ),
  'front end 411': errorPage(411, 'Length Required', 'POST requests require a <code>Content-length</code> header.'),
  'front end 413': frontEndPage(
    413,
    '413 Request Entity Too Large',
    'Error: Request Entity Too Large',
    'Your client issued a request that was too large.\n'
  ),
  'front end 502': frontEndPage(502, '502 Server Error', 'Error: Server Error', TEMPORARY_ERROR),
  'front end 503': frontEndPage(503, '503 Server Error', 'Error: Server Error', TEMPORARY_ERROR),
  'IAP 500': iapPage(500, 'There was a problem with your request. Error code 9'),
  'IAP 503': iapPage(503, 'The service is currently unavailable.')
} as const satisfies Record<string, Answer>
