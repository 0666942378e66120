/** The ports of the open subgraph: their names, order and defaults. */

import { useState, type KeyboardEvent } from 'react'
import type { InputType } from '@/model/catalogue'
import { SUBGRAPH, type Json, type Subgraph } from '@/model/document'
import * as ports from '@/model/ports'
import { described } from '@/model/sockets'
import { WIDGETS } from '@/widgets/Field'
import { kindOf } from '@/widgets/kinds'
import { takesLiteral } from '@/model/catalogue'
import { activeTab, sheetName, typingOf, useEditor } from './editor'
import { t } from './i18n'
import { Icon } from './Icon'
import { useUi } from './ui'

const edit = (change: Parameters<ReturnType<typeof useEditor.getState>['edit']>[1], merge?: string) => useEditor.getState().edit(t('step.ports'), change, merge)

export function PortsPanel() {
  const tab = useEditor((s) => activeTab(s))
  const catalogue = useEditor((s) => s.catalogue)
  const sheet = tab ? sheetName(tab) : null
  const graph = sheet === null ? undefined : tab?.history.document.subgraphs?.[sheet]
  if (!tab || sheet === null || !graph) return null
  const type = typingOf(tab.history.document, catalogue).typeOf(tab.history.document, '', { type: SUBGRAPH + sheet })
  return (
    <section className="ports" aria-label={t('ports.title', { name: sheet })}>
      <header>
        <h2>{t('ports.title', { name: sheet })}</h2>
        <button type="button" aria-label={t('panel.close')} onClick={() => useUi.getState().show({ ports: false })}><Icon name="close" size={13} /></button>
      </header>
      <h3>{t('ports.inputs')}</h3>
      {type.inputs.length === 0 && <p className="nothing">{t('ports.none')}</p>}
      <ul>
        {type.inputs.map((input) => <PortRow key={input.name} sheet={sheet} way="inputs" name={input.name} kind={described(input.socket)} leads={t('ports.to', { names: (graph.inputs?.[input.name]?.to ?? []).join(', ') })}><Default sheet={sheet} graph={graph} input={input} /></PortRow>)}
      </ul>
      <h3>{t('ports.outputs')}</h3>
      <ul>
        {type.outputs.map((output) => <PortRow key={output.name} sheet={sheet} way="outputs" name={output.name} kind={described(output.socket)} leads={t('ports.of', { names: graph.outputs?.[output.name]?.from ?? '' })} />)}
      </ul>
    </section>
  )
}

interface RowProps {
  sheet: string
  way: ports.Way
  name: string
  kind: string
  leads: string
  children?: React.ReactNode
}

function PortRow({ sheet, way, name, kind, leads, children }: RowProps) {
  const rename = (to: string) => {
    if (to === name) return
    if (ports.isName(to)) edit((d) => void ports.renamePort(d, sheet, way, name, to))
    else useUi.getState().tell('bad', t('id.bad', { id: to }))
  }
  const onKey = (e: KeyboardEvent<HTMLInputElement>) => {
    if (e.key === 'Enter') e.currentTarget.blur()
    if (e.key === 'Escape') { e.currentTarget.value = name; e.currentTarget.blur() }
  }
  return (
    <li data-port={name}>
      <div className="line">
        <input type="text" defaultValue={name} aria-label={t('ports.name')} title={leads} onBlur={(e) => rename(e.target.value.trim())} onKeyDown={onKey} />
        <span className="kind">{kind}</span>
        <button type="button" aria-label={t('ports.up', { name })} onClick={() => edit((d) => ports.orderPort(d, sheet, way, name, -1))}><Icon name="down" size={12} /></button>
        <button type="button" aria-label={t('ports.down', { name })} onClick={() => edit((d) => ports.orderPort(d, sheet, way, name, 1))}><Icon name="down" size={12} /></button>
        <button type="button" aria-label={t('ports.remove', { name })} onClick={() => edit((d) => ports.removePort(d, sheet, way, name))}><Icon name="trash" size={12} /></button>
      </div>
      {children}
    </li>
  )
}

/** The default of a port, by the widget that its type has in nodes. */
function Default({ sheet, graph, input }: { sheet: string; graph: Subgraph; input: InputType }) {
  const said = graph.inputs?.[input.name]?.default
  const [open, setOpen] = useState(said !== undefined)
  if (!takesLiteral(input.socket)) return null
  const set = (value: Json | undefined, merge?: string) => edit((d) => ports.setPortDefault(d, sheet, input.name, value), merge && `${sheet}.${input.name}.${merge}`)
  if (!open) return <button type="button" className="link" onClick={() => setOpen(true)}>{t('ports.add')}</button>
  const Chosen = WIDGETS[kindOf(input)]
  return (
    <div className="line">
      <div className="field" data-kind={kindOf(input)}>
        <Chosen node="" input={input} value={said} values={undefined} label={t('ports.default', { name: input.name })} id={`port-${sheet}-${input.name}`} set={set} />
      </div>
      <button type="button" aria-label={t('ports.clear')} title={t('ports.clear')} onClick={() => { set(undefined); setOpen(false) }}><Icon name="close" size={12} /></button>
    </div>
  )
}
