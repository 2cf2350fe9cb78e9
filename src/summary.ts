import type { FailureText } from './failure.ts'
import type { Story } from './report.ts'

export function renderSummary(story: Story, failure: FailureText | undefined): string {
  return failure === undefined ? `✅ ${story.tokens?.size ?? 0}` : `❌ ${failure.code}`
}
