import { notRefused } from '../../../../src/call/failures/privacy.ts'
import { answer } from '../../fixtures.ts'
import { testFailures } from '../../rows.ts'
import { failed, STATUS_MISSED, URL_OF_CALL } from './failed-calls.ts'

const GOOGLE_404 = '<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>'

testFailures([
  [
    "the ingress's refusal",
    failed('infrastructure', 403, '<h2>Access is forbidden.</h2>'),
    'NOT_REACHED',
    /403 Forbidden before the call reached .*: the ingress of the service admits internal traffic only\..*`gcloud run services describe shop/,
    /^(?!.*policy-binding).*--ingress=all/
  ],
  [
    "a security policy's refusal",
    failed('infrastructure', 404, '<title>404</title>404 Not Found', { url: 'https://shop.example/' }),
    'NOT_REACHED',
    /security policy \(Cloud Armor\) .* denied the call\. Let a rule of the security policy allow/,
    /security-policies describe POLICY/
  ],
  [
    'a body that is too large for the front end',
    failed('infrastructure', 413, '<title>Error 413 (Request Entity Too Large)!!1</title>'),
    'NOT_REACHED',
    /413 .*32 MiB over HTTP\/1\. Send a smaller body\./
  ],
  [
    'an outage of the front end, even where 5xx is expected',
    failed('infrastructure', 502, '<h1>Error: Server Error</h1>', { verdicts: [{ ...STATUS_MISSED, met: true }] }),
    'SERVICE_UNAVAILABLE',
    /answered 502 Bad Gateway \("Error: Server Error"\), after 3 attempts; the answer is Google's, not the application's/,
    /services logs read shop/
  ],
  [
    'a 404 of Google to a call without a token',
    notRefused({ url: URL_OF_CALL, tag: 'blue' }, answer(404, GOOGLE_404)),
    'NOT_REACHED',
    /without a token with 404 Not Found, which is no refusal of the caller.*traffic tag blue/
  ],
  [
    'a 403 of ingress to a call without a token',
    notRefused({ url: URL_OF_CALL, tag: undefined }, answer(403, '<h2>Access is forbidden.</h2>')),
    'NOT_REACHED',
    /without a token with 403 .*ingress/,
    /--ingress=all/
  ]
])
