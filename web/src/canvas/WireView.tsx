/** A link as a curve, through its bends. */

import { BaseEdge, useReactFlow, useStoreApi, type EdgeProps } from '@xyflow/react'
import { memo, useEffect, useRef, useState, type PointerEvent } from 'react'
import { t } from '@/app/i18n'
import { linkId } from '@/model/links'
import { colourOf } from './kinds'
import { wirePath, type Point } from './paths'
import type { FlowNode, Wire } from './flow'
import { useLit } from './lit'
import { endsNow, useMoving } from './moving'
import { useHeld } from './offer'
import { setBends } from './wiring'

export const WireView = memo(function WireView(props: EdgeProps<Wire>) {
  const { id, data, sourceX, sourceY, targetX, targetY, selected } = props
  const [held, setHeld] = useState<{ at: number; point: Point } | null>(null)
  const lit = useLit((s) => (s.wires === null ? undefined : s.wires.has(id) ? 'yes' : 'no'))
  const taken = useHeld((s) => s.held?.moved !== undefined && linkId(s.held.moved) === id)
  const flow = useReactFlow()
  const group = useFollowing(props)
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
    <g ref={group} data-wire={id} data-lit={lit} data-taken={taken || undefined} style={{ ['--kind' as string]: colourOf(data.kind) }}>
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

/** The wire follows nodes under way: it is drawn directly while they are, and as React has it before and after. */
function useFollowing(props: EdgeProps<Wire>) {
  const group = useRef<SVGGElement>(null)
  const store = useStoreApi<FlowNode, Wire>()
  const now = useRef(props)
  useEffect(() => { now.current = props }, [props])
  useEffect(() => {
    const follow = (ids: ReadonlySet<string>, before: ReadonlySet<string>) => {
      const { source, target, sourceHandleId, targetHandleId, sourceX, sourceY, targetX, targetY, data } = now.current
      const moves = ids.has(source) || ids.has(target)
      if (!moves && !before.has(source) && !before.has(target)) return
      const found = moves ? endsNow(store, { source, target, sourceHandle: sourceHandleId ?? null, targetHandle: targetHandleId ?? null }) : null
      const [from, to]: [Point, Point] = found ?? [[sourceX, sourceY], [targetX, targetY]]
      const path = wirePath(from, data?.bends ?? [], to)
      for (const part of group.current?.querySelectorAll('path') ?? []) part.setAttribute('d', path)
    }
    const { ids } = useMoving.getState()
    follow(ids, ids)
    return useMoving.subscribe((s, before) => follow(s.ids, before.ids))
  }, [store])
  return group
}
