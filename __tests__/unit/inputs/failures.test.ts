import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audienceRequired, inputInvalid, inputsInvalid, WHY_EMPTY } from '../../../src/inputs/failures.ts'
import { quoteValue } from '../../../src/guard/safe-text.ts'
import { explainWithheld } from '../../../src/world/failures/restricted-run.ts'
import { wordsOf } from '../fixtures.ts'
import { HOSTILE, testFailures } from '../rows.ts'

testFailures([
  [
    'a wrong input',
    inputInvalid('url', `${quoteValue(HOSTILE)} is not a URL`, 'Write url as https://HOST/PATH.'),
    'INPUT_INVALID',
    /Input url: "x .*" is not a URL/
  ],
  [
    'a custom domain',
    audienceRequired(new URL('https://user:pass@shop.example/a?key=s3cr3t')),
    'AUDIENCE_REQUIRED',
    /derived from https:\/\/shop\.example\/a: .*For Cloud Run behind shop\.example: the \*\.run\.app URL of the service/,
    /^(?!.*(pass@|s3cr3t))/
  ],
  [
    'a function without a name',
    audienceRequired(new URL('https://us-central1-shop.cloudfunctions.net/')),
    'AUDIENCE_REQUIRED',
    /lacks the name of the function.*Set url to https:\/\/us-central1-shop\.cloudfunctions\.net\/FUNCTION,.*`gcloud functions list --project=shop --regions=us-central1`/,
    /^(?!.*audience: https)/
  ]
])

const LENGTH = inputInvalid('timeout', '"soon" is not a duration', 'Write url as 30s.', ['timeout: 30s'])
const METHOD = inputInvalid('method', '"FETCH" is not an HTTP method', 'Use GET.', ['method: GET'])

test('Several complaints are one failure: the first in its sentence with the number of the others, all of them below.', () => {
  const { text } = inputsInvalid([LENGTH, audienceRequired(new URL('https://shop.example/')), METHOD])
  assert.equal(text.code, 'INPUT_INVALID')
  assert.equal(
    text.sentence,
    'Input timeout: "soon" is not a duration (2 other complaints about the inputs: audience, method).'
  )
  assert.match(text.details?.join('\n') ?? '', /^Input timeout: .*\nNo audience .*\nInput method: .* Use GET\.$/)
})

test('A complaint that was made twice is one complaint.', () => {
  assert.deepEqual(inputsInvalid([LENGTH, LENGTH]).text, LENGTH.text)
})

test('Where the audience is the only complaint, it keeps its code.', () => {
  assert.equal(inputsInvalid([audienceRequired(new URL('https://shop.example/'))]).text.code, 'AUDIENCE_REQUIRED')
})

test('Where a fork or Dependabot is why an input is empty, that is said in the place of a guess.', () => {
  const empty = inputInvalid('url', `url is empty; ${WHY_EMPTY}`, 'Set url.')
  const env = { GITHUB_JOB: 'smoke' }
  const fork = explainWithheld(env, { kind: 'fork', repository: 'mallory/app' })
  const { text } = inputsInvalid([empty], fork)
  assert.equal(
    `${text.sentence} ${text.remedy}`,
    'Input url: url is empty; this pull request comes from the fork mallory/app, and GitHub gives such a run no secrets. ' +
      'Skip job smoke for pull requests from forks; on push after the merge the same job gets secrets.'
  )
  assert.match(wordsOf(text), /head\.repo\.full_name == github\.repository/)
  const { text: other } = inputsInvalid([METHOD, empty], explainWithheld(env, { kind: 'Dependabot' }))
  assert.match(
    other.details?.join('\n') ?? '',
    /Use GET\.\n.*Dependabot started this run.*Skip job smoke for Dependabot/
  )
  assert.match(other.sentence, /"FETCH"/)
})
