/** Every shortcut, by what it is for. */

import { COMMANDS } from '@/app/commands'
import { shownKeys } from '@/app/keys'
import { t, type Key } from '@/app/i18n'

const GROUPS = ['run', 'edit', 'node', 'view', 'file'] as const

export function Help() {
  return (
    <div className="help">
      {GROUPS.map((group) => (
        <section key={group}>
          <h3>{t(`help.${group}` as Key)}</h3>
          <dl>
            {COMMANDS.filter((c) => c.group === group).map((c) => (
              <div key={c.id}>
                <dt>{t(c.label)}</dt>
                <dd>{inShort(c.keys).map((k) => <kbd key={k}>{shownKeys(k)}</kbd>)}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <p>{t('help.mouse')}</p>
    </div>
  )
}

/** The four arrows are one key. */
function inShort(keys: readonly string[]): string[] {
  return [...new Set(keys.map((k) => (/Arrow(Left|Right|Up|Down)$/.test(k) && keys.length >= 4 ? k.replace(/Arrow\w+$/, '← ↑ ↓ →') : k)))]
}
