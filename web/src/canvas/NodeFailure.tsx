/** Why a node failed, below it: in one sentence, with the rest for those who ask. */

import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { useTabRun } from '@/run/state'

export function NodeFailure({ flat }: { flat: string }) {
  const failure = useTabRun((r) => (r.nodes[flat]?.status === 'failed' ? r.nodes[flat].failure : undefined))
  if (!failure) return null
  return (
    <p className="node-failure nodrag" role="status">
      <span>{failure.message}</span>
      <button type="button" onClick={() => useUi.getState().show({ side: 'problems' })}>{t('problems.details')}</button>
    </p>
  )
}
