/** A link as a curve, through its bends. */

import { BaseEdge, useReactFlow, type EdgeProps } from '@xyflow/react'
import { memo, useState, type PointerEvent } from 'react'
import { t } from '@/app/i18n'
import { linkId } from '@/model/links'
import { colourOf } from './kinds'
import { wirePath, type Point } from './paths'
import type { Wire } from './flow'
import { useLit } from './lit'
import { useHeld } from './offer'
import { setBends } from './wiring'

export const WireView = memo(function WireView(props: EdgeProps<Wire>) {
  const { id, data, sourceX, sourceY, targetX, targetY, selected } = props
  const [held, setHeld] = useState<{ at: number; point: Point } | null>(null)
  const lit = useLit((s) => (s.wires === null ? undefined : s.wires.has(id) ? 'yes' : 'no'))
  const taken = useHeld((s) => s.held?.moved !== undefined && linkId(s.held.moved) === id)
  const flow = useReactFlow()
  if (!data) return null
  const bends: Point[] = data.bends.map((p, i) => (held?.at === i ? held.point : p))
  const path = wirePath([sourceX, sourceY], bends, [targetX, targetY])
  const point = (e: PointerEvent): Point => {
    const { x, y } = flow.screenToFlowPosition({ x: e.clientX, y: e.clientY })
    return [Math.round(x), Math.round(y)]
  }
  const drop = (e: PointerEvent<SVGCircleElement>, at: number) => {
    if (!held) return
    const moved = data.bends.map((p, i) => (i === at ? point(e) : p))
    setHeld(null)
    setBends(data.link, moved)
  }
  return (
    <g data-wire={id} data-lit={lit} data-taken={taken || undefined} style={{ ['--kind' as string]: colourOf(data.kind) }}>
      <BaseEdge id={id} path={path} className={selected ? 'wire selected' : 'wire'} interactionWidth={18} />
      {bends.map(([x, y], i) => (
        <circle
          key={i} className="bend nopan" cx={x} cy={y} r={6} role="button" aria-label={t('wire.bend')}
          onPointerDown={(e) => { e.stopPropagation(); e.currentTarget.setPointerCapture(e.pointerId); setHeld({ at: i, point: [x, y] }) }}
          onPointerMove={(e) => held && setHeld({ at: i, point: point(e) })}
          onPointerUp={(e) => drop(e, i)}
          onDoubleClick={(e) => { e.stopPropagation(); setBends(data.link, data.bends.filter((_, k) => k !== i)) }}
        />
      ))}
    </g>
  )
})
