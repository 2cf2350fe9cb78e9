import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { ESLint } from 'eslint'
import typescript from 'typescript'
import type { Program } from 'typescript'

/** A file of src/ in the place of which a snippet is judged. */
const FILE = path.resolve('src/token/sts.ts')

/** What a snippet may use. */
const IMPORTS = `import http from 'node:http'
import type { Secret } from '../guard/secret.ts'
import type { HttpRequest } from '../world/request.ts'
import type { Log } from '../world/step.ts'
const REQUEST = { method: 'GET', url: new URL('https://x.example') }
const accept = (request: HttpRequest): HttpRequest => request
`

/** What someone may write who forgets that a token is secret, in a function that is given one, and the rule that refuses it. */
const MISTAKES: [string, string, string][] = [
  ['in a template literal', 'log.info(`token: ${token}`)', '@typescript-eslint/restrict-template-expressions'],
  ['behind a plus sign', "log.info('token: ' + token)", '@typescript-eslint/restrict-plus-operands'],
  ['revealed where it does not go out', 'log.info(token.reveal())', 'no-restricted-properties'],
  [
    'revealed by its name alone',
    'const { reveal } = token\n  log.info(reveal.call(token))',
    'no-restricted-properties'
  ],
  ['on the console', 'console.log(token)', 'no-console'],
  [
    'as a header that is a text',
    "const headers: Record<string, string> = { authorization: token }\n  log.info(headers['authorization'] ?? '')",
    'TS2322'
  ],
  ["as a header of Node's own requests", 'http.request({ headers: { authorization: token } }).end()', 'TS2322'],
  [
    "as a header that is set on one of Node's own requests",
    "http.request('https://x.example').setHeader('authorization', token).end()",
    'TS2345'
  ],
  ['in a list of values of a header', 'accept({ ...REQUEST, headers: { authorization: [token] } })', 'TS2322'],
  [
    'written into a header of a request',
    'accept({ ...REQUEST, headers: { authorization: `Bearer ${token}` } })',
    '@typescript-eslint/restrict-template-expressions'
  ],
  [
    'revealed for a header of a request',
    'accept({ ...REQUEST, headers: { authorization: token.reveal() } })',
    'no-restricted-properties'
  ],
  ['as the body of a request', 'accept({ ...REQUEST, body: token })', 'TS2322'],
  ['in the URL of a request', 'accept({ ...REQUEST, url: new URL(token) })', 'TS2345'],
  ['as a text', 'const text: string = token\n  log.info(text)', 'TS2322'],
  ['as a line of the log', 'log.info(token)', 'TS2345'],
  ['as the message of an error', 'log.info(new Error(token).message)', 'TS2769'],
  ['cut', 'log.info(token.slice(0, 8))', 'TS2339'],
  ['read past the compiler', 'log.info(token.value)', 'TS2339'],
  ['made by hand', "log.info(typeof new Secret('x'))", 'TS1361']
]

const eslint = new ESLint()
const { config } = typescript.readConfigFile('tsconfig.json', (file) => typescript.sys.readFile(file)) as {
  config: { compilerOptions: object }
}
const { options } = typescript.convertCompilerOptionsFromJson(config.compilerOptions, process.cwd())

async function lint(code: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: FILE })
  return (result?.messages ?? []).map(({ ruleId }) => ruleId)
}

/** Every other file is read and taken apart once. */
let program: Program | undefined

function compile(code: string): string[] {
  const host = typescript.createCompilerHost(options)
  const getSourceFile = host.getSourceFile.bind(host)
  host.getSourceFile = (file, ...rest) =>
    path.resolve(file) === FILE
      ? typescript.createSourceFile(file, code, typescript.ScriptTarget.Latest)
      : (program?.getSourceFile(file) ?? getSourceFile(file, ...rest))
  program = typescript.createProgram([FILE], options, host, program)
  return program.getSemanticDiagnostics(program.getSourceFile(FILE)).map((found) => `TS${found.code}`)
}

for (const [how, statement, rule] of MISTAKES) {
  test(`A secret ${how} is refused.`, async () => {
    const code = `${IMPORTS}export function show(token: Secret, log: Log): void {\n  ${statement}\n}\n`
    const found = rule.startsWith('TS') ? compile(code) : await lint(code)
    assert.ok(found.includes(rule), `${statement}: ${found.join(', ')}`)
  })
}

test('A secret in a header of a request is taken.', async () => {
  const code = `import type { Secret } from '../guard/secret.ts'
import type { Step } from '../world/step.ts'
export async function send(token: Secret, step: Step): Promise<void> {
  const request = { method: 'GET', url: new URL('https://x.example'), headers: { authorization: token.asBearer() } }
  await step.send(request, { milliseconds: 1, bodyBytes: 1 })
}
`
  assert.deepEqual([...compile(code), ...(await lint(code))], [])
})
