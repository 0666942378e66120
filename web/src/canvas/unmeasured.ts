/**
 * React Flow measures every node and handle when it is drawn, and believes what it measured. Here sizes and sockets are
 * computed: measuring costs a layout for every node that comes into view, and from afar, where nodes are drawn without
 * sockets, it would find none and lose the links. This takes the measuring out, in one place.
 */

import { useStoreApi } from '@xyflow/react'
import { useState } from 'react'

const nothing = () => undefined

/** To be called above `ReactFlow`, before it draws a node for the first time. */
export function useUnmeasured(): void {
  const store = useStoreApi()
  useState(() => {
    if (store.getState().updateNodeInternals !== nothing) store.setState({ updateNodeInternals: nothing })
    return null
  })
}
