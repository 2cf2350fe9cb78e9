import { getInput } from '@actions/core'

/** The defaults of action.yml, for a bundle that is started without the runner. */
export const DEFAULTS = {
  token: 'id_token',
  universe: 'googleapis.com',
  method: 'GET',
  expect_status: '2xx',
  assert_private: 'false',
  timeout: '30s',
  deadline: '3m',
  iam_wait: '60s',
  summary: 'true'
} as const
export function read(name: string, trimWhitespace = true): string {
  return getInput(name, { trimWhitespace })
}
export function optional(name: string): string | undefined {
  const value = read(name)
  return value === '' ? undefined : value
}
export function orDefault(name: keyof typeof DEFAULTS): string {
  return optional(name) ?? DEFAULTS[name]
}
