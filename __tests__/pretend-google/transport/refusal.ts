import type { Answer } from './answer.ts'
import type { Call, Handler } from './requests.ts'

/** Thrown where a request goes no further; the network delivers the answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`refused with ${answer.status ?? 200}`)
    this.answer = answer
  }
}

export async function answerOrRefuse(handler: Handler, call: Call): Promise<Answer> {
  try {
    return await handler(call)
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}
