import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCommand } from './commands.ts'
import { parseVariables } from './file-commands.ts'
import { createMasker } from './masker.ts'

describe('parseCommand', () => {
  const commands: Readonly<Record<string, ReturnType<typeof parseCommand>>> = {
    '::error::went%20wrong%0Aat 100%25': { name: 'error', properties: {}, message: 'went%20wrong\nat 100%' },
    '  ::warning title=A%2C b%3A c,file=x.ts::text': {
      name: 'warning',
      properties: { title: 'A, b: c', file: 'x.ts' },
      message: 'text'
    },
    '::add-mask::a::b': { name: 'add-mask', properties: {}, message: 'a::b' },
    '::endgroup::': { name: 'endgroup', properties: {}, message: '' },
    'text before ##[error]gone': { name: 'error', properties: {}, message: 'gone' },
    '##[set-output name=a;x=y]v': { name: 'set-output', properties: { name: 'a', x: 'y' }, message: 'v' },
    'text before ::error::stays': undefined,
    '::unheard-of::stays': undefined,
    '##[unheard-of]stays': undefined,
    'C::C::': undefined
  }
  for (const [line, command] of Object.entries(commands)) {
    it(`reads ${line}`, () => {
      assert.deepEqual(parseCommand(line), command)
    })
  }
})

describe('parseVariables', () => {
  it('reads both forms', () => {
    const content = 'one=1\ntwo=a=b<<c\nthree<<EOF_1\nfirst\n\nEOF_\nEOF_1\nempty=\n'
    assert.deepEqual(parseVariables(content), { one: '1', two: 'a=b<<c', three: 'first\n\nEOF_', empty: '' })
  })

  it('refuses what the runner refuses', () => {
    assert.throws(() => parseVariables('just text\n'), /Invalid format 'just text'/)
    assert.throws(() => parseVariables('a<<EOF\nb\n'), /Matching delimiter not found 'EOF'/)
  })
})

describe('the masker', () => {
  it('hides values, their lines and their encoded forms', () => {
    const masker = createMasker()
    masker.add('first secret\n  second/secret  ')
    assert.deepEqual(masker.masks, ['first secret\n  second/secret  ', 'first secret', 'second/secret'])
    const forms = ['first secret', 'second%2Fsecret', Buffer.from('second/secret').toString('base64')]
    for (const form of forms) assert.equal(masker.hide(`<${form}>`), '<***>')
    assert.equal(masker.hide('secret'), 'secret')
  })

  it('makes one replacement of what overlaps, and two of what merely touches', () => {
    const masker = createMasker()
    for (const value of ['abcd', 'cdef']) masker.add(value)
    assert.equal(masker.hide('xabcdefx abcdabcd'), 'x***x ******')
  })
})
