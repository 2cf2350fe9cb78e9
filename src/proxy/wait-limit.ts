/**
 * The limit of `timeout`: for connecting, and from the end of the request's body for the headers of the answer. In between, and
 * afterwards, nothing is limited.
 */
export interface WaitLimit {
  readonly connected: () => void
  readonly bodySent: () => void
  readonly clear: () => void
  readonly missed: () => boolean
}

export function startWaitLimit(milliseconds: number, onMiss: () => void): WaitLimit {
  let missed = false
  let timer = start()

  function start(): NodeJS.Timeout {
    return setTimeout(() => {
      missed = true
      onMiss()
    }, milliseconds)
  }

  return {
    connected() {
      clearTimeout(timer)
    },
    bodySent() {
      clearTimeout(timer)
      timer = start()
    },
    clear() {
      clearTimeout(timer)
    },
    missed: () => missed
  }
}

export function describeMiss(milliseconds: number): string {
  return `no answer began within ${milliseconds} ms`
}
