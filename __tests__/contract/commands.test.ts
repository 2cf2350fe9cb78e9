import assert from 'node:assert/strict'
import process from 'node:process'
import { test } from 'node:test'
import {
  expand,
  faultsInPosixShells,
  faultsInPowerShell,
  hasCommand,
  offersOfPages,
  placeholderInQuotes
} from '../../scripts/commands.ts'

const withoutBash = process.platform === 'win32' ? 'needs bash' : false
const offers = await offersOfPages()

for (const [index, { where, text }] of offers.entries()) {
  test(`text ${index + 1} for a shell, of ${where}, does the same in bash and zsh`, () => {
    assert.deepEqual(faultsInPosixShells(text), [], text)
    assert.equal(placeholderInQuotes(text), undefined, text)
  })

  test(`text ${index + 1} for a shell, of ${where}, reaches each of its gcloud commands`, { skip: withoutBash }, () => {
    assert.notDeepEqual(expand(text), [], text)
  })
}

test('there are texts for a shell to check', () => {
  assert.ok(offers.length > 40)
  for (const page of ['README.md', 'docs/troubleshooting.md', 'infra/probe/README.md'])
    assert.ok(
      offers.some(({ where }) => where === page),
      page
    )
})

test('a command is what is left of it when bash is done', { skip: withoutBash }, () => {
  const text =
    'P=my-project\ngcloud run services list --project="$P" --region=REGION \\\n  --limit=$(gcloud projects describe "$P" --format=\'value(projectNumber)\')'
  assert.deepEqual(expand(text), [
    ['projects', 'describe', 'my-project', '--format=value(projectNumber)'],
    ['run', 'services', 'list', '--project=my-project', '--region=europe-west1', '--limit=123456789012']
  ])
})

test('a text that bash cannot run to its end is no command', { skip: withoutBash }, () => {
  assert.throws(() => expand('gcloud run services list --project="$PROJECT"'), /PROJECT: unbound variable/)
  assert.throws(() => expand('false && gcloud run services list'), /bash ends with 1/)
  assert.throws(() => expand('if false; then gcloud run services list --limit=1; fi'), /was not reached/)
})

test('only a command of gcloud is one', () => {
  assert.ok(hasCommand('gcloud run services list'))
  assert.ok(!hasCommand('npm test # needs no gcloud run'))
  assert.ok(!hasCommand('the file of gcloud'))
})

/** A text, and what is wrong with it in each shell. */
const FAULTS: readonly (readonly [text: string, posix: RegExp | undefined, powerShell: RegExp | undefined])[] = [
  ['gcloud run services list --format="yaml(a, b)"', undefined, undefined],
  ['gcloud run services list   # all of them', /comment/, undefined],
  ['gcloud iam x --member=principalSet://pool/*', /looks for files/, undefined],
  ["gcloud iam x --member='principalSet://pool/*'", undefined, undefined],
  ['gcloud iam x --member=serviceAccount:p.svc.id.goog[a/b]', /looks for files/, undefined],
  ['gcloud iam x smoke@p.iam.gserviceaccount.com', undefined, undefined],
  ['gcloud iam x \\\n  --member=a', undefined, /backslash at the end/],
  ["gcloud iam x --condition='a == '\\''b'\\'''", undefined, /no backslash/],
  ['gcloud iam x --mapping=a=b,c=d', undefined, /list of words/],
  ['P=p\ngcloud iam x --project="$P"', undefined, /sets variables/],
  ['gcloud logging read \'a="b"\'', undefined, /loses double quotes/],
  ['gcloud iap settings get > iap.yaml', undefined, /UTF-16/]
]

for (const [text, posix, powerShell] of FAULTS) {
  test(`what is wrong with ${JSON.stringify(text)}`, () => {
    assert.match(faultsInPosixShells(text).join(), posix ?? /^$/)
    assert.match(faultsInPowerShell(text).join(), powerShell ?? /^$/)
  })
}

test('a placeholder within quotes is found, and a variable is none', () => {
  assert.equal(placeholderInQuotes('gcloud x --mapping="a=b,EVERY_OTHER_ENTRY"'), 'EVERY_OTHER_ENTRY')
  assert.equal(placeholderInQuotes('gcloud x --condition="assertion.id == \'OWNER\'"'), 'OWNER')
  assert.equal(placeholderInQuotes('gcloud x --member="serviceAccount:$ACCOUNT" --project=PROJECT'), undefined)
  assert.equal(placeholderInQuotes("gcloud x --member='serviceAccount:PROJECT.svc.id.goog[NAMESPACE/NAME]'"), undefined)
})
