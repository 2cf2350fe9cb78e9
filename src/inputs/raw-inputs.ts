import { getInput } from '@actions/core'

/** The defaults of action.yml, which the runner leaves out where a workflow's expression came to nothing. */
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

/** An input; empty where it is not set. */
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
