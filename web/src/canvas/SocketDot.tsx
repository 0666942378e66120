/** One typed end: a handle of React Flow with colour, shape and a name for every reader. */

import { Handle, Position } from '@xyflow/react'
import { memo } from 'react'
import { t } from '@/app/i18n'
import { described, type Socket } from '@/model/sockets'
import { activeTab, currentSheet, useEditor } from '@/app/editor'
import { colourOf, socketLook } from './kinds'
import { lightSocket, unlight } from './lit'
import { useOffer } from './offer'

interface Props {
  id: string
  node: string
  name: string
  socket: Socket
  way: 'source' | 'target'
  y: number
  linked: boolean
}

export const SocketDot = memo(function SocketDot({ id, node, name, socket, way, y, linked }: Props) {
  const look = socketLook(socket)
  const offer = useOffer(node, id)
  const light = () => {
    const tab = activeTab(useEditor.getState())
    if (tab) lightSocket(currentSheet(tab), node, way, name)
  }
  const label = t(way === 'target' ? 'socket.input' : 'socket.output', { name, type: described(socket) })
  return (
    <Handle
      id={id}
      type={way}
      position={way === 'target' ? Position.Left : Position.Right}
      className={`socket ${look.shape} ${way}`}
      data-socket={`${node}/${id}`}
      data-offer={offer === null ? undefined : offer.ok ? 'fits' : 'misfit'}
      data-linked={linked || undefined}
      data-hollow={(look.hollow && !linked) || undefined}
      style={{ top: y, ['--kind' as string]: colourOf(look.kind) }}
      title={offer && !offer.ok ? offer.why : label}
      aria-label={label}
      role="button"
      tabIndex={-1}
      onMouseEnter={light}
      onMouseLeave={unlight}
      onFocus={light}
      onBlur={unlight}
    />
  )
})
