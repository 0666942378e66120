/** A seed. The number shown is the number used: "new each run" draws it when the run is sent, and writes it here. */

import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { NumberField } from './NumberField'
import type { WidgetProps } from './kinds'
import { drawSeed, nextMode, setSeedMode, useSeedMode } from './seeds'

export function SeedField(props: WidgetProps) {
  const { node, input, value, set } = props
  const mode = useSeedMode(node, input.name)
  return (
    <div className="seed nodrag" data-mode={mode}>
      <NumberField {...props} value={value === 'random' ? undefined : value} />
      <button type="button" title={t('seed.draw')} aria-label={t('seed.draw')} onClick={() => set(drawSeed())}>
        <Icon name="redo" size={14} />
      </button>
      <button type="button" className="mode" title={t(`seed.${mode}.why`)} aria-label={t('seed.mode', { mode: t(`seed.${mode}`) })}
        onClick={() => setSeedMode(node, input.name, nextMode(mode))}>
        {t(`seed.${mode}`)}
      </button>
    </div>
  )
}
