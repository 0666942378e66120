/** A seed. The number shown is the number used: "new each run" draws it when the run is sent, and writes it here. */

import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { NumberField } from './NumberField'
import type { WidgetProps } from './kinds'
import { drawSeed, nextMode, seedMode, setSeedMode } from './seeds'
import { useState } from 'react'

export function SeedField(props: WidgetProps) {
  const { node, input, value, set } = props
  const [mode, setMode] = useState(seedMode(node, input.name))
  const turn = () => {
    const next = nextMode(mode)
    setSeedMode(node, input.name, next)
    setMode(next)
  }
  const shown = value === 'random' ? undefined : value
  return (
    <div className="seed nodrag">
      <NumberField {...props} value={shown} />
      <button type="button" title={t('seed.draw')} aria-label={t('seed.draw')} onClick={() => set(drawSeed())}>
        <Icon name="redo" size={14} />
      </button>
      <button type="button" className="mode" title={t(`seed.${mode}.why`)} aria-label={t('seed.mode', { mode: t(`seed.${mode}`) })} onClick={turn}>
        {t(`seed.${mode}`)}
      </button>
    </div>
  )
}
